"""ganmend sweep, as it is typed: what it says, how it ends, and what it refuses."""

import csv
import json
import os
import signal
from pathlib import Path

import pytest
import torch

from ganmend.catalog.load import load_generator
from ganmend.runs.items.item import InThisProcess
from tests.cli.command import TINY, names, run

SMALL = ["--classifier", "tiny", "--judge", "other", "--task", "repair", "--trials", "2", "--trials-at-once", "1"]
SMALL += ["-n", "12", "--set", "steps=2", "--set", "latents=4", "--set", "validation_latents=4", "--set", "init=mean"]
SMALL += ["--set", "prior_weight=0"]


@pytest.fixture(autouse=True)
def _same_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def sweep(monkeypatch, *words: str) -> int:
    return run(monkeypatch, "sweep", TINY, *names(), *SMALL, "--out", "out", *words)


def test_every_class_has_a_row_a_directory_and_a_place_on_the_page(monkeypatch, capsys):
    assert sweep(monkeypatch, "--classes", "frog,3", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert {row["class"]: row["status"] for row in answer["rows"]} == {"frog": "mended", "cat": "mended"}
    lines = list(csv.DictReader(Path("out/sweep.csv").read_text().splitlines()))
    assert [line["class"] for line in lines] == [row["class"] for row in answer["rows"]]
    assert [float(line["judge_accuracy after"]) for line in lines] == [
        row["after"]["judge_accuracy"] for row in answer["rows"]
    ]
    page = Path("out/report.html").read_text()
    for name in ("frog", "cat"):
        assert (Path("out/classes") / name / "embedding.safetensors").exists()
        assert f'href="classes/{name}/report.html"' in page


def test_the_same_command_again_exports_what_became_better_and_computes_nothing(monkeypatch, capsys):
    assert sweep(monkeypatch, "--classes", "frog,cat") == 0
    rows = json.loads(Path("out/rows.json").read_text())
    for row in rows:  # whatever the tiny networks say of it
        row |= {"outcome": "better" if row["class"] == "frog" else "worse", "harm": []}
    Path("out/rows.json").write_text(json.dumps(rows))
    monkeypatch.setattr("ganmend.runs.sweeps.run.runner_of", None)
    assert sweep(monkeypatch, "--classes", "frog,cat", "--export", "G.pth") == 0
    assert "G.pth holds 1 better classes: frog" in capsys.readouterr().out
    before, after = (load_generator(path).class_embeddings for path in (TINY, "G.pth"))
    changed = [row for row in range(len(before)) if not torch.equal(before[row], after[row])]
    assert changed == [6]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--classes", "frgo"], "--classes: the generator has no class 'frgo'"),
        (["--classes", "worst:0"], "--classes is 'worst:0'; expected worst:N"),
        (["--classes", "frog", "--task", "mend"], "--task is 'mend'; expected one of auto, repair, debias, repurpose"),
        (["--classes", "all", "--task", "repurpose"], "--task repurpose came with --classes all; name the new classes"),
        (["--classes", "frog", "--as", "toad"], "--as goes with one class; use --class-map"),
        (["--classes", "frog", "--workers", "-1"], "--workers is -1; expected 0 to 1000 processes"),
        (["--classes", "frog", "--trials-at-once", "0"], "group is 0; expected at least 1"),
        (["--classes", "frog", "-n", "5"], "-n is 5; coverage needs more than 5"),
        (["--classes", "frog", "--export", "absent/G.pth"], "no folder at absent"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_and_leaves_nothing(words, said, monkeypatch, capsys):
    assert sweep(monkeypatch, *words) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("ganmend")]
    assert said in line
    assert not Path("out").exists()


def test_a_class_that_fails_is_told_and_the_status_says_so(monkeypatch, capsys):
    known = Path("names.txt").read_text().split()
    Path("names.txt").write_text("\n".join([*known[:9], "lighthouse"]) + "\n")
    assert sweep(monkeypatch, "--classes", "frog,lighthouse") == 1
    told = capsys.readouterr()
    assert "lighthouse failed: " in told.out
    assert "1 of 2 classes failed; they are tried again by: ganmend resume out" in told.err
    assert "<dt>lighthouse</dt>" in Path("out/report.html").read_text()


def test_classes_that_the_judge_does_not_know_are_left_out_of_all_and_counted(monkeypatch, capsys):
    known = Path("names.txt").read_text().split()
    Path("names.txt").write_text("\n".join([*known[:1], *(f"thing {n}" for n in range(9))]) + "\n")
    assert sweep(monkeypatch, "--classes", "worst:1", "--task", "auto", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["left_out"] == 9
    assert {row["class"] for row in answer["rows"]} <= {"airplane"}


def test_another_sweep_is_not_mixed_in_unless_it_may_replace_the_first(monkeypatch, capsys):
    assert sweep(monkeypatch, "--classes", "frog") == 0
    assert sweep(monkeypatch, "--classes", "cat") == 2
    assert "out holds a sweep with another classes (frog, now cat)" in capsys.readouterr().err
    assert sweep(monkeypatch, "--classes", "cat", "--overwrite") == 0
    assert [path.name for path in Path("out/classes").iterdir()] == ["cat"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_was_done_and_resume_goes_on_from_any_folder(number, monkeypatch, capsys, tmp_path):
    done, wait = [], InThisProcess.wait

    def signalled(runner):
        outcome = wait(runner)
        done.append(outcome.item.name)
        if len(done) == 3:  # after the plan and two groups of trials
            os.kill(os.getpid(), number)
        return outcome

    monkeypatch.setattr(InThisProcess, "wait", signalled)
    assert sweep(monkeypatch, "--classes", "frog") == 130
    assert "interrupted: what was done is in out; go on by: ganmend resume out" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path.parent)
    assert run(monkeypatch, "resume", str(tmp_path / "out"), "--json") == 0
    assert [row["status"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["mended"]
    assert done.count("search/00006/0") == 1


def test_resume_takes_workers_for_a_sweep_alone(monkeypatch, capsys):
    Path("empty").mkdir()
    assert run(monkeypatch, "resume", "empty", "--workers", "2") == 2
    assert "--workers goes with a sweep" in capsys.readouterr().err
