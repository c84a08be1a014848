"""What a file or directory is that holds no generator: an embedding, reference statistics, a result."""

from pathlib import Path

from ganmend.edits.edit_file import FILE_NAME, FORMAT, load_edit
from ganmend.errors import UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.files.safetensors_file import is_safetensors, read_metadata
from ganmend.metrics import statistics
from ganmend.metrics.statistics import ReferenceStatistics

OF_A_RESULT = ("task", "target", "classifier", "judge", "preset", "seed", "precision", "interrupted")


def about_file(path: Path) -> dict[str, object] | None:
    """What is known of it, as plain values by name, 'kind' first.

    Args:
        path: that a user gave.

    Returns:
        The facts; None where it is something else, perhaps a generator.

    Raises:
        GanmendError: it is one of these, and broken.
    """
    if path.is_dir():
        return _about_result(path) if (path / FILE_NAME).is_file() else None
    if not path.is_file():
        return None
    if path.suffix.lower() == ".npy":
        return about_embedding(path)
    form = read_metadata(path).get("format", "") if is_safetensors(path) else ""
    if form == statistics.FORMAT:
        found = ReferenceStatistics.load(path)
        counts = {name: reference.gaussian.n for name, reference in found.classes.items()}
        about = {"judge": found.judge, "resolution": found.resolution, "source": found.source, "classes": counts}
        return {"kind": "reference statistics", **about}
    return about_embedding(path) if form == FORMAT else None


def about_embedding(path: Path) -> dict[str, object]:
    """What an embedding's file, or a class table's, holds; `load_edit` says what it raises."""
    edit = load_edit(path)
    return {
        "kind": "embedding",
        "vectors": len(edit.vectors),
        "width": edit.vectors.shape[1],
        "latent_map": edit.latent_map is not None,
        "offsets": edit.offsets is not None,
        "target": edit.target,
        "generator": edit.generator,
        "details": dict(edit.details),
    }


def _about_result(directory: Path) -> dict[str, object]:
    embedding = about_embedding(directory / FILE_NAME)
    try:
        from ganmend.report.directory import CONFIG  # which few runs need

        config = parse_json(read_text(directory / CONFIG))
    except UnreadableError:
        config = {}
    known = config if isinstance(config, dict) else {}
    return {**embedding, "kind": "result", **{key: known.get(key) for key in OF_A_RESULT}}
