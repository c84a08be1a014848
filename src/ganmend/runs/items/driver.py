"""Gives a run's items to a runner and writes down what they give; what is written down is never done again."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ganmend.errors import OutputError, UnreadableError
from ganmend.files.json_text import parse_json, to_json
from ganmend.runs.items.item import Answer, Item, Outcome, Runner
from ganmend.runs.items.store import Store

ANSWERS = "items/"  # in a run's store: the values of every item that is done
LARGEST_ANSWER = 1 << 26  # characters; a search's history takes some hundred thousand

Values = Mapping[str, object]
Then = Callable[[Item, Values], Iterable[Item]]


@dataclass
class Tally:
    """How far a stage is.

    Attributes:
        stage: in a word or two.
        total: items, as far as they are known.
        done: items that are written down, those of an earlier process too.
        before: how many of these an earlier process did.
        running: items that the runner has.
        failed: why items failed, by their names.
    """

    stage: str
    total: int
    done: int = 0
    before: int = 0
    running: int = 0
    failed: dict[str, str] = field(default_factory=dict)


Watch = Callable[[Tally], None]


class Driver:
    """The one that gives out items, and alone writes.

    Args:
        runner: does them.
        store: of the run.
        at_once: items that the runner is given at a time: enough that none of its workers waits.
        watch: called after whatever happens.
        on_stored: called with an item whose answer is written down, by this process or an earlier one.
    """

    def __init__(
        self,
        runner: Runner,
        store: Store,
        *,
        at_once: int,
        watch: Watch = lambda tally: None,
        on_stored: Callable[[Item], None] = lambda item: None,
    ) -> None:
        self._runner, self._store, self._at_once = runner, store, at_once
        self._watch, self._on_stored = watch, on_stored
        self._there = set(store.names(ANSWERS))

    def run(self, tally: Tally, items: Iterable[Item], then: Then = lambda item, values: ()) -> Tally:
        """Do all items of a stage; one that fails stops no other.

        Args:
            tally: of the stage, with its total; it is brought up to date.
            items: asked for one after another, as there is room for them.
            then: from an item and its answer's values to items that can be done now; these go before the others.

        Returns:
            The tally.

        Raises:
            OutputError: an answer cannot be written down or read.
        """
        following, left = deque[Item](), iter(items)
        while True:
            while tally.running < self._at_once and (item := _next(following, left)) is not None:
                if _place(item) in self._there:
                    tally.before += 1
                    self._finish(tally, item, following, then)
                else:
                    self._runner.submit(item)
                    tally.running += 1
                    self._watch(tally)
            if not tally.running:
                return tally
            outcome = self._runner.wait()
            tally.running -= 1
            if outcome.answer is None:
                tally.failed[outcome.item.name] = outcome.error
            else:
                self._write(outcome.item, outcome.answer, outcome)
                self._finish(tally, outcome.item, following, then)
            self._watch(tally)

    def _write(self, item: Item, answer: Answer, outcome: Outcome) -> None:
        """Keep an answer; its values come last, and say that all of it is there."""
        for name, content in answer.files.items():
            self._store.put(name, content)
        said = {"seconds": round(outcome.seconds, 3), "values": answer.values}
        self._store.put(_place(item), to_json(said, indent=None).encode())
        self._there.add(_place(item))

    def _finish(self, tally: Tally, item: Item, following: deque[Item], then: Then) -> None:
        self._on_stored(item)
        tally.done += 1
        following.extend(then(item, read_answer(self._store, item.name)))


def read_answer(store: Store, name: str) -> Values:
    """The values of an item that is done.

    Args:
        store: of its run.
        name: of the item.

    Returns:
        Plain values; 'seconds' are in `seconds_of`.

    Raises:
        OutputError: it is not there, or cannot be read.
    """
    return _read(store, name)[0]


def seconds_of(store: Store, name: str) -> float:
    """How long an item that is done took."""
    return _read(store, name)[1]


def _read(store: Store, name: str) -> tuple[Values, float]:
    content = store.get(f"{ANSWERS}{name}.json")
    try:
        said = parse_json((content or b"").decode(), LARGEST_ANSWER)
        assert isinstance(said, dict)
        return said["values"], float(said["seconds"])
    except (UnreadableError, UnicodeDecodeError, AssertionError, KeyError, TypeError) as error:
        raise OutputError(f"the answer {name} of this run is missing or broken; delete it, and resume") from error


def _place(item: Item) -> str:
    return f"{ANSWERS}{item.name}.json"


def _next(following: deque[Item], left: Iterable[Item]) -> Item | None:
    return following.popleft() if following else next(iter(left), None)
