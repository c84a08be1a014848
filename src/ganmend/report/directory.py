"""What a result directory holds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ganmend.files.directories import write_directory
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
