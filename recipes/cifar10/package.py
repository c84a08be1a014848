"""Put what was trained into the package: the generator, and statistics of real images made from it.

    python recipes/cifar10/package.py --data DATA [--run RUN]

Writes into src/ganmend/demo/weights:
    generator.safetensors    the averaged generator, in ganmend's own format, compact
    reference.safetensors    the judge's features of the test images, which neither generator, search nor judge was
                             trained on: the verdict
    second-judge-reference.safetensors  the same of the second judge
    photographs.safetensors  what the search matches: its classifier's features of 200 training images of each class to
                             mend, as a user has
and, beside this file, training_state.safetensors, from which the training can go on.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from flaws import GENERATOR_CLASSES
from ganmend.catalog.load import load_generator
from ganmend.demo.bundled import WEIGHTS
from ganmend.formats import native
from ganmend.metrics.statistics import ReferenceStatistics
from ganmend.runs.demo_run import EDITS
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from images import CLASSES, load_images, to_unit_range
from outsider import test_references
from train_generator import save_start

HERE = Path(__file__).parent
PHOTOGRAPHS = 200  # the first of each class by file name
MENDED = {target for _, target in EDITS}


def package_generator(checkpoint: Path) -> None:
    generator = load_generator(checkpoint, class_names=GENERATOR_CLASSES)
    native.write_generator(generator, WEIGHTS / "generator.safetensors", "recipes/cifar10", compact=True)


@torch.no_grad()
def photographs(search: Classifier, images: Tensor) -> Tensor:
    parts = to_unit_range(images[:PHOTOGRAPHS]).split(250)
    return torch.cat([search.matching_features(part) for part in parts]).half()


def package_statistics(data: Path) -> None:
    search = load_classifier("demo:search")
    images, labels = load_images(data, "train")
    matched = {name: photographs(search, images[labels == CLASSES.index(name)]) for name in sorted(MENDED)}
    facts = {"classifier": search.fingerprint, "source": "CIFAR-10 training images (JPEG)"}
    save_file(matched, WEIGHTS / "photographs.safetensors", facts)
    for judge_name, file in (("judge", "reference"), ("second-judge", "second-judge-reference")):
        judge = load_classifier(f"demo:{judge_name}")
        references = test_references(judge, data)
        unseen = ReferenceStatistics(references, judge.fingerprint, "CIFAR-10 test images (JPEG)", resolution=32)
        unseen.save(WEIGHTS / f"{file}.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="of the generator's training; without it the generator stays as it is")
    options = parser.parse_args()
    if options.run is not None:
        package_generator(options.run / "generator.pth")
        save_start(HERE / "training_state.safetensors", torch.load(options.run / "state.pt", weights_only=True))
    package_statistics(options.data)


if __name__ == "__main__":
    main()
