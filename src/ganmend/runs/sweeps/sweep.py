"""Many classes mended: from what a request says to an answer for each of its classes, whoever computes them."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ganmend.errors import GanmendError, OptionError
from ganmend.files.json_text import parse_json, to_json
from ganmend.runs.items.driver import LARGEST_ANSWER, Driver, Tally, Values, read_answer, seconds_of
from ganmend.runs.items.item import Item, Runner
from ganmend.runs.items.store import Store
from ganmend.runs.record import RunRecord, difference
from ganmend.runs.sweeps.request import AUTO, SweepRequest, worst_of

PLAN, CLASSES = "plan.json", "classes"  # in a sweep's store: what it turned out to be, and the results by class
DIAGNOSED_ON = 200  # samples of a class, of which its mark says enough


@dataclass(frozen=True)
class SweptClass:
    """One class of a sweep, and what became of it.

    Attributes:
        name: the class's, as no other of the generator is called.
        target: as its request names it.
        row: the generator's; None of a class that it does not have.
        folder: of its result, in `CLASSES`.
        mark: what ails it: 'collapsed', 'off-class', 'biased' or ''; '' too where nobody asked.
        task: that mends it; '' of a class that is healthy.
        answer: of its verdict, see `sweeps.items.judge`; None of one that is healthy, or failed.
        failed: why it could not be mended, or ''.
        seconds: that all its items took.
    """

    name: str
    target: str
    row: int | None
    folder: str
    mark: str = ""
    task: str = ""
    answer: Values | None = None
    failed: str = ""
    seconds: float = 0.0


class Sweep:
    """The items of one request, in the order in which they can be done.

    Args:
        request: what is asked for.
        driver: does items, and writes their answers into the store.
        store: of the run.
        command: as it was typed, for the results.
        plan: what the request turned out to be, see `sweeps.plan.plan`.
    """

    def __init__(self, request: SweepRequest, driver: Driver, store: Store, command: str, plan: Values) -> None:
        self._request, self._driver, self._store, self._command = request, driver, store, command
        self._plan: Any = plan

    def run(self) -> list[SweptClass]:
        """Do all that is not done.

        Returns:
            All classes that were asked for, in the order of the request.

        Raises:
            GanmendError: the run cannot go on; what is done is kept.
        """
        classes = [SweptClass(**named) for named in self._plan["classes"]]
        classes = self._diagnosed(classes) if self._plan["diagnosed"] else self._to_do(classes)
        return self._mended(classes)

    def _to_do(self, classes: list[SweptClass]) -> list[SweptClass]:
        return [replace(one, task=self._request.task) for one in classes]

    def _diagnosed(self, classes: list[SweptClass]) -> list[SweptClass]:
        """Find out what ails the classes.

        Args:
            classes: all that are meant.

        Returns:
            The classes with their marks, and the tasks that mend them; of 'worst:N' the N sickest.

        Raises:
            GanmendError: no class can be judged.
        """
        rows = self._plan["diagnosed"]
        n = min(DIAGNOSED_ON, self._request.samples)
        items = {row: Item(f"diagnosis/{row:05}", "diagnose", {"row": row, "n": n}) for row in rows}
        tally = self._driver.run(Tally("diagnosing", len(items)), items.values())
        failed = {row: tally.failed[item.name] for row, item in items.items() if item.name in tally.failed}
        verdicts = {str(row): read_answer(self._store, items[row].name) for row in rows if row not in failed}
        wanted = [one.row for one in classes]
        known = {"verdicts": verdicts, "compared": self._plan["compared"], "wanted": wanted}
        # Of a class that failed nothing is known yet: marks without it are other marks.
        name = "marks" if not failed else f"marks without {_digest(sorted(failed))}"
        tally = self._driver.run(Tally("marking", 1), [Item(name, "mark", known)])
        if tally.failed:
            raise GanmendError(tally.failed[name])
        marks: Any = read_answer(self._store, name)
        found = [self._marked(one, marks.get(str(one.row)), failed.get(one.row or 0, "")) for one in classes]
        if not (n_worst := worst_of(self._request.classes)):
            return found
        severity = {one.name: marks[str(one.row)]["severity"] for one in found if str(one.row) in marks}
        sick = [one for one in found if one.task]
        return sorted(sick, key=lambda one: -severity.get(one.name, 0.0))[:n_worst]

    def _marked(self, one: SweptClass, found: Any, failed: str) -> SweptClass:
        if found is None:
            return replace(one, failed=failed or "it was not diagnosed")
        wanted = self._request.task in (AUTO, found["task"])
        return replace(one, mark=found["mark"], task=found["task"] if wanted else "")

    def _mended(self, classes: list[SweptClass]) -> list[SweptClass]:
        """The classes with what became of them."""
        searched = _Searched(self._request, self._store, self._command)
        to_do = [(number, one) for number, one in enumerate(classes) if one.task and not one.failed]
        groups = len(self._request.groups)
        tally = Tally("mending", len(to_do) * (groups + 1))
        searched.left = {_key(number, one): groups for number, one in to_do}
        searched.classes = {_key(number, one): one for number, one in to_do}
        self._driver.run(tally, searched.items(), searched.then)
        return [self._ended(_key(number, one), one, tally) for number, one in enumerate(classes)]

    def _ended(self, key: str, one: SweptClass, tally: Tally) -> SweptClass:
        if not one.task or one.failed:
            return one
        names = [_search_name(key, group) for group in range(len(self._request.groups))] + [f"judge/{key}"]
        if reasons := [tally.failed[name] for name in names if name in tally.failed]:
            return replace(one, failed=reasons[0])
        seconds = sum(seconds_of(self._store, name) for name in names)
        return replace(one, answer=read_answer(self._store, f"judge/{key}"), seconds=seconds)


class _Searched:
    """The searches of all classes, and the verdicts that follow once all groups of a class's trials are done."""

    def __init__(self, request: SweepRequest, store: Store, command: str) -> None:
        self._request, self._store, self._command = request, store, command
        self._asked = request.as_dict()
        self.left: dict[str, int] = {}
        self.classes: dict[str, SweptClass] = {}

    def items(self) -> Iterator[Item]:
        """The searches: class by class, so that verdicts come early."""
        for key in self.classes:
            for group, (first, last) in enumerate(self._request.groups):
                trials = {"first": first, "last": last, "edit": _edit(key, group)}
                yield Item(_search_name(key, group), "search", {**self._of_class(key), **trials})

    def then(self, item: Item, values: Values) -> Iterable[Item]:
        """The verdict on a class whose last group of trials has just been done."""
        kind, key = item.name.split("/")[:2]
        if kind != "search":
            return
        self.left[key] -= 1
        if not self.left[key]:
            yield self._verdict(key)

    def _verdict(self, key: str) -> Item:
        found = [read_answer(self._store, _search_name(key, group)) for group in range(len(self._request.groups))]
        scores: list[float] = [values["score"] for values in found]  # type: ignore[misc]
        edit = self._store.get(_edit(key, scores.index(max(scores))))
        folder = f"{CLASSES}/{self.classes[key].folder}"
        best = {"found": found, "edit": edit, "command": self._command, "folder": folder}
        return Item(f"judge/{key}", "judge", {**self._of_class(key), **best})

    def _of_class(self, key: str) -> dict[str, object]:
        one = self.classes[key]
        return {"sweep": self._asked, "task": one.task, "target": one.target}


def planned(request: SweepRequest, runner: Runner, before: Values | None) -> Values:
    """What a request turns out to be; where the run has begun, it must be what it was then.

    Args:
        request: of the sweep.
        runner: looks it up.
        before: what it was when the run began, if it has.

    Returns:
        See `sweeps.plan.plan`.

    Raises:
        GanmendError: something cannot be had.
        OptionError: it is not what it was; the message says what differs.
    """
    runner.submit(Item("plan", "plan", {"sweep": request.as_dict()}))
    outcome = runner.wait()
    if outcome.answer is None:
        raise GanmendError(outcome.error)
    now: Any = parse_json(to_json(outcome.answer.values), LARGEST_ANSWER)
    if before is not None and (found := difference(RunRecord(before), RunRecord(now))) is not None:
        raise OptionError(f"this sweep was begun with another {found}; bring that back, or give another --out")
    return now  # type: ignore[no-any-return]


def plan_in(store: Store) -> Values | None:
    """The plan of a run that has begun; None of one that has not."""
    content = store.get(PLAN)
    return None if content is None else parse_json(content.decode(), LARGEST_ANSWER)  # type: ignore[return-value]


def _digest(rows: list[int]) -> str:
    return hashlib.sha256(str(rows).encode()).hexdigest()[:8]


def _key(number: int, one: SweptClass) -> str:
    """Of a class among the names of items: its row, or of a new class its place in the list."""
    return f"new-{number:05}" if one.row is None else f"{one.row:05}"


def _search_name(key: str, group: int) -> str:
    return f"search/{key}/{group}"


def _edit(key: str, group: int) -> str:
    return f"items/search/{key}/{group}.safetensors"
