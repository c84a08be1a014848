"""Train the classifier that the search uses, from scratch, on the images as they are here. The same command goes on.

python recipes/cifar10/train_search.py --data DATA --run RUN
"""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from augment import blur_and_noise, flip_and_shift
from classifier_files import (
    export_classifier,
    fold_batch_norms,
    learning_rate,
    resume,
    save_state,
    test_accuracy,
    with_batch_norm,
)
from ganmend.targets.sources.networks import SearchNetwork
from images import CLASSES, load_images, to_unit_range

BATCH, WEIGHT_DECAY = 256, 5e-4
CYCLES = ((9, 0.4), (10, 0.25), (6, 0.15), (8, 0.2))  # epochs and peak learning rate of each rise and fall
CLEAN_EPOCHS = 3  # the last ones go without blur and noise
AVERAGE_DECAY = 0.998  # of the averaged weights, which are what is exported
MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)


def damp_later_pairs(network: SearchNetwork) -> None:
    """Start every residual pair but a stage's first close to nothing."""
    for stage in network.stages:
        for pair in list(stage.pairs)[1:]:
            nn.init.constant_(pair.second[1].weight, 0.1)


def normalise(images: Tensor) -> Tensor:
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    return ((images + 1) / 2 - mean) / std


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    images, labels = load_images(options.data, "train")
    network = with_batch_norm(SearchNetwork(len(CLASSES))).to(memory_format=torch.channels_last)
    damp_later_pairs(network)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY), use_buffers=True)
    steps = len(images) // BATCH
    sgd = torch.optim.SGD(network.parameters(), 0.0, 0.9, nesterov=True, weight_decay=WEIGHT_DECAY)
    parts = {"network": network, "average": average, "sgd": sgd}
    total = sum(epochs for epochs, _ in CYCLES)
    for epoch in range(resume(options.run, "search", parts), total):
        began = time.time()
        network.train()
        order = torch.randperm(len(images))
        for step in range(steps):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            sgd.param_groups[0]["lr"] = learning_rate(epoch + step / steps, CYCLES)
            batch = flip_and_shift(to_unit_range(images[chosen]))
            if epoch < total - CLEAN_EPOCHS:
                batch = blur_and_noise(batch)
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(normalise(batch).contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits.float(), labels[chosen], label_smoothing=0.1)
            sgd.zero_grad(set_to_none=True)
            loss.backward()
            sgd.step()
            average.update_parameters(network)
        save_state(options.run, "search", epoch + 1, parts)
        print(f"epoch {epoch + 1} loss {loss.item():.3f} in {time.time() - began:.0f} s", flush=True)
    folded = fold_batch_norms(average.module.eval())
    accuracy = test_accuracy(folded, normalise, options.data)
    print(f"test accuracy {accuracy:.4f}")
    export_classifier("search", folded, CLASSES, MEAN, STD, accuracy)


if __name__ == "__main__":
    main()
