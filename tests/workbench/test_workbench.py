"""The workbench and the functions that put a generator on one, on the tiny generator."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import ganmend
from ganmend.edits.class_edit import class_row
from ganmend.edits.edit_file import load_edit
from ganmend.errors import ClassifierError, ClassNameError, OptionError, OutputError
from ganmend.models.protocol import Generator
from ganmend.search.config import PRESETS, SearchConfig
from ganmend.search.ranking import rank_rows
from ganmend.targets.classifier import Classifier
from ganmend.workbench.workbench import Workbench
from tests.conftest import make_classifier

QUICK = replace(PRESETS["default"], steps=2, latents=4, validation_latents=4, trials=2)
FILES = {
    "embedding.safetensors",
    "metrics.json",
    "config.json",
    "before_after.png",
    "samples.png",
    "history.jsonl",
    "report.html",
}


@pytest.fixture(scope="session")
def bench(tiny_generator: Generator, tiny_classifier: Classifier) -> Workbench:
    return Workbench(tiny_generator, classifier=tiny_classifier, judge=make_classifier(1))


def test_a_result_directory_is_whole(bench: Workbench, tiny_generator: Generator, tmp_path: Path) -> None:
    result = bench.mend("repair", "frog", config=QUICK, samples=20)
    out = result.save(tmp_path / "out")
    assert {path.name for path in out.iterdir()} == FILES
    edit = load_edit(out / "embedding.safetensors")
    edit.check(tiny_generator)
    assert (edit.target, len(edit.vectors)) == ("frog", 1)
    config, metrics = (json.loads((out / name).read_text()) for name in ("config.json", "metrics.json"))
    assert (config["steps"], config["init"], config["task"]) == (2, "best", "repair")
    assert metrics["after"]["n"] == 20
    page = (out / "report.html").read_text()
    assert "http" not in page, "the page loads nothing"
    with pytest.raises(OutputError, match="--overwrite"):
        result.save(out)
    result.save(out, overwrite=True)


def test_before_is_the_top_row_for_a_new_class(
    bench: Workbench, tiny_generator: Generator, tiny_classifier: Classifier
) -> None:
    order = rank_rows(bench.generator, bench.searching, 4)
    result = bench.mend("repurpose", "deer", config=QUICK, samples=6)
    assert result.before is not None
    assert torch.equal(result.before.vectors[0], tiny_generator.class_embeddings[order[0]])
    own = bench.mend("debias", "deer", config=QUICK, samples=6)
    assert own.before is not None
    assert torch.equal(own.before.vectors[0], tiny_generator.class_embeddings[4])


def test_same_seed_same_result(bench: Workbench) -> None:
    first, second = (bench.mend("repair", 6, config=QUICK, samples=6) for _ in range(2))
    assert torch.equal(first.after.vectors, second.after.vectors)


def test_targets_and_tasks_are_checked(bench: Workbench) -> None:
    with pytest.raises(ClassNameError, match="nearest are"):
        bench.mend("repair", "zebra")
    with pytest.raises(OptionError, match="unknown task"):
        bench.mend("polish", "frog")
    with pytest.raises(OptionError, match="needs a class that the generator has"):
        bench.mend("repurpose", "frog", config=replace(QUICK, init="target"))


def test_what_is_of_another_type_is_said(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    with pytest.raises(OptionError, match="generator is a Linear"):
        ganmend.repair(torch.nn.Linear(1, 1), "frog")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="a class given as float"):
        ganmend.repair(tiny_generator, 1.5, classifier=tiny_classifier)  # type: ignore[arg-type]
    with pytest.raises(ClassifierError, match="classifier is a ReLU"):
        ganmend.repair(tiny_generator, "frog", classifier=torch.nn.ReLU())  # type: ignore[arg-type]
    with pytest.raises(ClassifierError, match="--classifier is needed"):
        ganmend.repair(tiny_generator, "frog")


def test_evaluate_refuses_too_few(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    with pytest.raises(OptionError, match="at least 2"):
        ganmend.evaluate(tiny_generator, class_row(tiny_generator, 0), judge=tiny_classifier, n=0)


def test_diagnose_lists_every_class_worst_first(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    found = ganmend.diagnose(tiny_generator, judge=tiny_classifier, n=8)
    severities = [entry.severity for entry in found.classes]
    assert severities == sorted(severities, reverse=True)
    assert {entry.name for entry in found.classes} == set(tiny_generator.class_names)
    # Ten random classes cannot all be what one random classifier calls them.
    assert found.worst(3) == [entry.name for entry in found.classes if entry.mark][:3] != []


def test_settings_of_ones_own(bench: Workbench) -> None:
    own = SearchConfig(steps=1, latents=2, validation_latents=2, init="mean", diversity="none")
    result = bench.mend("repurpose", "cat", config=own, samples=6)
    assert (result.config.steps, result.config.init) == (1, "mean")
