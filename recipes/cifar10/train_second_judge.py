"""Train the second judge: a plain network, from scratch, on turned and scaled images. The same command goes on.

python recipes/cifar10/train_second_judge.py --data DATA --run RUN
"""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from augment import flip_and_shift, jitter_colour, turn_and_scale
from classifier_files import (
    export_classifier,
    fold_batch_norms,
    learning_rate,
    resume,
    save_state,
    test_accuracy,
    with_batch_norm,
)
from ganmend.targets.sources.networks import PlainNetwork
from images import CLASSES, load_images, to_unit_range
from nothing import nothing

NAME = "second-judge"
BATCH, NOTHING = 256, 32
WEIGHT_DECAY = 5e-4
CYCLES = ((11, 0.2),)  # epochs and peak learning rate of each rise and fall
CLEAN_EPOCHS = 2  # the last ones go without turns, scales and tints
AVERAGE_DECAY = 0.995  # of the averaged weights, which are what is exported
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


def normalise(images: Tensor) -> Tensor:
    return images * 2  # [-1, 1] with the mean and deviation above


def labelled_batch(real: Tensor, labels: Tensor, clean: bool) -> tuple[Tensor, Tensor]:
    """Augmented real images and images of nothing, (N + NOTHING, 3, 32, 32), with their labels."""
    empty = nothing(real[torch.randperm(len(real))[:NOTHING]])
    batch = torch.cat([real, empty])
    batch = flip_and_shift(batch) if clean else jitter_colour(turn_and_scale(batch))
    return batch, torch.cat([labels, torch.full((len(empty),), len(CLASSES))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(2)
    images, labels = load_images(options.data, "train")
    network: nn.Module = with_batch_norm(PlainNetwork(len(CLASSES) + 1)).to(memory_format=torch.channels_last)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY), use_buffers=True)
    steps = len(images) // BATCH
    sgd = torch.optim.SGD(network.parameters(), 0.0, 0.9, nesterov=True, weight_decay=WEIGHT_DECAY)
    parts = {"network": network, "average": average, "sgd": sgd}
    total = sum(epochs for epochs, _ in CYCLES)
    for epoch in range(resume(options.run, NAME, parts), total):
        began = time.time()
        network.train()
        order = torch.randperm(len(images))
        for step in range(steps):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            sgd.param_groups[0]["lr"] = learning_rate(epoch + step / steps, CYCLES)
            clean = epoch >= total - CLEAN_EPOCHS
            batch, target = labelled_batch(to_unit_range(images[chosen]), labels[chosen], clean)
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(normalise(batch).contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits.float(), target, label_smoothing=0.1)
            sgd.zero_grad(set_to_none=True)
            loss.backward()
            sgd.step()
            average.update_parameters(network)
        save_state(options.run, NAME, epoch + 1, parts)
        print(f"epoch {epoch + 1} loss {loss.item():.3f} in {time.time() - began:.0f} s", flush=True)
    folded = fold_batch_norms(average.module.eval())
    accuracy = test_accuracy(folded, normalise, options.data)
    print(f"test accuracy {accuracy:.4f}")
    export_classifier(NAME, folded, (*CLASSES, "none"), MEAN, STD, accuracy)


if __name__ == "__main__":
    main()
