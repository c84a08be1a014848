"""A sweep: every class gets what a command for it alone gives it, and nothing that was done is done again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.errors import OptionError, OutputError
from ganmend.files.mark import foreign_files
from ganmend.runs.items.item import InThisProcess
from ganmend.runs.sweeps.items import KINDS
from ganmend.runs.sweeps.run import read_sweep, sweep_in
from ganmend.workbench.result import load_result
from tests.runs.sweeps.sweeping import CONFIG, contents, small_request

done: list[str] = []


@pytest.fixture(autouse=True)
def _counted(monkeypatch):
    """Note each item that is done, and let no test change how many threads the next one has."""
    done.clear()
    threads, wait = torch.get_num_threads(), InThisProcess.wait

    def counted(runner):
        outcome = wait(runner)
        done.append(outcome.item.name)
        return outcome

    monkeypatch.setattr(InThisProcess, "wait", counted)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def networks(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="module")
def swept(networks, tmp_path_factory):
    return sweep_in(tmp_path_factory.mktemp("sweep") / "out", small_request(networks))


def test_a_class_gets_what_a_request_for_it_alone_gives_it(swept, networks, tmp_path):
    request = small_request(networks, "frog", group=3)
    whole = sweep_in(tmp_path / "out", request)
    alone = request.of_class("repair", "frog").run(request.workbench())
    result = load_result(whole.directory / "classes" / "frog")
    assert result.after.digest() == alone.after.digest()
    assert result.history == alone.history
    assert result.verdict.as_dict() == alone.verdict.as_dict()
    assert result.request == json.loads(json.dumps(request.of_class("repair", "frog").as_dict()))


def test_of_groups_of_trials_the_best_is_judged_and_all_are_in_the_history(swept):
    for name in ("frog", "cat"):
        result = load_result(swept.directory / "classes" / name)
        assert {record["trial"] for record in result.history} == {0, 1, 2}
        best = max(result.history, key=lambda record: record["objective"])
        answers = [json.loads(path.read_text()) for path in sorted(swept.directory.glob("items/search/*/*.json"))]
        assert best["objective"] in [answer["values"]["score"] for answer in answers]
        group = best["trial"] // 2
        number = {"frog": 6, "cat": 3}[name]
        winner = swept.directory / f"items/search/{number:05}/{group}.safetensors"
        assert winner.read_bytes() == (swept.directory / "classes" / name / "embedding.safetensors").read_bytes()


def test_it_is_gone_on_with_from_what_is_written_down(swept, networks, tmp_path):
    request, out = small_request(networks), tmp_path / "out"

    def enough(tally):
        if tally.stage == "mending" and tally.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep_in(out, request, watch=enough)
    assert read_sweep(out).interrupted
    before = list(done)
    assert sweep_in(out, request).rows[0]["status"] == "mended"
    assert not set(before) & set(done[len(before) :]) - {"plan"}
    assert contents(out) == contents(swept.directory)
    assert not read_sweep(out).interrupted
    assert foreign_files(out) == []


def test_a_sweep_that_is_done_computes_nothing_more(swept, networks):
    again = sweep_in(swept.directory, small_request(networks))
    assert (again.rows, done) == (json.loads(json.dumps(swept.rows)), [])


@pytest.mark.parametrize(
    ("changes", "found"),
    [({"seed": 1}, r"another seed \(0, now 1\)"), ({"classes": "frog"}, r"another classes \(frog,cat, now frog\)")],
)
def test_another_request_is_refused_and_says_what_differs(changes, found, swept, networks):
    with pytest.raises(OutputError, match=found):
        sweep_in(swept.directory, small_request(networks, **changes))


def test_another_generator_under_the_same_name_is_refused(networks, tmp_path):
    request, out = small_request(networks, "frog"), tmp_path / "out"

    def stop(tally):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep_in(out, request, watch=stop)
    plan = json.loads((out / "plan.json").read_text())
    plan["facts"]["generator's weights"] = "another"
    (out / "plan.json").write_text(json.dumps(plan))
    with pytest.raises(OptionError, match=r"begun with another facts.generator's weights \(another, now "):
        sweep_in(out, request)


def test_a_class_that_cannot_be_mended_is_told_and_the_others_are_mended(networks, tmp_path, monkeypatch):
    search = KINDS["search"]

    def broken(bench, arguments, kept):
        if arguments["target"] == "cat":
            raise OptionError("it is broken")
        return search(bench, arguments, kept)

    monkeypatch.setattr("ganmend.runs.sweeps.items.KINDS", {**KINDS, "search": broken})
    out = tmp_path / "out"
    told = {row["class"]: (row["status"], row["reason"]) for row in sweep_in(out, small_request(networks)).rows}
    assert told == {"frog": ("mended", ""), "cat": ("failed", "it is broken")}
    monkeypatch.undo()
    assert [row["status"] for row in sweep_in(out, small_request(networks)).rows] == ["mended", "mended"]


@pytest.mark.long
def test_auto_mends_the_sick_and_worst_n_the_sickest_of_them(networks, tmp_path):
    once = replace(CONFIG, trials=1)
    some = sweep_in(tmp_path / "some", small_request(networks, "4-6", "auto", config=once))
    assert sorted(row["index"] for row in some.rows) == [4, 5, 6]
    assert {row["status"] for row in some.rows} == {"mended", "healthy"}
    for row in some.rows:
        expected = {"": "", "biased": "debias"}.get(row["mark"], "repair")
        assert (row["task"], row["status"]) == (expected, "mended" if expected else "healthy")
    bench = small_request(networks).workbench()
    worst = [entry.index for entry in bench.diagnose(n=12).worst(2)]
    sickest = sweep_in(tmp_path / "worst", small_request(networks, "worst:2", "auto", config=once))
    assert sorted(row["index"] for row in sickest.rows) == sorted(worst)


def test_new_classes_are_named_and_drawn_anew(networks, tmp_path):
    request = small_request(networks, "truck", "repurpose", config=replace(CONFIG, init="mean"))
    found = sweep_in(tmp_path / "out", request)
    ((row,), folder) = found.rows, found.directory / "classes" / "truck"
    assert (row["task"], row["index"], load_result(folder).task) == ("repurpose", None, "repurpose")
