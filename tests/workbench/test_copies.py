"""Copies looked for: among which real images, as which network sees them, and what is shown."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ganmend.errors import GanmendWarning
from ganmend.metrics.memorisation import FEWEST, Views, memorisation
from ganmend.metrics.statistics import class_reference
from ganmend.photographs.reading import Photographs
from ganmend.progress import Progress, ignore
from ganmend.report.pairs import beside_nearest
from ganmend.targets.classifier import Classifier
from ganmend.workbench.copies import Copies, Originals, copies_among, look_for_copies
from ganmend.workbench.result import load_result
from ganmend.workbench.workbench import Workbench
from tests.metrics.drawn import noise
from tests.workbench.conftest import QUICK

N = 24


@pytest.fixture(scope="module")
def coarse() -> Tensor:
    """Pictures of 4 x 4 random squares, which thumbnails tell apart."""
    return noise(N + 40, 4, seed=7).repeat_interleave(8, -1).repeat_interleave(8, -2)


@pytest.fixture
def folder(coarse: Tensor, tmp_path: Path) -> Path:
    for index, pixels in enumerate(bytes_of(coarse[:N])):
        Image.fromarray(pixels).save(tmp_path / f"{index:02d}.png")
    return tmp_path


def bytes_of(images: Tensor) -> Iterator[np.ndarray]:
    yield from ((images + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()


def looked(images: Tensor, originals: Originals, searching: Classifier, judge: Classifier) -> Copies:
    return copies_among(images, originals, searching, judge, ignore)


def test_copies_of_photographs_are_found_and_shown_first(
    coarse: Tensor, folder: Path, tiny_classifier: Classifier, judge: Classifier
) -> None:
    """One is mirrored; those of both halves of the folder count, the matched and the held-out."""
    samples = torch.cat([coarse[N:], coarse[4:5], coarse[7:8].flip(-1), coarse[9:20]])
    seen: list[Progress] = []
    photographs = Photographs(folder, 32)
    found = copies_among(samples, Originals(photographs), tiny_classifier, judge, seen.append)
    assert found.memorisation is not None
    assert (found.memorisation.suspected, found.memorisation.n, found.memorisation.n_real) == (True, 53, N)
    assert found.memorisation.near_samples == 13 / 53
    assert found.memorisation.near_real == 0
    assert seen[-1] == Progress("reading", N, N)
    none = looked(coarse[N:], Originals(photographs), tiny_classifier, judge)
    assert none.memorisation is not None
    assert (none.memorisation.suspected, none.memorisation.near_samples) == (False, 0.0)
    assert none.picture is not None, "the nearest are shown also where nothing is suspected"


def test_the_picture_holds_the_samples_and_the_photographs_nearest_to_them(
    coarse: Tensor, folder: Path, tiny_classifier: Classifier, judge: Classifier
) -> None:
    """A broken file shifts the numbers of those after it."""
    (folder / "03.png").write_bytes((folder / "03.png").read_bytes()[:60])
    for index in (20, 21):
        samples = torch.cat([coarse[N:], coarse[index : index + 1]])
        found = looked(samples, Originals(Photographs(folder, 32)), tiny_classifier, judge)
        assert found.picture is not None
        expected = beside_nearest(coarse[index : index + 1], coarse[index : index + 1])
        got, pair = (np.asarray(picture.crop((0, 0, 66, 2 * 66)), int) for picture in (found.picture, expected))
        assert np.abs(got - pair).max() <= 1


def test_without_photographs_their_features_are_compared_and_nothing_is_shown(
    coarse: Tensor, tiny_classifier: Classifier, judge: Classifier
) -> None:
    """The search's classifier sees the samples where it matched; else the judge does."""
    samples = coarse[N:]
    matched, (logits, features) = tiny_classifier.matching_features(coarse[:N]), judge.logits_and_features(coarse[:N])
    reference = class_reference(logits, features, None)
    own, mirrored = (tiny_classifier.matching_features(images) for images in (samples, samples.flip(-1)))
    judged, reversed_ = (judge.logits_and_features(images)[1] for images in (samples, samples.flip(-1)))
    for originals, expected in (
        (Originals(matched=matched, reference=reference), memorisation(Views(own, None, mirrored), Views(matched))),
        (Originals(reference=reference), memorisation(Views(judged, None, reversed_), Views(features))),
    ):
        assert expected is not None
        assert looked(samples, originals, tiny_classifier, judge) == Copies(expected[0])
    assert looked(samples, Originals(), tiny_classifier, judge) == Copies()


def test_photographs_that_are_gone_end_no_verdict(
    coarse: Tensor, folder: Path, tiny_classifier: Classifier, judge: Classifier
) -> None:
    photographs = Photographs(folder, 32)
    for path in folder.iterdir():
        path.unlink()
    assert looked(coarse[N:], Originals(photographs), tiny_classifier, judge) == Copies()


def test_a_mend_compares_with_all_photographs_and_keeps_what_it_found(
    bench: Workbench, folder: Path, tmp_path: Path
) -> None:
    real = Workbench(bench.generator, classifier=bench.classifier, judge=bench.judge, real=folder, precision="float32")
    got = real.mend("repair", "frog", config=QUICK, samples=12)
    assert got.verdict is not None
    assert got.verdict.memorisation is not None
    assert (got.verdict.memorisation.n, got.verdict.memorisation.n_real) == (12, N)
    expected = looked(got.samples("after", 12), Originals(Photographs(folder, 32)), bench.searching, bench.judge)
    assert got.verdict.memorisation == expected.memorisation
    saved = got.save(tmp_path / "out")
    loaded = load_result(saved, bench.generator)
    assert loaded.verdict == got.verdict
    assert loaded.nearest is not None
    assert loaded.nearest.tobytes() == got.nearest.tobytes() == expected.picture.tobytes()
    again = loaded.save(tmp_path / "again")
    assert (again / "nearest.png").read_bytes() == (saved / "nearest.png").read_bytes()


def test_what_is_skipped_is_told_once_of_each_half(bench: Workbench, folder: Path) -> None:
    (folder / "03.png").write_bytes(b"no picture")
    real = Workbench(bench.generator, classifier=bench.classifier, judge=bench.judge, real=folder, precision="float32")
    with pytest.warns(GanmendWarning, match="skipped") as told:
        got = real.mend("repair", "frog", config=QUICK, samples=12)
    assert len(told) == 1
    assert got.verdict.memorisation.n_real == N - 1


def test_too_few_real_images_are_not_even_looked_at(
    bench: Workbench, folder: Path, tiny_classifier: Classifier
) -> None:
    """So no sample is drawn for them."""
    few = torch.ones(FEWEST - 1, 3)
    reference = class_reference(few, few, None)
    for originals in (
        Originals(Photographs(folder, 32, slice(0, FEWEST - 1))), Originals(matched=few),
        Originals(reference=reference), Originals(),
    ):  # fmt: skip
        found = look_for_copies(None, None, 30, originals, tiny_classifier, bench.judge, ignore)  # type: ignore[arg-type]
        assert found == Copies()
