"""A run's record, and whether what stands in a directory is a part of what is asked for now."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ganmend.errors import OptionError, OutputError
from ganmend.files.directories import write_directory
from ganmend.runs.facts import digest_of_files
from ganmend.runs.record import RECORD, RunRecord, difference, goes_on, unfinished_run
from ganmend.runs.resume import unfinished_runs

BEGUN = RunRecord(
    {"target": "frog", "seed": 0, "config": {"steps": 8, "memory": 0.0}, "judge": ("a", "b")},
    "ganmend repair",
    "folder",
    {"generator's weights": "abc"},
)


def begun(directory: Path, record: RunRecord = BEGUN) -> Path:
    write_directory(directory, lambda folder: None, overwrite=True)
    record.write(directory)
    return directory


def asked(**changes: object) -> RunRecord:
    return replace(BEGUN, request={**BEGUN.request, **changes})


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = RunRecord.read(begun(tmp_path / "run", replace(BEGUN, interrupted=True)))
    assert found is not None
    assert found.interrupted
    assert not found.complete
    assert difference(found, BEGUN) is None, "a tuple and a list are the same in JSON"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 1}, "seed (0, now 1)"),
        ({"target": "ship"}, "target (frog, now ship)"),
        ({"config": {"steps": 9, "memory": 0.0}}, "config.steps (8, now 9)"),
        ({"config": {"memory": 0.0}}, "config.steps (8, now none)"),
        ({"judge": ("b", "a")}, "judge (['a', 'b'], now ['b', 'a'])"),
    ],
)
def test_what_differs_is_told(change: dict[str, object], told: str, tmp_path: Path) -> None:
    directory = begun(tmp_path / "run")
    with pytest.raises(OutputError) as error:
        goes_on(directory, asked(**change), overwrite=False)
    assert f"another {told}; go on with that one by ganmend resume {directory}" in str(error.value)
    assert goes_on(directory, asked(**change), overwrite=True) is False, "it begins anew"


def test_other_weights_under_the_same_name_are_told() -> None:
    other = replace(BEGUN, facts={"generator's weights": "xyz"})
    assert difference(BEGUN, other) == "generator's weights (abc, now xyz)"


def test_memory_and_facts_that_are_not_known_make_no_difference() -> None:
    assert difference(BEGUN, asked(config={"steps": 8, "memory": 3.0})) is None
    assert difference(BEGUN, replace(BEGUN, facts={})) is None


def test_the_same_is_gone_on_with_and_what_is_complete_is_not(tmp_path: Path) -> None:
    assert goes_on(begun(tmp_path / "run"), BEGUN, overwrite=False)
    assert not goes_on(begun(tmp_path / "done", replace(BEGUN, complete=True)), BEGUN, overwrite=False)
    assert not goes_on(tmp_path / "none", BEGUN, overwrite=False)


@pytest.mark.parametrize(
    "content",
    ["", '{"kind": "gan', "[" * 100_000, "{}", '{"kind": "ganmend-run-2"}', "null", '"' + "x" * (1 << 24) + '"'],
    ids=["empty", "truncated", "nested", "no run", "other version", "null", "huge"],
)
def test_a_broken_or_hostile_record_is_none(content: str, tmp_path: Path) -> None:
    directory = begun(tmp_path / "run")
    (directory / RECORD).write_text(content)
    assert RunRecord.read(directory) is None
    assert unfinished_run(directory) is None


@pytest.mark.parametrize(("name", "value"), [("complete", 1), ("request", []), ("folder", None)])
def test_a_record_of_another_shape_is_none(name: str, value: object, tmp_path: Path) -> None:
    directory = begun(tmp_path / "run")
    (directory / RECORD).write_text(json.dumps(json.loads(BEGUN.text()) | {name: value}))
    assert RunRecord.read(directory) is None


def test_a_record_in_somebody_elses_directory_is_none(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(BEGUN.text())
    assert RunRecord.read(tmp_path) is None
    with pytest.raises(OptionError, match="holds no run of ganmend"):
        unfinished_runs(tmp_path)


def test_unfinished_runs_are_found_in_a_directory_of_several(tmp_path: Path) -> None:
    begun(tmp_path / "b"), begun(tmp_path / "a"), begun(tmp_path / "c", replace(BEGUN, complete=True))
    assert list(unfinished_runs(tmp_path)) == [tmp_path / "a", tmp_path / "b"]
    with pytest.raises(OptionError, match="is complete; nothing is left"):
        unfinished_runs(tmp_path / "c")
    with pytest.raises(OptionError, match="no directory at"):
        unfinished_runs(tmp_path / "d")


def test_a_photograph_more_or_another_of_the_same_name_changes_the_digest(tmp_path: Path) -> None:
    one, two = tmp_path / "1.jpg", tmp_path / "2.jpg"
    one.write_text("one"), two.write_text("two")
    first, both = digest_of_files([one]), digest_of_files([one, two])
    moved = one.rename(tmp_path / "moved").rename(one)
    assert digest_of_files([moved]) == first, "where a folder lies makes no difference"
    two.write_text("three")
    assert len({first, both, digest_of_files([one, two]), digest_of_files([])}) == 4
