"""Put what was trained into the package: the generator, and statistics of real images made from it.

    python recipes/cifar10/package.py --data DATA --run RUN

Writes into src/ganmend/demo/weights:
    generator.safetensors    the averaged generator, in ganmend's own format, compact
    reference.safetensors    the judge's features of the training images, held out from the search: the verdict
    photographs.safetensors  what the search matches: its classifier's features of 200 other images of each class to
                             mend, as a user has
and, beside this file, training_state.safetensors, from which the training can go on.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from flaws import GENERATOR_CLASSES
from ganmend.catalog.load import load_generator
from ganmend.demo.bundled import WEIGHTS
from ganmend.formats import native
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.targets.load import load_classifier
from ganmend.workbench.demo import EDITS
from images import CLASSES, load_images, to_unit_range
from train_generator import save_start

HERE = Path(__file__).parent
PHOTOGRAPHS = 200  # the first of each class by file name; the reference holds the others
MENDED = {target for _, target in EDITS}
KEPT = 500  # feature vectors of the reference kept for KID, precision, recall, density and coverage


def package_generator(checkpoint: Path) -> None:
    generator = load_generator(checkpoint, class_names=GENERATOR_CLASSES)
    native.write_generator(generator, WEIGHTS / "generator.safetensors", "recipes/cifar10", compact=True)


@torch.no_grad()
def in_parts(observe: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    return torch.cat([observe(part) for part in to_unit_range(images).split(250)])


def package_statistics(data: Path) -> None:
    images, labels = load_images(data, "train")
    search, judge = load_classifier("demo:search"), load_classifier("demo:judge")
    photographs, reference = {}, {}
    for index, name in enumerate(CLASSES):
        of_class = images[labels == index]
        if name in MENDED:
            photographs[name] = in_parts(search.matching_features, of_class[:PHOTOGRAPHS]).half()
        held_out = in_parts(lambda part: judge.logits_and_features(part)[1], of_class[PHOTOGRAPHS:])
        reference[name] = ClassReference(fit_gaussian(held_out), held_out[:KEPT])
    source = "CIFAR-10 training images (JPEG)"
    statistics = ReferenceStatistics(reference, judge.fingerprint, source, resolution=images.shape[-1])
    statistics.save(WEIGHTS / "reference.safetensors")
    save_file(photographs, WEIGHTS / "photographs.safetensors", {"classifier": search.fingerprint, "source": source})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    options = parser.parse_args()
    package_generator(options.run / "generator.pth")
    save_start(HERE / "training_state.safetensors", torch.load(options.run / "state.pt", weights_only=True))
    package_statistics(options.data)


if __name__ == "__main__":
    main()
