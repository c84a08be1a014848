"""Each command runs in a folder of its own, with classifiers of random weights under short names."""

import functools
from pathlib import Path

import pytest

import ganmend.targets.load
import ganmend.workbench.networks
from ganmend.workbench.request import MendRequest
from tests.cli.command import SAMPLES
from tests.conftest import CIFAR10, make_classifier


@pytest.fixture(autouse=True)
def _small_things(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = {"tiny": make_classifier(), "other": make_classifier(1), "broken": make_classifier(bias=float("nan"))}
    monkeypatch.setattr(ganmend.workbench.networks, "load_classifier", lambda name, **_: known[name])
    monkeypatch.setattr("ganmend.workbench.folder_probe.load_classifier", lambda name: known["other"])
    monkeypatch.setattr(ganmend.targets.load, "load_classifier", lambda name, **_: known[name])
    # `repair` has no option for the samples that the judge sees; 1000 of them take a second each time.
    monkeypatch.setattr("ganmend.workbench.request.MendRequest", functools.partial(MendRequest, samples=SAMPLES))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text("\n".join(CIFAR10) + "\n")
