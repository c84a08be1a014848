"""What a result directory holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ganmend.edits.edit_file import FILE_NAME
from ganmend.files.directories import write_directory
from ganmend.files.json_text import to_json
from ganmend.metrics.comparison import Comparison
from ganmend.report.grids import image_grid, labelled
from ganmend.report.page import Edit, render_page

CONFIG, METRICS, HISTORY, PICTURE = "config.json", "metrics.json", "history.jsonl", "before_after.png"


@dataclass(frozen=True)
class ResultFiles:
    """What the files of a result directory are made of.

    Attributes:
        title: of the page.
        metrics: for metrics.json.
        config: for config.json, and shown on the page.
        history: for history.jsonl, one record a line.
        before: images (N, 3, H, W) in [-1, 1], for before_after.png and the page.
        after: likewise, of the same latents; for samples.png too.
        verdict: of a judge, for the page; or None.
    """

    title: str
    metrics: Mapping[str, object]
    config: Mapping[str, object]
    history: list[dict[str, float | int]]
    before: Tensor
    after: Tensor
    verdict: Comparison | None


def write_result(
    directory: Path, files: ResultFiles, save_embedding: Callable[[Path], None], *, overwrite: bool
) -> Path:
    """Write embedding, metrics, settings, history, pictures and page.

    Args:
        directory: to be made.
        files: its contents.
        save_embedding: writes the embedding's file.
        overwrite: whether what stands there may be replaced.

    Returns:
        The directory, absolute.

    Raises:
        OutputError: see `write_directory`.
    """
    comparison = labelled({"before": image_grid(files.before), "after": image_grid(files.after)})

    def fill(folder: Path) -> None:
        save_embedding(folder / FILE_NAME)
        for name, content in ((METRICS, files.metrics), (CONFIG, files.config)):
            (folder / name).write_text(to_json(content) + "\n")
        (folder / HISTORY).write_text("".join(to_json(line, None) + "\n" for line in files.history))
        comparison.save(folder / PICTURE)
        image_grid(files.after).save(folder / "samples.png")
        page = render_page(files.title, [Edit(files.title, comparison, files.verdict)], files.config)
        (folder / "report.html").write_text(page, "utf-8")

    return write_directory(directory, fill, overwrite=overwrite)
