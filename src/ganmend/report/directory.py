"""What a result directory holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ganmend.edits.edit_file import FILE_NAME
from ganmend.files.directories import write_directory
from ganmend.files.json_text import to_json
from ganmend.report.grids import labelled
from ganmend.report.page import Edit, render_page
from ganmend.report.tiles import strip

CONFIG, METRICS, HISTORY = "config.json", "metrics.json", "history.jsonl"
PICTURE, AFTER_PICTURE, NEAREST = "before_after.png", "samples.png", "nearest.png"
PHOTOGRAPHS = "photographs.png"


@dataclass(frozen=True)
class ResultFiles:
    """What the files of a result directory are made of.

    Attributes:
        edit: for the page; its photographs and nearest ones have files of their own too.
        facts: by name, what it takes to make the same again, for the page.
        metrics: for metrics.json.
        config: for config.json, and shown on the page.
        history: for history.jsonl, one record a line.
        pictures: grids of samples by caption, for before_after.png; the last, after, for samples.png too.
    """

    edit: Edit
    facts: Mapping[str, object]
    metrics: Mapping[str, object]
    config: Mapping[str, object]
    history: list[dict[str, float | int]]
    pictures: Mapping[str, Image.Image]


def write_result(
    directory: Path,
    files: ResultFiles,
    save_embedding: Callable[[Path], None],
    *,
    overwrite: bool,
    add: Callable[[Path], None] = lambda folder: None,
) -> Path:
    """Write embedding, metrics, settings, history, pictures and page.

    Args:
        directory: to be made.
        files: its contents.
        save_embedding: writes the embedding's file.
        overwrite: whether what stands there may be replaced.
        add: puts further files into the directory that is to be.

    Returns:
        The directory, absolute.

    Raises:
        OutputError: see `write_directory`.
    """

    def fill(folder: Path) -> None:
        save_embedding(folder / FILE_NAME)
        for name, content in ((METRICS, files.metrics), (CONFIG, files.config)):
            (folder / name).write_text(to_json(content) + "\n")
        (folder / HISTORY).write_text("".join(to_json(line, None) + "\n" for line in files.history))
        labelled(files.pictures).save(folder / PICTURE)
        list(files.pictures.values())[-1].save(folder / AFTER_PICTURE)
        if files.edit.nearest is not None:
            files.edit.nearest.save(folder / NEAREST)
        if files.edit.photographs:
            strip(files.edit.photographs).save(folder / PHOTOGRAPHS)
        settings = {name: value for name, value in files.config.items() if name != "request"}
        page = render_page(files.edit.title, [files.edit], settings, files.facts)
        (folder / "report.html").write_text(page, "utf-8")
        add(folder)

    return write_directory(directory, fill, overwrite=overwrite)
