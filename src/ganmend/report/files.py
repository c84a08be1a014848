"""The result directory: built beside its place, then renamed, so that it is whole or absent."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ganmend.errors import OutputError
from ganmend.report.grids import image_grid, labelled
from ganmend.report.page import Edit, render_page


@dataclass(frozen=True)
class ResultFiles:
    """What a result directory is made of; images (N, 3, H, W) in [-1, 1]."""

    title: str
    metrics: Mapping[str, object]
    config: Mapping[str, object]
    history: list[dict[str, float | int]]
    before: Tensor
    after: Tensor


def check_writable(directory: Path, overwrite: bool) -> None:
    """Fail before the expensive part.

    Raises:
        OutputError: the directory exists and is not to be overwritten, or its place cannot be written.
    """
    if directory.exists() and not overwrite:
        raise OutputError(f"{directory} exists; give another --out, or --overwrite to replace it")
    if directory.exists() and not directory.is_dir():
        raise OutputError(f"{directory} is a file; expected a directory to write to")
    parent = next(folder for folder in directory.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise OutputError(f"{parent} is not writable; give another --out")


def write_directory(directory: Path, fill: Callable[[Path], None], *, overwrite: bool) -> Path:
    """Let `fill` write into a temporary sibling, then move it to `directory`.

    Raises:
        OutputError: see `check_writable`, or the disk is full.
    """
    check_writable(directory, overwrite)
    directory = directory.absolute()
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
        try:
            fill(partial)
            partial.chmod(0o755)
            if directory.exists():
                shutil.rmtree(directory)
            os.replace(partial, directory)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {directory}: {error.strerror}; give another --out") from error
    return directory


def write_result(
    directory: Path, files: ResultFiles, save_embedding: Callable[[Path], None], *, overwrite: bool
) -> Path:
    """Write embedding, metrics, settings, history, pictures and page.

    Raises:
        OutputError: see `write_directory`.
    """
    comparison = labelled({"before": image_grid(files.before), "after": image_grid(files.after)})

    def fill(folder: Path) -> None:
        save_embedding(folder / "embedding.safetensors")
        for name, content in (("metrics.json", files.metrics), ("config.json", files.config)):
            (folder / name).write_text(json.dumps(content, indent=1) + "\n")
        (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in files.history))
        comparison.save(folder / "before_after.png")
        image_grid(files.after).save(folder / "samples.png")
        edit = Edit(files.title, comparison, _verdict(files, "before"), _verdict(files, "after"))
        (folder / "report.html").write_text(render_page(files.title, [edit], files.config))

    return write_directory(directory, fill, overwrite=overwrite)


def _verdict(files: ResultFiles, which: str) -> Mapping[str, float | int | None]:
    verdict = files.metrics.get(which, {})
    assert isinstance(verdict, Mapping)
    return verdict
