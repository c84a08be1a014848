"""Which samples are drawn, by number; and the surest by a judge."""

from collections.abc import Callable

import pytest
import torch

from ganmend.edits import sampling
from ganmend.edits.class_edit import class_row
from ganmend.errors import OptionError
from ganmend.progress import Progress
from ganmend.targets.classifier import Classifier
from ganmend.workbench.samples import LARGEST_LISTED, Samples, eight_bit, probabilities, surest
from ganmend.workbench.workbench import Workbench

SETS = {"a seed's first": lambda: Samples.first(5, 3), "seeds": lambda: Samples.of_seeds([9, 0, 7, 3, 4])}


@pytest.mark.parametrize("samples", SETS.values(), ids=SETS)
def test_each_is_the_same_whichever_others_are_drawn(
    samples: Callable[[], Samples], bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "BATCH", 2)
    edit, listed = class_row(bench.generator, 6), samples()
    whole = dict(listed.draw(bench, edit))
    assert list(whole) == list(listed.numbers)
    seen: list[Progress] = []
    part = dict(listed.draw(bench, edit, {0, 4}, on_progress=seen.append))
    assert set(part) == {0, 4}
    assert all(torch.equal(image, whole[number]) for number, image in part.items())
    assert (seen[-1].done, seen[-1].total) == (2, 2)


def test_a_seeds_samples_are_its_stream_and_seeds_their_first(bench: Workbench) -> None:
    edit = class_row(bench.generator, 6)
    (stream,) = bench.sample(edit, 3, seed=5)
    drawn = dict(Samples.first(3, 5).draw(bench, edit))
    assert all(torch.equal(drawn[index], stream[index]) for index in range(3))
    (alone,) = bench.sample(edit, 1, seed=7)
    assert torch.equal(dict(Samples.of_seeds([2, 7]).draw(bench, edit))[7], alone[0])


@pytest.mark.parametrize(
    ("seeds", "said"),
    [([], "no seeds"), ([3, 5, 3], "seed 3 came twice"), ([-1], "at least 0"), ([LARGEST_LISTED + 1], "at most")],
)
def test_lists_that_are_none(seeds: list[int], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        Samples.of_seeds(seeds)


def test_probabilities_are_the_judges_of_the_files_pixels(
    bench: Workbench, judge: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "BATCH", 2)
    edit, samples = class_row(bench.generator, 6), Samples.first(5, 0)
    found = probabilities(bench, edit, samples, judge, 2)
    pixels = torch.stack([eight_bit(image) for _, image in samples.draw(bench, edit)])
    expected = judge(pixels.float() / 127.5 - 1).softmax(1)[:, 2]
    assert list(found) == list(range(5))
    assert torch.allclose(torch.tensor(list(found.values())), expected, atol=1e-6)  # batches round otherwise


def test_levels_are_those_of_a_file() -> None:
    assert eight_bit(torch.tensor([-1.0, 0.0, 1.0, 1.1])).tolist() == [0, 127, 255, 255]


def test_the_surest_come_first() -> None:
    found = {0: 0.2, 1: 0.9, 2: 0.5, 3: 0.9}
    assert list(surest(found, 3).items()) == [(1, 0.9), (3, 0.9), (2, 0.5)]
