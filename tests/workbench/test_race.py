"""Diagnoses by few samples: classes that differ clearly cost few, and are marked as by all; nothing is judged twice."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ganmend.edits.class_edit import class_row
from ganmend.errors import Cancelled, OptionError
from ganmend.files.kept import Kept
from ganmend.metrics.judging import judge_edit
from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from ganmend.targets.classifier import Classifier
from ganmend.workbench import diagnosis
from ganmend.workbench.diagnosis import Diagnosis, diagnose_classes, spread_evenly
from ganmend.workbench.race import PILOT

CLASSES, N, COMPARED = 30, 80, 7
DARK, FLAT, HALF = 7, 20, 23  # classes that are off their class, collapsed, and recognised in half of the samples


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer classes to compare with; and no MS-SSIM, which takes most of the time and needs larger images."""
    monkeypatch.setattr(diagnosis, "COMPARED", COMPARED)
    monkeypatch.setattr("ganmend.metrics.verdict.ms_ssim_within", lambda images, seed: 0.5)


class Stripes(Generator):
    """Class k shows a bright column k of pixels; the table's second entry says how much images differ."""

    resolution, dim_z, conditional_layers, drawing_bytes, gradient_bytes = 8, 4, (), 1 << 20, 1 << 20

    def __init__(self, table: Tensor | None = None) -> None:
        if table is None:
            table = torch.stack([torch.arange(CLASSES).float(), torch.ones(CLASSES), torch.ones(CLASSES)], 1)
            table[FLAT, 1], table[DARK, 2], table[HALF, 2] = 0.01, -1.0, 0.0
        super().__init__(table, tuple(f"stripe {row}" for row in range(CLASSES)), "stripes", None)
        self.drawn = 0

    def images(self, z: Tensor, condition: Condition) -> Tensor:
        """(N, 3, 8, 8): pixel k of the first channel is bright where sign + z_0 is above 0."""
        self.drawn += len(z)
        row, spread, sign = condition.embedding.unbind(1)
        images = (z[:, 1:].repeat(1, 64) / 10 * spread[:, None]).view(-1, 3, 64).clamp(-0.4, 0.4)
        shown = torch.where(sign + z[:, 0] * 0.2 > 0, 1.0, -1.0)
        images[torch.arange(len(z)), 0, row.long()] = shown
        return images.view(-1, 3, 8, 8)

    def offsets_of(self, differences: Tensor) -> Tensor:
        return differences.new_zeros(*differences.shape[:-2], 0)

    def prepared(self, precision: str = "auto") -> Generator:
        return self

    def describe(self) -> dict[str, object]:
        return {}

    def step_multiply_adds(self) -> tuple[int, int]:
        return 0, 0


def reader() -> Classifier:
    """Takes an image for the class of its brightest pixel of the first channel; its features are all pixels."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, CLASSES, bias=False))
    network[1].weight.data = torch.eye(CLASSES, 192) * 10
    return Classifier(
        network, name="reader", fingerprint="reader", class_names=tuple(f"stripe {row}" for row in range(CLASSES)),
        resolution=8, mean=(0.5,) * 3, std=(0.5,) * 3, feature_layer="1",
    )  # fmt: skip


def diagnosed(generator: Generator, **options: object) -> Diagnosis:
    return diagnose_classes(generator, reader(), n=N, **options)  # type: ignore[arg-type]


def marks(found: Diagnosis) -> dict[int, str]:
    return {entry.index: entry.mark for entry in found.classes}


def test_classes_that_differ_clearly_are_marked_as_by_all_samples_for_fewer() -> None:
    full, few = Stripes(), Stripes()
    expected, found = diagnosed(full), diagnosed(few, sequential=True)
    assert marks(found) == marks(expected)
    assert {row: mark for row, mark in marks(found).items() if mark} == {FLAT: "collapsed", DARK: "off-class"}
    compared = spread_evenly(range(CLASSES), COMPARED)
    counts = {entry.index: entry.verdict.n for entry in found.classes}
    assert {counts[row] for row in compared} == {PILOT}, "the median is of so many samples"
    assert {counts[row] for row in range(CLASSES) if row not in (*compared, DARK, FLAT, HALF)} <= {10, 20}
    assert counts[HALF] > 10
    assert full.drawn == N * CLASSES
    assert sum(counts.values()) <= few.drawn < 0.5 * full.drawn


def test_a_class_of_few_samples_has_the_figures_of_its_first_ones() -> None:
    generator, judge = Stripes(), reader()
    found = diagnosed(generator, sequential=True, seed=3)
    for entry in found.classes[::4]:
        expected = judge_edit(
            generator, class_row(generator, entry.index), judge, entry.index, n=entry.verdict.n, seed=3,
            intervals=False,
        )  # fmt: skip
        for key, value in entry.verdict.figures().items():
            if key not in ("ms_ssim_3_scales", "pixel_std"):  # whose images are not kept
                known = expected.figures()[key]
                assert value == (known if known is None else pytest.approx(known, rel=1e-5)), key


def test_the_worst_are_told_from_the_others_by_more_samples() -> None:
    """Ten classes of accuracies from 0 to 0.25 are all off-class at once; which of them are the worst takes more."""
    table = Stripes().class_embeddings
    off = [row for row in range(CLASSES) if row not in spread_evenly(range(CLASSES), COMPARED)][:10]
    table[off, 2] = torch.linspace(-0.5, -0.13, 10)
    alone, ordered = Stripes(table), Stripes(table)
    expected, plain = diagnosed(Stripes(table)), diagnosed(alone, sequential=True)
    found = diagnosed(ordered, sequential=True, worst=4)
    assert ordered.drawn > alone.drawn
    assert {entry.index for entry in found.worst(4)} == {entry.index for entry in expected.worst(4)}
    at_first, later = ({entry.index: entry.verdict.n for entry in one.classes} for one in (plain, found))
    assert {row for row in later if later[row] > at_first[row]} <= {*off, FLAT}, "no other class is drawn on"


def test_more_than_a_hundred_classes_are_diagnosed_by_few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (diagnosis.MANY, diagnosis.COMPARED) == (100, COMPARED)
    monkeypatch.setattr(diagnosis, "MANY", CLASSES - 1)
    assert diagnosed(Stripes()) == diagnosed(Stripes(), sequential=True)
    assert diagnosed(Stripes(), only=range(CLASSES - 1)) == diagnosed(
        Stripes(), only=range(CLASSES - 1), sequential=False
    )
    monkeypatch.setattr(diagnosis, "MANY", CLASSES)
    assert diagnosed(Stripes()) == diagnosed(Stripes(), sequential=False)


def test_what_the_medians_are_of_and_how_much_was_drawn_is_said() -> None:
    whole, some, few = (
        diagnosed(Stripes(), **options) for options in ({}, {"only": [23, 7]}, {"only": [23, 7], "sequential": True})
    )
    assert (whole.notes, whole.compared) == ((), tuple(range(CLASSES)))
    assert some.compared == few.compared == tuple(spread_evenly(range(CLASSES), COMPARED))
    assert len(some.compared) == COMPARED
    of_some = f"the median class is that of {COMPARED} spread evenly over all {CLASSES} classes that reader knows"
    assert some.notes == (of_some,)
    drawn = sum(entry.verdict.n for entry in few.classes)
    assert few.notes[0] == f"{of_some}; its diversity, that of these and of all classes above"
    assert few.notes[1].startswith(f"each class was drawn until its mark was settled: {drawn} samples in place of 160;")


def test_only_the_classes_asked_for_are_diagnosed_against_the_same_medians() -> None:
    expected = marks(diagnosed(Stripes()))
    found = diagnosed(Stripes(), only=[FLAT, DARK, 1])
    assert marks(found) == {row: expected[row] for row in (FLAT, DARK, 1)}
    alone = diagnosed(Stripes(), only=[FLAT])
    assert marks(alone) == {FLAT: "collapsed"}, "one class is not its own median"


def test_a_class_that_the_judge_does_not_know_cannot_be_asked_for() -> None:
    judge = reader()
    judge.class_names = ("other", *judge.class_names[1:])
    with pytest.raises(OptionError, match=r"reader knows no class stripe 0 \(class 0\); leave it out, or say by"):
        diagnose_classes(Stripes(), judge, n=N, only=[3, 0])


def test_progress_tells_each_stage_from_its_beginning_to_its_end() -> None:
    told: list[Progress] = []
    diagnosed(Stripes(), only=[1, 2, 3], sequential=True, on_progress=told.append)
    stages = {one.stage: [(each.done, each.total) for each in told if each.stage == one.stage] for one in told}
    assert stages == {
        "comparing": [(done, COMPARED) for done in range(1, COMPARED + 1)], "diagnosing": [(1, 3), (2, 3), (3, 3)],
    }  # fmt: skip
    told.clear()
    diagnosed(Stripes(), only=[1, 2], on_progress=told.append)
    total = COMPARED + 2
    assert [(one.stage, one.done, one.total) for one in told] == [
        ("diagnosing", done, total) for done in range(1, total + 1)
    ]


@pytest.mark.parametrize("options", [{}, {"sequential": True}, {"only": [3, 4]}, {"sequential": True, "worst": 1}])
def test_what_was_kept_is_not_drawn_again_and_gives_the_same(options: dict[str, object], tmp_path: Path) -> None:
    expected = diagnosed(Stripes(), **options)

    def end(progress: Progress) -> None:
        if progress.done == 5:
            raise Cancelled

    first, second, third = Stripes(), Stripes(), Stripes()
    with pytest.raises(Cancelled):
        diagnosed(first, kept=Kept(tmp_path), on_progress=end, **options)
    assert diagnosed(second, kept=Kept(tmp_path), **options) == expected
    whole = Stripes()
    diagnosed(whole, **options)
    assert first.drawn == 5 * (PILOT if options.get("sequential") else N)
    assert first.drawn + second.drawn == whole.drawn
    assert diagnosed(third, kept=Kept(tmp_path), **options) == expected
    assert third.drawn == 0


@pytest.mark.parametrize(
    "hostile",
    [
        [], {"3": 5, "3, 0 or more": {}}, {"3": {"n": 1}, "3, 0 or more": {"verdict": {}, "estimates": []}},
        {"3, 0 or more": {"verdict": None, "estimates": [{"n": 10}]}},
        {"3, 0 or more": {"verdict": None, "estimates": [{"n": "x", "accuracy": 1}]}},
        {"3, 0 or more": {"estimates": 7}},
    ],
)  # fmt: skip
def test_kept_figures_that_are_something_else_are_not_used(hostile: object, tmp_path: Path) -> None:
    for options in ({}, {"sequential": True}):
        Kept(tmp_path).put("classes", hostile)
        assert diagnosed(Stripes(), kept=Kept(tmp_path), only=[3], **options) == diagnosed(
            Stripes(), only=[3], **options
        )


def test_a_kept_class_of_other_looks_is_drawn_again(tmp_path: Path) -> None:
    diagnosed(Stripes(), kept=Kept(tmp_path), only=[3], sequential=True)
    content = json.loads((tmp_path / "classes.json").read_text())
    content["3, 0 or more"]["estimates"][0]["n"] = 11
    Kept(tmp_path).put("classes", content)
    generator = Stripes()
    found = diagnosed(generator, kept=Kept(tmp_path), only=[3], sequential=True)
    assert generator.drawn == found.classes[0].verdict.n
