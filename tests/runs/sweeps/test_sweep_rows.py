"""Rows of a sweep: the greatest gain first, and the same figures in every form."""

import csv

from ganmend.runs.sweeps.rows import as_csv, gain, rows_of
from ganmend.runs.sweeps.sweep import SweptClass


def swept(name: str, before: float, after: float, **others) -> SweptClass:
    answer = {"before": {"judge_accuracy": before}, "after": {"judge_accuracy": after}, "outcome": "better", "harm": []}
    return SweptClass(name, name, 1, name, "off-class", "repair", answer, **others)


def test_a_gain_is_the_share_of_fid_that_is_gone_else_of_accuracy():
    assert gain({"fid": 80.0, "judge_accuracy": 0.9}, {"fid": 20.0, "judge_accuracy": 0.1}) == 0.75
    assert gain({"fid": 20.0}, {"fid": 30.0}) == -0.5
    assert gain({"fid": None, "judge_accuracy": 0.25}, {"fid": None, "judge_accuracy": 0.75}) == 0.5
    assert gain({}, {"judge_accuracy": None}) == 0.0


def test_what_gained_most_comes_first_then_healthy_classes_then_failed_ones():
    failed = SweptClass("bird", "bird", 2, "bird", "biased", "debias", failed="no photographs")
    healthy = SweptClass("dog", "dog", 5, "dog")
    rows = rows_of([failed, healthy, swept("cat", 0.5, 0.25), swept("frog", 0.25, 0.75, seconds=9.5)])
    assert [(row["class"], row["status"], row["gain"]) for row in rows] == [
        ("frog", "mended", 0.5), ("cat", "mended", -0.25), ("dog", "healthy", None), ("bird", "failed", None),
    ]  # fmt: skip
    assert (rows[0]["seconds"], rows[0]["folder"], rows[3]["reason"], rows[3]["folder"]) == (
        9.5, "frog", "no photographs", "",
    )  # fmt: skip


def test_a_spreadsheet_has_before_and_after_in_columns_of_their_own():
    healthy = SweptClass("a, b", "1", 1, "a, b")
    lines = list(csv.DictReader(as_csv(rows_of([healthy, swept("frog", 0.25, 0.75)])).splitlines()))
    assert (lines[0]["judge_accuracy before"], lines[0]["judge_accuracy after"]) == ("0.25", "0.75")
    assert (lines[1]["class"], lines[1]["judge_accuracy after"], lines[1]["status"]) == ("a, b", "", "healthy")
