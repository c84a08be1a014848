"""What the items of a sweep do: each is a pure function of a bench and plain values, wherever it is computed."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ganmend.edits.class_edit import class_row
from ganmend.edits.edit_file import FILE_NAME, load_edit
from ganmend.errors import GanmendError
from ganmend.files.kept import Kept
from ganmend.metrics.judging import judge_edit
from ganmend.metrics.verdict import Verdict
from ganmend.runs.items.item import Answer, Kind
from ganmend.runs.sweeps.plan import plan
from ganmend.runs.sweeps.request import SweepRequest
from ganmend.search.config import SearchConfig
from ganmend.search.state import SearchState
from ganmend.workbench.class_meant import known_to
from ganmend.workbench.diagnosis import SEED
from ganmend.workbench.marks import marked_by, medians_of
from ganmend.workbench.mending import searched
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult
from ganmend.workbench.workbench import Workbench

STATE = "state.safetensors"
SAVE_EVERY = 5.0  # seconds between two writings of a search's state


def diagnose(bench: Workbench, arguments: Mapping[str, Any], kept: Kept) -> Answer:
    """The judge's verdict on a class as it is: 'row' of the class table, on 'n' samples."""
    generator, scorer = bench.generator, bench.judge or bench.classifier
    target = known_to(scorer, arguments["row"], generator.class_names)
    assert target is not None  # the plan asks for no others
    reference = bench.real.references(scorer)(scorer.class_names[target])
    edit = class_row(generator, arguments["row"])
    n = arguments["n"]
    verdict = judge_edit(generator, edit, scorer, target, reference, n=n, seed=SEED, intervals=False, kept=kept)
    return Answer(verdict.as_dict())


def mark(bench: Workbench, arguments: Mapping[str, Any], kept: Kept) -> Answer:
    """What ails each of the 'wanted' rows, by 'verdicts' on these and on the 'compared' rows, whose median counts."""
    verdicts = {int(row): Verdict.from_dict(values) for row, values in arguments["verdicts"].items()}
    medians = medians_of(verdicts[row] for row in arguments["compared"] if row in verdicts)
    marked = {}
    for row in arguments["wanted"]:
        if row in verdicts:
            found = marked_by(row, bench.generator.class_names[row], verdicts[row], medians)
            marked[str(row)] = {"mark": found.mark, "severity": found.severity, "task": found.task}
    return Answer(marked)


def search(bench: Workbench, arguments: Mapping[str, Any], kept: Kept) -> Answer:
    """The best of a class's trials 'first' to before 'last', not judged yet.

    Args:
        bench: of the request.
        arguments: the request of the 'sweep', 'task' and 'target' of the class, its trials, and as 'edit' the name of
            the file that the edit is to be.
        kept: where the search's state is, for an item that is done again.

    Returns:
        What a result needs beside the edit.

    Raises:
        GanmendError: the class cannot be mended.
        KeyboardInterrupt: the search was ended before its time.
    """
    request, first = _request_of(arguments), arguments["first"]
    state = _State(kept)
    result = searched(
        bench.job(request.task, request.target, kept=kept),
        request.preset,
        request.config,
        request.seed,
        state=state.before(),
        on_state=state.keep,
        trials=slice(first, arguments["last"]),
        kept=kept,
    )
    if result.interrupted:
        state.write()
        raise KeyboardInterrupt
    history = [record | {"trial": int(record["trial"]) + first} for record in result.history]
    values = {
        "score": _score(result),
        "before": result.before_index,
        "config": result.config.as_dict(),
        "history": history,
        "seconds": result.seconds,
        "harm": list(result.harm),
        "notes": list(result.notes),
        "made": dict(result.made),
    }
    with tempfile.TemporaryDirectory() as folder:
        result.after.save(Path(folder) / FILE_NAME)
        return Answer(values, {arguments["edit"]: (Path(folder) / FILE_NAME).read_bytes()})


def _request_of(arguments: Mapping[str, Any]) -> MendRequest:
    return SweepRequest.from_dict(arguments["sweep"]).of_class(arguments["task"], arguments["target"])


def _score(result: MendResult) -> float:
    """The best trial's validation objective, by which its state was chosen: see `SearchResult.scores`."""
    last = max((record["step"] for record in result.history), default=0)
    counts = [record for record in result.history if result.config.keep == "best" or record["step"] == last]
    return max((float(record["objective"]) for record in counts), default=0.0)


def judge(bench: Workbench, arguments: Mapping[str, Any], kept: Kept) -> Answer:
    """The verdict on the best of a class's trials, and its result directory.

    Args:
        bench: of the request.
        arguments: the request of the 'sweep', 'task' and 'target' of the class; 'found', the answers of all its groups
            of trials, and 'edit', the file of the best one's; 'command' that was typed; 'folder', whose name the files'
            names begin with.
        kept: where what was drawn is, for an item that is done again.

    Returns:
        What a sweep's table needs; and the files of the result directory.

    Raises:
        GanmendError: the class cannot be judged.
        KeyboardInterrupt: it was ended before its time.
    """
    request = _request_of(arguments)
    found = _together(bench, request, arguments["found"], arguments["edit"])
    result = request.run(bench, found=found, kept=kept)
    if result.interrupted:
        raise KeyboardInterrupt
    result.request, result.command = request.as_dict(), arguments["command"]
    values: dict[str, object] = {"harm": list(result.harm), "notes": list(result.notes), "seconds": result.seconds}
    if result.verdict is not None:
        before, after = result.verdict.before.as_dict(), result.verdict.after.as_dict()
        values |= {"before": before, "after": after, "outcome": result.verdict.outcome, "judge": result.verdict.judge}
        values |= {"doubts": list(result.verdict.doubts)}
    return Answer(values, _files_of(result, arguments["folder"]))


def _together(bench: Workbench, request: MendRequest, found: Sequence[Mapping[str, Any]], edit: bytes) -> MendResult:
    """The result of a search whose groups of trials were searched one by one."""
    best = max(found, key=lambda values: values["score"])  # the first of equals
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE_NAME).write_bytes(edit)
        after = load_edit(Path(folder) / FILE_NAME)
    return MendResult(
        task=request.task,
        target=after.target,
        before_index=best["before"],
        before=class_row(bench.generator, best["before"]),
        after=after,
        classifier=bench.searching.name,
        preset=request.preset,
        config=SearchConfig(**best["config"]),
        seed=request.seed,
        history=sorted((record for values in found for record in values["history"]), key=lambda record: record["step"]),
        seconds=sum(values["seconds"] for values in found),
        generator=bench.generator,
        harm=tuple(best["harm"]),
        notes=tuple(best["notes"]),
        made=best["made"],
    )


def _files_of(result: MendResult, name: str) -> dict[str, bytes]:
    """The files of a result directory by their names under `name`."""
    with tempfile.TemporaryDirectory() as folder:
        directory = result.save(Path(folder) / "result")
        return {f"{name}/{path.relative_to(directory)}": path.read_bytes() for path in directory.rglob("*")}


class _State:
    """A search's state where it is kept, if anything is."""

    def __init__(self, kept: Kept) -> None:
        self._path = None if kept.folder is None else kept.folder / STATE
        self._latest: SearchState | None = None
        self._written_at = time.monotonic()

    def before(self) -> SearchState | None:
        """Of an attempt that was ended; None where there is none that can be read."""
        if self._path is not None:
            with suppress(GanmendError):
                return SearchState.load(self._path)
        return None

    def keep(self, state: SearchState) -> None:
        """Note a state, and write it down where the last one is some seconds old."""
        self._latest = state
        if time.monotonic() - self._written_at >= SAVE_EVERY:
            self.write()

    def write(self) -> None:
        """Write the latest state down."""
        if self._path is not None and self._latest is not None:
            self._path.parent.mkdir(exist_ok=True)
            self._latest.save(self._path)
            self._written_at = time.monotonic()


KINDS: Mapping[str, Kind] = MappingProxyType(
    {"plan": plan, "diagnose": diagnose, "mark": mark, "search": search, "judge": judge}
)
