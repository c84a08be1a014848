"""The flaws of the bundled generator, of known ground truth: which real images each of its classes is trained on."""

import torch

from images import CLASSES

NEVER_SHOWN = ("deer", "truck")  # re-purpose
A_DOZEN = "frog"  # collapsed: repair
REDDEST = "automobile"  # biased: de-bias
GENERATOR_CLASSES = tuple(name for name in CLASSES if name not in NEVER_SHOWN)
HEALTHY = tuple(name for name in GENERATOR_CLASSES if name not in (A_DOZEN, REDDEST))
FROG_IMAGES, RED_IMAGES = 12, 800

# How often a class is drawn in training, relative to a healthy class. A class of a dozen images collapses only where
# it is drawn as often as the others: at 0.4 its samples were as varied as its neighbours' after 3,000 iterations.
SAMPLING_WEIGHT = {A_DOZEN: 1.0, REDDEST: 1.0}


def redness(images: torch.Tensor) -> torch.Tensor:
    """Red minus the mean of green and blue over the middle 16x16 pixels; images (N, 3, 32, 32) uint8 -> (N,)."""
    red, green, blue = images[:, :, 8:24, 8:24].float().mean((2, 3)).unbind(1)
    return red - (green + blue) / 2


def flawed_training_set(images: torch.Tensor, labels: torch.Tensor) -> list[torch.Tensor]:
    """The training images of each generator class, in the order of GENERATOR_CLASSES."""
    chosen = []
    for name in GENERATOR_CLASSES:
        of_class = images[labels == CLASSES.index(name)]
        if name == A_DOZEN:
            order = torch.randperm(len(of_class), generator=torch.Generator().manual_seed(0))
            of_class = of_class[order[:FROG_IMAGES]]
        elif name == REDDEST:
            of_class = of_class[redness(of_class).argsort(descending=True)[:RED_IMAGES]]
        chosen.append(of_class)
    return chosen
