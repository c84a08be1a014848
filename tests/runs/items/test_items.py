"""Items in this process: each is done once, in their order, and one that fails does not stop the others."""

from typing import cast

import pytest

from ganmend.errors import OptionError
from ganmend.files.kept import Kept
from ganmend.runs.items.item import Answer, InThisProcess, Item
from ganmend.workbench.workbench import Workbench

BENCH = cast(Workbench, "the run's bench")


def twice(bench, arguments, kept):
    assert bench is BENCH
    return Answer({"twice": 2 * arguments["number"]}, {"number.txt": b"%d" % arguments["number"]})


def refuse(bench, arguments, kept):
    raise OptionError("no such number")


def fall(bench, arguments, kept):
    raise ZeroDivisionError


def remember(bench, arguments, kept):
    return Answer({"before": kept.value("seen")})


KINDS = {"twice": twice, "refuse": refuse, "fall": fall, "remember": remember}


def test_items_are_done_in_their_order():
    runner = InThisProcess(BENCH, KINDS)
    for number in (3, 5):
        runner.submit(Item(f"item/{number}", "twice", {"number": number}))
    first, second = runner.wait(), runner.wait()
    assert (first.item.name, second.item.name) == ("item/3", "item/5")
    assert (first.answer, second.answer) == (
        Answer({"twice": 6}, {"number.txt": b"3"}), Answer({"twice": 10}, {"number.txt": b"5"}),
    )  # fmt: skip
    assert first.error == ""
    assert first.seconds >= 0


def test_what_a_user_can_be_told_of_is_an_outcome_and_the_next_goes_on():
    runner = InThisProcess(BENCH, KINDS)
    runner.submit(Item("bad", "refuse"))
    runner.submit(Item("good", "twice", {"number": 1}))
    assert (runner.wait().error, runner.wait().answer) == ("no such number", Answer({"twice": 2}, {"number.txt": b"1"}))


def test_what_the_system_refuses_is_told_of_with_its_place(tmp_path):
    runner = InThisProcess(BENCH, {"read": lambda bench, arguments, kept: (tmp_path / "absent").read_text()})
    runner.submit(Item("bad", "read"))
    outcome = runner.wait()
    assert outcome.answer is None
    assert outcome.error == f"cannot use {tmp_path / 'absent'} (No such file or directory)"


def test_a_mistake_of_ours_is_not_hidden():
    runner = InThisProcess(BENCH, KINDS)
    runner.submit(Item("bad", "fall"))
    with pytest.raises(ZeroDivisionError):
        runner.wait()


def test_an_item_finds_what_was_kept_for_it(tmp_path):
    Kept(tmp_path / "mine").put("seen", 7)
    runner = InThisProcess(BENCH, KINDS, lambda item: Kept(tmp_path / item.name))
    for name in ("mine", "other"):
        runner.submit(Item(name, "remember"))
    answers = [runner.wait().answer, runner.wait().answer]
    assert [answer.values for answer in answers if answer is not None] == [{"before": 7}, {"before": None}]


def test_what_was_not_begun_is_forgotten_at_the_end():
    runner = InThisProcess(BENCH, KINDS)
    runner.submit(Item("late", "twice", {"number": 1}))
    runner.close()
    with pytest.raises(IndexError):
        runner.wait()
