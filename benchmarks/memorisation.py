"""How surely copies among samples are found, and how seldom a warning is false: the bundled judge on CIFAR-10.

    python benchmarks/memorisation.py DATA

DATA holds train/CLASS/*.jpg. Of each class some photographs are compared with the generator's own samples, with
held-out photographs as if these were samples, and with samples of which 5 % are replaced by copies of photographs.
"""

import argparse
import io
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor, to_pil_image

from ganmend.edits.class_edit import class_row
from ganmend.edits.sampling import draw
from ganmend.metrics.memorisation import Views, memorisation, thumbnails
from ganmend.photographs.reading import Photographs
from ganmend.targets.classifier import Classifier
from ganmend.workbench.workbench import Workbench

COPIED, SHARE = 100, 0.05  # photographs that copies are made of


def jpeg(images: Tensor, quality: int = 40) -> Tensor:
    """Images (N, 3, H, W) in [-1, 1], saved and read again."""
    read = []
    for image in images:
        buffer = io.BytesIO()
        to_pil_image((image + 1) / 2).save(buffer, "JPEG", quality=quality)
        read.append(pil_to_tensor(Image.open(buffer)))
    return torch.stack(read).float() / 127.5 - 1


ALTERED = {
    "exact": lambda images: images,
    "mirrored": lambda images: images.flip(-1),
    "shifted by a pixel": lambda images: torch.cat([images[..., :1], images[..., :-1]], -1),
    "JPEG, quality 40": jpeg,
    "mirrored, shifted": lambda images: torch.cat([images[..., :1], images[..., :-1]], -1).flip(-1),
}


@torch.no_grad()
def seen(judge: Classifier, images: Tensor, *, samples: bool = True) -> Views:
    """What is compared of images."""
    sides = (images, images.flip(-1)) if samples else (images,)
    features = [torch.cat([judge.logits_and_features(part)[1] for part in side.split(250)]) for side in sides]
    return Views(features[0], thumbnails(images), features[1] if samples else None)


def joined(first: Views, second: Views) -> Views:
    """One behind the other."""
    pairs = (
        (first.features, second.features),
        (first.thumbnails, second.thumbnails),
        (first.mirrored, second.mirrored),
    )
    return Views(*(torch.cat(pair) for pair in pairs))  # type: ignore[arg-type]


def warned(
    bench: Workbench, folder: Path, sizes: list[int], n_real: int, repetitions: int
) -> Iterator[tuple[int, str, bool]]:
    """Whether there was a warning, by number and kind of samples."""
    judge, row = bench.judge, bench.generator.class_names.index(folder.name)
    assert judge is not None
    photographs = torch.cat([images for images, _ in Photographs(folder, 32, slice(0, 1000 + n_real)).batches(250)])
    real = seen(judge, photographs[:n_real], samples=False)
    kinds = {
        "own samples": seen(judge, torch.cat(list(draw(bench.generator, class_row(bench.generator, row), 1000, 1000)))),
        "held-out photographs": seen(judge, photographs[n_real:]),
    }
    copies = {name: seen(judge, alter(photographs[:COPIED])) for name, alter in ALTERED.items()}
    for repetition, n in product(range(repetitions), sizes):
        numbers = torch.Generator().manual_seed(repetition)
        part = torch.randperm(n_real, generator=numbers)[: n_real // 2]  # other photographs each time
        hidden = part[part < COPIED]
        chosen = torch.randperm(1000, generator=numbers)[:n]
        some = {name: views[chosen] for name, views in kinds.items()}
        planted = hidden[torch.randint(len(hidden), (round(SHARE * len(chosen)),), generator=numbers)]
        for name, views in copies.items():
            some[name] = joined(views[planted], some["own samples"][len(planted) :])  # type: ignore[misc]
        for name, views in some.items():
            found = memorisation(views, real[part])
            assert found is not None
            yield n, name, found[0].suspected


def main() -> None:
    """Print a row a kind of sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--classes", nargs="+", default=["airplane", "horse"])
    parser.add_argument("-n", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--real", type=int, default=400)
    parser.add_argument("--repetitions", type=int, default=20)
    options = parser.parse_args()
    bench = Workbench("demo", precision="float32")
    counts: dict[tuple[int, str], list[bool]] = {}
    for name in options.classes:
        for n, kind, said in warned(bench, options.data / "train" / name, options.n, options.real, options.repetitions):
            counts.setdefault((n, kind), []).append(said)
    print(f"| {options.real // 2} photographs | samples | warned |\n| --- | --- | --- |")
    for (n, kind), said in sorted(counts.items()):
        print(f"| {kind} | {n} | {sum(said)} of {len(said)} |")


if __name__ == "__main__":
    main()
