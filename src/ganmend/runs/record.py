"""What a run's directory says of the run: what was asked for, what it depends on, and how far it is."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from ganmend.errors import OutputError, UnreadableError
from ganmend.files.json_text import parse_json, read_text, to_json
from ganmend.files.mark import is_marked, mark_planned, marked_files
from ganmend.files.writing import whole_file

RECORD, WORK = "run.json", "work"  # in a run's directory: this record, and the folder of what is not finished
LARGEST_RECORD = 1 << 24  # bytes
KIND = "ganmend-run-1"


@dataclass(frozen=True)
class RunRecord:
    """A run as its directory tells it.

    Attributes:
        request: what was asked for, as plain values; its paths are seen from `folder`.
        command: that began it, as it was typed; '' where nothing was.
        folder: that it was begun in.
        facts: fingerprints of what the request's names stood for, by what they are of; empty before all is loaded.
        found: whether the search is done, so that only the verdict is missing.
        complete: whether nothing is missing.
        interrupted: whether it was ended before its time, by a user or the system.
    """

    request: Mapping[str, object]
    command: str = ""
    folder: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    found: bool = False
    complete: bool = False
    interrupted: bool = False

    def text(self, kind: str = KIND) -> str:
        """What the file of a record of some kind holds."""
        return to_json({"kind": kind, **asdict(self)}) + "\n"

    def write(self, directory: Path) -> None:
        """Put it into a directory of ganmend's, where it replaces an older one in one step.

        Args:
            directory: that is there, and marked.

        Raises:
            OutputError: it cannot be written.
        """
        names = marked_files(directory) or set()
        if RECORD not in names:
            mark_planned(directory, names | {RECORD})
        with whole_file(directory / RECORD) as partial:
            partial.write_text(self.text())

    @classmethod
    def read(cls, directory: Path) -> "RunRecord | None":
        """What a directory says.

        Args:
            directory: any place.

        Returns:
            The record; None of a place that ganmend did not write, or that holds no run.
        """
        return read_record(directory, RECORD, KIND)


def read_record(directory: Path, name: str, kind: str) -> RunRecord | None:
    """The record of a run of some kind.

    Args:
        directory: any place.
        name: of the record's file.
        kind: that it says it is of.

    Returns:
        The record; None of a place that ganmend did not write, or that holds no run of the kind.
    """
    try:
        content = parse_json(read_text(directory / name, LARGEST_RECORD), LARGEST_RECORD)
    except UnreadableError:
        return None
    if not isinstance(content, dict) or content.pop("kind", None) != kind or not is_marked(directory):
        return None
    kinds = {entry.name: entry.type if entry.type in (str, bool) else dict for entry in fields(RunRecord)}
    whole = content.keys() == kinds.keys() and all(type(content[name]) is expected for name, expected in kinds.items())
    return RunRecord(**content) if whole else None


def unfinished_run(directory: Path) -> RunRecord | None:
    """The run in a directory that is not complete; None of every other place."""
    record = RunRecord.read(directory)
    return None if record is None or record.complete else record


def goes_on(directory: Path, asked: RunRecord, *, overwrite: bool) -> bool:
    """Whether a directory holds a part of the run that is asked for now.

    Args:
        directory: where the run is to be.
        asked: for now.
        overwrite: whether what stands there may be replaced.

    Returns:
        False too where nothing stands there, or what may be replaced.

    Raises:
        OutputError: it holds a part of another run, which is not to be replaced; it says what differs.
    """
    began = unfinished_run(directory)
    if began is None:
        return False
    if (found := difference(began, asked)) is None:
        return True
    if overwrite:
        return False
    raise OutputError(
        f"{directory} holds an unfinished run with another {found}; go on with that one by ganmend resume {directory}, "
        "give another --out, or --overwrite to begin anew"
    )


def difference(began: RunRecord, asked: RunRecord) -> str | None:
    """The first thing in which two runs differ, such as 'seed (0, now 1)'; None where they are the same.

    Facts that one of them does not know yet are not compared, and neither is the memory that a search may take: it
    changes no result.
    """
    for before, now in ((began.request, asked.request), (began.facts, asked.facts)):
        mine, other = (_flat(parse_json(to_json(values), LARGEST_RECORD)) for values in (before, now))
        for name in (*mine, *(name for name in other if name not in mine)):
            if mine and other and name != "config.memory" and mine.get(name) != other.get(name):
                return f"{name} ({_short(mine.get(name))}, now {_short(other.get(name))})"
    return None


@contextmanager
def in_folder(folder: str) -> Iterator[None]:
    """Be in the folder that a run was begun in, which its paths are seen from.

    Args:
        folder: that it was begun in.

    Yields:
        Nothing.

    Raises:
        OutputError: it cannot be entered.
    """
    before = Path.cwd()
    try:
        os.chdir(folder)
    except OSError as error:
        raise OutputError(
            f"the run was begun in {folder}, which cannot be entered ({error.strerror}); "
            "give the command that began it again, from where its files are now"
        ) from error
    try:
        yield
    finally:
        os.chdir(before)


def _flat(content: object, prefix: str = "") -> dict[str, object]:
    """Nested plain values by their names, such as 'config.steps'."""
    if not isinstance(content, dict):
        return {prefix: content}
    found: dict[str, object] = {} if content or not prefix else {prefix: {}}
    for name, value in content.items():
        found |= _flat(value, f"{prefix}.{name}" if prefix else name)
    return found


def _short(value: object) -> str:
    text = "none" if value is None or value == "" else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
