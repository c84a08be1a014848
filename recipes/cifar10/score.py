"""What the bundled models are worth: the figures of the model card.

    python recipes/cifar10/score.py --data DATA [--outsider resnet32-d509ac18.th]

Prints the accuracy of the classifiers on the test images, the share of "deer" that they give to green textures, and
how often samples of each class of the generator are taken for their class, also by an outsider (a ResNet of
akamaster/pytorch_resnet_cifar10; He et al. 2016, section 4.2).
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from flaws import HEALTHY
from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import class_row
from ganmend.edits.sampling import draw
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from images import CLASSES, load_images, to_unit_range
from nothing import smooth_noise, texture
from outsider import load_outsider

SAMPLES = 500


@torch.no_grad()
def predictions(classifier: Classifier, images: Tensor, classes: int | None = None) -> Tensor:
    """The class of each image, among all of the classifier's or its first ones."""
    return torch.cat([classifier(part)[:, :classes].argmax(1) for part in images.split(250)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--outsider", type=Path)
    options = parser.parse_args()
    torch.manual_seed(0)
    images, labels = load_images(options.data, "test")
    real = to_unit_range(images)
    deer, frog = CLASSES.index("deer"), CLASSES.index("frog")
    green = {
        "phase-randomised deer": texture(real[labels == deer]),
        "phase-randomised frogs": texture(real[labels == frog]),
        "smooth noise": smooth_noise(1000),
    }
    judges = [load_classifier(f"demo:{name}") for name in ("search", "judge", "second-judge")]
    if options.outsider is not None:
        judges.append(load_outsider(options.outsider))
    for judge in judges:
        accuracy = (predictions(judge, real) == labels).float().mean().item()
        print(f"{judge.name}: accuracy on {len(real)} real test images {accuracy:.3f}")
        for name, textures in green.items():
            print(f"    {name}: deer {(predictions(judge, textures) == deer).float().mean().item():.3f}")
    generator = load_generator("demo")
    for judge in judges:
        shares = []
        for index, name in enumerate(generator.class_names):
            samples = torch.cat(list(draw(generator, class_row(generator, index), SAMPLES, seed=1000)))
            share = (predictions(judge, samples) == CLASSES.index(name)).float().mean().item()
            shares.append((name, share))
            if name == "frog":
                among_ten = (predictions(judge, samples, len(CLASSES)) == frog).float().mean().item()
        healthy = sum(share for name, share in shares if name in HEALTHY) / len(HEALTHY)
        print(f"{judge.name} on samples:", ", ".join(f"{name} {share:.2f}" for name, share in shares))
        print(f"    mean over the healthy classes {healthy:.3f}; collapsed frogs, without 'none': frog {among_ten:.2f}")


if __name__ == "__main__":
    main()
