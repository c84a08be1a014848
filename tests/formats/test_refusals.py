"""What is no BigGAN generator is refused in one clear sentence, and no file ever runs code."""

import pickle
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.errors import CheckpointError, GanmendWarning
from ganmend.formats.plan_check import check_plan
from tests.conftest import FIXTURES

TINY = FIXTURES / "brock_biggan_32.pth"


def saved(tmp_path: Path, content: object) -> Path:
    torch.save(content, tmp_path / "G.pth")
    return tmp_path / "G.pth"


def tiny_with(tmp_path: Path, **changes: torch.Tensor | None) -> Path:
    tensors = torch.load(TINY, weights_only=True) | {name.replace("__", "."): value for name, value in changes.items()}
    return saved(tmp_path, {name: value for name, value in tensors.items() if value is not None})


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no file at"):
        load_generator(tmp_path / "absent.pth")


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "G.pth").touch()
    with pytest.raises(CheckpointError, match="is empty"):
        load_generator(tmp_path / "G.pth")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.99, 0.9999])
def test_truncated_file(tmp_path: Path, share: float) -> None:
    whole = TINY.read_bytes()
    (tmp_path / "G.pth").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CheckpointError, match=r"truncated|not a readable"):
        load_generator(tmp_path / "G.pth")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_text_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"G{suffix}"
    path.write_text("not a checkpoint\n" * 100)
    with pytest.raises(CheckpointError):
        load_generator(path)


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (self.path,)  # type: ignore[return-value]


@pytest.mark.parametrize("plain", [False, True], ids=["zip", "plain pickle"])
def test_code_never_runs(tmp_path: Path, plain: bool) -> None:
    trace, path = tmp_path / "it ran", tmp_path / "G.pth"
    if plain:
        path.write_bytes(pickle.dumps(Bomb(trace)))
    else:
        torch.save({"shared.weight": Bomb(trace)}, path)
    with pytest.raises(CheckpointError):
        load_generator(path)
    assert not trace.exists()


def test_saved_options_are_refused_in_one_line(tmp_path: Path) -> None:
    content = {"state_dict": torch.load(TINY, weights_only=True), "args": Namespace(lr=0.1)}
    with pytest.raises(CheckpointError, match=r"'argparse Namespace'.*save it again as a plain state dict") as caught:
        load_generator(saved(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_missing_tensor_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"blocks\.1\.0\.conv2\.bias"):
        load_generator(tiny_with(tmp_path, blocks__1__0__conv2__bias=None))


def test_unknown_tensors_are_named_in_one_warning(tmp_path: Path) -> None:
    more = {f"blocks__1__0__{k}": torch.ones(2) for k in range(7)}
    with pytest.warns(GanmendWarning, match=r"'blocks\.1\.0\.0', .*'blocks\.1\.0\.4' and 2 more") as caught:
        load_generator(tiny_with(tmp_path, **more))
    assert len(caught) == 1


def test_nan_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"linear\.bias.*NaN"):
        load_generator(tiny_with(tmp_path, linear__bias=torch.full((512,), torch.nan)))


def test_wrong_shape_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"output_layer\.0\.gain.*\(7,\)"):
        load_generator(tiny_with(tmp_path, output_layer__0__gain=torch.ones(7)))


def test_generator_without_shared_embedding(tmp_path: Path) -> None:
    content = {"blocks.0.0.conv1.weight": torch.ones(4, 4, 3, 3), "blocks.0.0.bn1.gain.weight": torch.ones(10, 4)}
    with pytest.raises(CheckpointError, match="no shared class embedding"):
        load_generator(saved(tmp_path, content))


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("fixture", "table"), [("brock_biggan_32", "shared.weight"), ("studiogan_big_resnet_32", "shared.weight")]
)
def test_a_generator_that_lost_its_table_is_not_taken_for_one_that_has_none(
    fixture: str, table: str, wrapped: bool, tmp_path: Path
) -> None:
    content = torch.load(FIXTURES / f"{fixture}.pth", weights_only=True)
    tensors = content.get("state_dict", content)
    del tensors[table]
    content = {"G": {f"module.{name}": tensor for name, tensor in tensors.items()}} if wrapped else tensors
    with pytest.raises(CheckpointError, match=r"lacks the tensor 'shared\.weight'"):
        load_generator(saved(tmp_path, content))


def test_a_name_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no known generator format") as caught:
        load_generator(saved(tmp_path, {"\x1b[2J\n": torch.ones(1)}))
    assert str(caught.value).isprintable()


def test_no_tensors(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="expected a state dict"):
        load_generator(saved(tmp_path, [1, 2, 3]))


@pytest.mark.parametrize("layer", ["linear", "blocks.1.0.conv2", "blocks.0.0.bn1.gain", "output_layer.2"])
def test_a_missing_power_iteration_vector_is_named(tmp_path: Path, layer: str) -> None:
    path = tiny_with(tmp_path, **{f"{layer}.u0".replace(".", "__"): None})
    with pytest.raises(CheckpointError, match=rf"lacks the tensor '{layer}\.u0'"):
        load_generator(path)


def test_attention_that_takes_gigabytes_an_image_is_refused() -> None:
    plan = load_generator(FIXTURES / "brock_biggan_128.pth").architecture
    with pytest.raises(CheckpointError, match="attention on 16 channels of 512 px"):
        check_plan(replace(plan, first_size=32, resolution=1024))
