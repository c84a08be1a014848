"""A driver: what is written down is never done again, and what follows from an answer is done."""

import json
from pathlib import Path

import pytest

from ganmend.errors import OptionError, OutputError
from ganmend.runs.items.driver import Driver, Tally, read_answer, seconds_of
from ganmend.runs.items.item import Answer, InThisProcess, Item
from ganmend.runs.items.store import LocalStore

done: list[str] = []


def square(bench, arguments, kept):
    done.append(f"square {arguments['number']}")
    return Answer({"squared": arguments["number"] ** 2}, {f"files/{arguments['number']}": b"content"})


def refuse(bench, arguments, kept):
    done.append("refuse")
    raise OptionError("no such number")


@pytest.fixture(autouse=True)
def nothing_done():
    done.clear()


def numbers(*of: int) -> list[Item]:
    return [Item(f"square/{number}", "square", {"number": number}) for number in of]


def driver(folder: Path, at_once: int = 2, **options) -> Driver:
    runner = InThisProcess(None, {"square": square, "refuse": refuse})
    return Driver(runner, LocalStore(folder), at_once=at_once, **options)


def test_answers_are_written_whole_and_never_computed_again(tmp_path):
    first = driver(tmp_path).run(Tally("squaring", 2), numbers(2, 3))
    assert (first.done, first.before, first.running, first.failed) == (2, 0, 0, {})
    second = driver(tmp_path).run(Tally("squaring", 3), numbers(2, 3, 4))
    assert (second.done, second.before) == (3, 2)
    assert done == ["square 2", "square 3", "square 4"]
    store = LocalStore(tmp_path)
    assert read_answer(store, "square/3") == {"squared": 9}
    assert store.get("files/3") == b"content"
    assert seconds_of(store, "square/3") >= 0


def test_files_without_their_answer_are_done_again(tmp_path):
    store = LocalStore(tmp_path)
    store.put("files/2", b"of a driver that was killed")
    driver(tmp_path).run(Tally("squaring", 1), numbers(2))
    assert (done, store.get("files/2")) == (["square 2"], b"content")


def test_what_follows_from_an_answer_comes_first_and_from_a_stored_one_too(tmp_path):
    def then(item, values):
        return numbers(values["squared"]) if values["squared"] < 20 else ()

    for _ in range(2):
        tally = driver(tmp_path, at_once=1).run(Tally("squaring", 4), numbers(2, 3), then)
        assert (tally.done, tally.failed) == (5, {})
    assert done == ["square 2", "square 4", "square 16", "square 3", "square 9"]


def test_an_item_that_fails_stops_no_other_and_is_tried_again_by_the_next_driver(tmp_path):
    items = [Item("bad", "refuse"), *numbers(2)]
    for _ in range(2):
        tally = driver(tmp_path).run(Tally("squaring", 2), items)
        assert (tally.done, tally.failed) == (1, {"bad": "no such number"})
    assert done == ["refuse", "square 2", "refuse"]


def test_no_more_items_are_asked_for_than_there_is_room_for(tmp_path):
    asked = []

    def items():
        for item in numbers(*range(6)):
            asked.append((item.arguments["number"], len(done)))
            yield item

    driver(tmp_path, at_once=2).run(Tally("squaring", 6), items())
    assert asked == [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3), (5, 4)]


def test_whoever_watches_sees_how_far_it_is(tmp_path):
    seen, stored = [], []
    made = driver(
        tmp_path,
        watch=lambda tally: seen.append((tally.running, tally.done)),
        on_stored=lambda item: stored.append(item.name),
    )
    made.run(Tally("squaring", 2), numbers(2, 3))
    assert seen == [(1, 0), (2, 0), (1, 1), (0, 2)]
    assert stored == ["square/2", "square/3"]


class Killed(BaseException):
    """Ends a driver between two of its operations, as SIGKILL does: nothing catches it."""


class DyingStore(LocalStore):
    """Dies before, or just after, its n-th content is kept."""

    def __init__(self, folder: Path, n: int, after: bool) -> None:
        super().__init__(folder)
        self.left, self.after = n, after

    def put(self, name: str, content: bytes) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        super().put(name, content)
        if self.left == 0:
            raise Killed


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("n", range(1, 7))
def test_killed_at_any_write_it_is_gone_on_with_to_the_same_end(n, after, tmp_path):
    runner = InThisProcess(None, {"square": square})
    with pytest.raises(Killed):
        Driver(runner, DyingStore(tmp_path, n, after), at_once=2).run(Tally("squaring", 3), numbers(2, 3, 4))
    written = LocalStore(tmp_path).names("items/")
    assert len(written) == (n - 1 + after) // 2  # an item's file first, its answer last
    before = len(done)
    driver(tmp_path).run(Tally("squaring", 3), numbers(2, 3, 4))
    assert len(done) - before == 3 - len(written)  # nothing that was written down is done again
    store = LocalStore(tmp_path)
    assert [read_answer(store, f"square/{number}")["squared"] for number in (2, 3, 4)] == [4, 9, 16]
    assert [store.get(f"files/{number}") for number in (2, 3, 4)] == [b"content"] * 3


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"values": {}}', json.dumps({"seconds": 1}).encode()])
def test_a_broken_answer_is_told_with_what_to_do(content, tmp_path):
    LocalStore(tmp_path).put("items/square/2.json", content)
    with pytest.raises(OutputError, match=r"the answer square/2 of this run is missing or broken; delete it"):
        driver(tmp_path).run(Tally("squaring", 1), numbers(2))
