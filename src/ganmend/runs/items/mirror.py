"""A run's store on this machine with a second one elsewhere, so that the run can go on from another machine."""

from pathlib import PurePosixPath
from typing import Any

from ganmend.errors import OutputError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.runs.items.store import Store
from ganmend.runs.record import LARGEST_RECORD, RunRecord, difference


class Mirrored:
    """A `Store` that reads here, and writes there and here.

    Args:
        here: on this machine.
        there: elsewhere.
    """

    def __init__(self, here: Store, there: Store) -> None:
        self._here, self._there = here, there

    def put(self, name: str, content: bytes) -> None:
        """Keep a content in both: see `Store.put`. There comes first: what is here is never done again."""
        self._there.put(name, content)
        self._here.put(name, content)

    def get(self, name: str) -> bytes | None:
        """A content, see `Store.get`."""
        return self._here.get(name)

    def names(self, prefix: str = "") -> list[str]:
        """The names of all contents, see `Store.names`."""
        return self._here.names(prefix)


def mirrored(here: Store, there: Store, asked: RunRecord, record: str, folders: tuple[str, ...]) -> Mirrored:
    """Bring two stores of a run to the same contents, and keep them so.

    Args:
        here: on this machine, with the run's record.
        there: elsewhere; of another machine's attempt, of one of this machine, or empty.
        asked: what is asked for now.
        record: the name of the content that says what was asked for.
        folders: of the contents that both are to have; a name that leads out of them is passed over.

    Returns:
        Both as one store.

    Raises:
        OutputError: there is another run's, or one of them cannot be read or written.
    """
    if (noted := there.get(record)) is None:
        there.put(record, here.get(record) or b"")
    elif (found := difference(RunRecord(_request_in(noted), "", ""), asked)) is not None:
        raise OutputError(f"the --mirror holds a sweep with another {found}; give another one")
    for source, target in ((there, here), (here, there)):
        had = set(target.names())
        for name in source.names():  # sorted: an item's files come before its values, which say that all is there
            parts = PurePosixPath(name).parts
            if name not in had and parts[0] in folders and ".." not in parts:
                target.put(name, source.get(name) or b"")
    return Mirrored(here, there)


def _request_in(noted: bytes) -> Any:
    """The request in a record.

    Args:
        noted: the record's content.

    Returns:
        Plain values.

    Raises:
        OutputError: it is none.
    """
    try:
        return parse_json(noted.decode(), LARGEST_RECORD)["request"]  # type: ignore[index]
    except (UnreadableError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise OutputError("the --mirror holds something else than a sweep; give another one") from error
