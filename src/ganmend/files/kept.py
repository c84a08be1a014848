"""What a stage has finished, kept in a directory as it goes, so that a run that was killed does not do it again."""

import time
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ganmend.errors import UnreadableError
from ganmend.files.json_text import parse_json, read_text, to_json
from ganmend.files.paths import file_name
from ganmend.files.safetensors_file import read_safetensors, write_safetensors
from ganmend.files.writing import told_of, whole_file

KEEP_EVERY = 10.0  # seconds between two writings of what is finished
LARGEST_VALUE = 1 << 24  # bytes; the figures of a class take some thousand


class Kept:
    """Values and tensors by name, each a file; one that is missing or cannot be read counts as not kept.

    Whoever gives out the directory sees to it that all of it depends on the same things: names say nothing of them.

    Args:
        folder: that they lie in, made when the first is written, in one that is there; None keeps nothing.
        every: seconds between two writings of rows.
    """

    def __init__(self, folder: Path | None, every: float = KEEP_EVERY) -> None:
        self.folder, self.every = folder, every
        self._waiting: dict[str, list[Mapping[str, Tensor]]] = {}
        self._written_at = time.monotonic()

    def value(self, name: str) -> object | None:
        """A value that was put, or None."""
        if self.folder is None:
            return None
        try:
            return parse_json(read_text(self._path(name, "json"), LARGEST_VALUE), LARGEST_VALUE)
        except UnreadableError:
            return None

    def put(self, name: str, value: object) -> None:
        """Keep a plain value, from now on.

        Args:
            name: of the value.
            value: dictionaries, lists, text, finite numbers.

        Raises:
            OutputError: it cannot be written.
        """
        if self.folder is not None:
            with whole_file(self._place(name, "json")) as partial:
                partial.write_text(to_json(value) + "\n")

    def tensors(self, name: str) -> dict[str, Tensor] | None:
        """Tensors that were put, by name, or None."""
        return None if self.folder is None else _read(self._path(name, "safetensors"))

    def put_tensors(self, name: str, tensors: Mapping[str, Tensor]) -> None:
        """Keep tensors, from now on.

        Args:
            name: of all of them.
            tensors: by name.

        Raises:
            OutputError: they cannot be written.
        """
        if self.folder is not None:
            # Copies: the format refuses tensors that share memory.
            whole = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()}
            with whole_file(self._place(name, "safetensors")) as partial:
                write_safetensors(partial, whole)

    def rows(self, name: str) -> dict[str, Tensor]:
        """All rows that were added and written, in their order; {} where there are none.

        Args:
            name: of the rows.

        Returns:
            Tensors (rows, ...) by name.
        """
        self._waiting.pop(name, None)
        parts: list[dict[str, Tensor]] = []
        while (part := self.tensors(f"{name}-{len(parts):05}")) is not None:
            parts.append(part)
        for number in range(len(parts), self._parts(name)):  # broken, or after a broken one
            self._path(f"{name}-{number:05}", "safetensors").unlink(missing_ok=True)
        return {key: torch.cat([part[key] for part in parts]) for key in parts[0]} if parts else {}

    def add(self, name: str, rows: Mapping[str, Tensor]) -> None:
        """Add rows; they are written when `every` seconds have passed since the last writing, those before them too.

        Args:
            name: of the rows; `rows` was asked for what is there already.
            rows: tensors (rows, ...) by name, the same names each time.

        Raises:
            OutputError: they cannot be written.
        """
        if self.folder is None:
            return
        self._waiting.setdefault(name, []).append(rows)
        if time.monotonic() - self._written_at >= self.every:
            self.write_rows()

    def write_rows(self) -> None:
        """Write all rows that wait for it.

        Raises:
            OutputError: they cannot be written.
        """
        for name, waiting in self._waiting.items():
            together = {key: torch.cat([rows[key] for rows in waiting]) for key in waiting[0]}
            self.put_tensors(f"{name}-{self._parts(name):05}", together)
        self._waiting.clear()
        self._written_at = time.monotonic()

    def forget(self, name: str) -> None:
        """Delete rows that what came of them has made useless."""
        self._waiting.pop(name, None)
        for number in range(self._parts(name)):
            self._path(f"{name}-{number:05}", "safetensors").unlink(missing_ok=True)

    def _parts(self, name: str) -> int:
        if self.folder is None:
            return 0
        number = 0
        while self._path(f"{name}-{number:05}", "safetensors").exists():
            number += 1
        return number

    def _path(self, name: str, kind: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{file_name(name)}.{kind}"

    def _place(self, name: str, kind: str) -> Path:
        path = self._path(name, kind)
        with told_of(path.parent):
            path.parent.mkdir(exist_ok=True)  # not those above: a run's directory that was deleted is not to come back
        return path


NOTHING_KEPT = Kept(None)


def _read(path: Path) -> dict[str, Tensor] | None:
    if not path.is_file():
        return None
    try:
        tensors, _ = read_safetensors(path)
    except UnreadableError:
        return None
    return {name: tensor.clone() for name, tensor in tensors.items()}  # not mapped: the file may go
