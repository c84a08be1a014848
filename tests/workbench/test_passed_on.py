"""What a mending passes on to its parts."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.catalog.source import GeneratorSource
from ganmend.photographs.reading import Photographs
from ganmend.progress import Progress
from ganmend.search.starting_points import starting_points
from ganmend.workbench import guarded
from ganmend.workbench.real_images import RealImages
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult
from ganmend.workbench.seen_photographs import matching_features
from ganmend.workbench.workbench import Workbench
from tests.workbench.conftest import QUICK


def test_the_photographs_choose_the_start_too(
    bench: Workbench, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Workbench(bench.generator, classifier=bench.searching, real=photographs)
    given: list[torch.Tensor] = []

    def watched(*arguments: object, real_features: torch.Tensor, **options: object) -> object:
        given.append(real_features)
        return starting_points(*arguments, real_features=real_features, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(guarded, "starting_points", watched)
    told.mend("repair", "frog", config=QUICK)
    (features,) = given
    assert torch.equal(features, matching_features(told.searching, Photographs(photographs, 32)))


def test_reading_and_choosing_are_told_by_the_unit(bench: Workbench, photographs: Path) -> None:
    told: list[Progress] = []
    n = len(list(photographs.iterdir()))
    features = RealImages(32, photographs).to_match(bench.searching, "frog", judged=False, on_progress=told.append)
    assert features is not None
    assert [(each.stage, each.done, each.total) for each in told] == [("reading", n, n)]
    told.clear()
    judged = Workbench(bench.generator, classifier=bench.searching, judge=bench.judge, real=photographs)
    judged.mend("repair", "frog", config=QUICK, samples=6, on_progress=told.append)
    read = [(each.done, each.total) for each in told if each.stage == "reading"]
    assert read == [(n - n // 2, n - n // 2), (n // 2, n // 2)], "half for the search, half for the verdict"
    chosen = [(each.done, each.total) for each in told if each.stage == "choosing"]
    assert chosen == [(i, 6) for i in range(1, 7)]


def test_a_request_gives_out_what_it_found(bench: Workbench) -> None:
    found: list[MendResult] = []
    request = MendRequest("repair", "frog", GeneratorSource("here"), config=replace(QUICK, steps=1), samples=6)
    result = request.run(bench, on_found=found.append)
    assert found == [result]
    assert result.request == request.as_dict()
