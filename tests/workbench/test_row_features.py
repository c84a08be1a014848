"""What each class draws, as a network sees it: seen once, also by a run that is killed on the way."""

from collections.abc import Callable

import pytest
import torch

from ganmend.files.cache import CachedKept
from ganmend.models.protocol import Generator
from ganmend.progress import Progress, ignore
from ganmend.workbench import row_features as rows
from ganmend.workbench.row_features import row_features
from tests.conftest import make_classifier


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(rows, "SAMPLES_A_ROW", 6)


def drawn_rows(told: list[int]) -> Callable[[Progress], None]:
    return lambda progress: told.append(progress.done)


def test_a_run_that_ended_on_the_way_draws_the_other_classes_only(
    tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier, n = make_classifier(), tiny_generator.n_classes
    monkeypatch.setattr(CachedKept.__init__, "__defaults__", (0.0,))  # seconds between two writings

    def end(progress: Progress) -> None:
        if progress.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        row_features(classifier, tiny_generator, 0, end)
    told: list[int] = []
    found = row_features(classifier, tiny_generator, 0, drawn_rows(told))
    assert told == list(range(5, n + 1))
    assert [each.shape[0] for each in found] == [6] * n
    again: list[int] = []
    same = row_features(classifier, tiny_generator, 0, drawn_rows(again))
    assert again == []
    assert all(torch.equal(one, other) for one, other in zip(found, same, strict=True))
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")  # nothing can be kept
    without = row_features(classifier, tiny_generator, 0, ignore)
    assert all(torch.equal(one, other) for one, other in zip(found, without, strict=True))


@pytest.mark.parametrize("other", ["seed", "network", "number"])
def test_what_depends_on_something_else_is_not_taken(
    other: str, tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = row_features(make_classifier(), tiny_generator, 0, ignore)
    if other == "number":
        monkeypatch.setattr(rows, "SAMPLES_A_ROW", 7)
    told: list[int] = []
    network, seed = make_classifier(int(other == "network")), int(other == "seed")
    now = row_features(network, tiny_generator, seed, drawn_rows(told))
    assert len(told) == tiny_generator.n_classes
    assert not torch.equal(now[0][:6], before[0]) or other == "number"
