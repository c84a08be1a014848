"""A folder of samples: it says what it was asked for, so that a drawing that was interrupted can be gone on with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ganmend.errors import OutputError, UnreadableError
from ganmend.files.directories import link_or_copy
from ganmend.files.json_text import parse_json, read_text, to_json
from ganmend.files.mark import is_marked
from ganmend.files.writing import whole_file

RECORD = "samples.json"
LARGEST_RECORD = 1 << 26  # bytes; a thousand classes take some hundred thousand


@dataclass(frozen=True)
class SampleRecord:
    """What a folder of samples was asked for.

    Attributes:
        request: all that the pictures depend on, as plain values: equal requests draw equal pictures.
        facts: what else is worth knowing, such as the command.
        complete: whether all of it is there.
    """

    request: Mapping[str, object]
    facts: Mapping[str, object]
    complete: bool

    def write(self, folder: Path) -> None:
        """Put it into a folder."""
        with whole_file(folder / RECORD) as partial:
            partial.write_text(to_json(self.as_dict()) + "\n")

    def as_dict(self) -> dict[str, object]:
        """Plain values by name, for JSON."""
        return {"request": dict(self.request), **self.facts, "complete": self.complete}


def interrupted_record(folder: Path) -> dict[str, object] | None:
    """What a folder says that holds a part of what it was asked for; None of every other place."""
    try:
        content = parse_json(read_text(folder / RECORD, LARGEST_RECORD), LARGEST_RECORD) if is_marked(folder) else None
    except UnreadableError:
        return None
    return content if isinstance(content, dict) and content.get("complete") is False else None


def goes_on(folder: Path, request: Mapping[str, object], *, overwrite: bool) -> bool:
    """Whether a folder holds a part of what is asked for now.

    Args:
        folder: where samples are to go.
        request: what is asked for.
        overwrite: whether what stands there may be replaced.

    Returns:
        False too where nothing stands there, or what may be replaced.

    Raises:
        OutputError: it holds a part of something else, which is not to be replaced.
    """
    record = interrupted_record(folder)
    if record is None:
        return False
    if is_part_of(folder, request):
        return True
    if overwrite:
        return False
    raise OutputError(
        f"{folder} holds an interrupted run of another command ({record.get('command')!s:.200}); give that one again, "
        "another --out, or --overwrite to begin anew"
    )


def is_part_of(folder: Path, request: Mapping[str, object]) -> bool:
    """Whether a folder holds a part of what is asked for, and not all of it."""
    record = interrupted_record(folder)
    return record is not None and record.get("request") == parse_json(to_json(request), LARGEST_RECORD)


def take_over(old: Path, new: Path) -> None:
    """Bring the pictures of an interrupted folder into the one that is to replace it; they take no place twice."""
    for picture in sorted(old.glob("*/*.png")):
        place = new / picture.relative_to(old)
        place.parent.mkdir(exist_ok=True)
        if place.exists():  # a run that was killed had taken it over
            continue
        link_or_copy(picture, place)
