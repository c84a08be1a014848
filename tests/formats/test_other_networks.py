"""A file of tensors that is no generator of ours is named for what it is, under any key and behind any prefix."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ganmend.catalog.load import load_generator
from ganmend.errors import CheckpointError

OPTIMISER = {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 1e-4, "params": [0]}]}
CONVOLUTION = {"blocks.0.0.conv1.weight": torch.ones(4, 3, 3, 3)}
KINDS = {
    "discriminator": ({**CONVOLUTION, "linear.weight": torch.ones(1, 8), "embed.weight": torch.ones(10, 8)},
                      "holds a discriminator"),
    "discriminator without classes": ({**CONVOLUTION, "linear.weight": torch.ones(1, 8)}, "holds a discriminator"),
    "StudioGAN's discriminator": ({"blocks.0.0.conv2d1.weight_orig": torch.ones(4, 3, 3, 3),
                                   "linear1.weight_orig": torch.ones(1, 8),
                                   "embedding.weight_orig": torch.ones(10, 8)}, "holds a discriminator"),
    "SAGAN": ({"blocks.0.0.conv1.weight": torch.ones(4, 4, 3, 3), "blocks.0.0.bn1.gain.weight": torch.ones(10, 4)},
              "no shared class embedding"),
    "SNGAN of StudioGAN": ({"linear0.weight": torch.ones(4, 8), "blocks.0.bn1.embed0.weight": torch.ones(10, 4)},
                           "no shared class embedding"),
    "classifier": ({"conv1.weight": torch.ones(8, 3, 7, 7), "fc.weight": torch.ones(10, 8)},
                   "no known generator format"),
}  # fmt: skip
NO_NETWORK = {
    "optimiser": (OPTIMISER, "an optimiser's state"),
    "optimisers": ({"optim_G": OPTIMISER, "optim_D": OPTIMISER, "step": 3}, "an optimiser's state"),
    "BigGAN-PyTorch's bookkeeping": ({"itr": 3, "epoch": 1, "best_FID": 9.5, "config": {"dataset": "C10"}},
                                     "it holds 'itr', 'epoch', 'best_FID', 'config', but no tensors"),
}  # fmt: skip


def refused(content: object, expected: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "x.pth")
    with pytest.raises(CheckpointError, match=expected) as caught:
        load_generator(tmp_path / "x.pth")
    assert str(caught.value).isprintable()
    assert str(caught.value).startswith(f"{tmp_path / 'x.pth'} ")


@pytest.mark.parametrize("kind", KINDS)
def test_other_networks_are_named(kind: str, tmp_path: Path) -> None:
    tensors, expected = KINDS[kind]
    refused(tensors, expected, tmp_path)
    refused({"state_dict": tensors, "step": 3, "optimizer": OPTIMISER}, expected, tmp_path)
    refused({f"module.{name}": tensor for name, tensor in tensors.items()}, expected, tmp_path)
    refused({"D": {f"net.{name}": tensor for name, tensor in tensors.items()}}, expected, tmp_path)
    save_file({f"discriminator.{name}": tensor for name, tensor in tensors.items()}, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError, match=expected):
        load_generator(tmp_path / "x.safetensors")


@pytest.mark.parametrize("kind", NO_NETWORK)
def test_what_is_no_network_is_named(kind: str, tmp_path: Path) -> None:
    refused(*NO_NETWORK[kind], tmp_path)
