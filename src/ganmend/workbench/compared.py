"""Several results side by side: which there are, in what they differ, and whether their figures may be compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ganmend.errors import OptionError
from ganmend.files.paths import as_path
from ganmend.report.directory import AFTER_PICTURE, CONFIG, METRICS, PICTURE
from ganmend.report.tiles import from_grid
from ganmend.workbench.result import MendResult, load_result, saved_picture

DEEPEST, MOST = 3, 2000  # folders below a given one that are looked into, and runs
SHOWN = 8  # samples of a run: a row of its saved grid


@dataclass(frozen=True)
class ComparedRun:
    """A result among others.

    Attributes:
        name: its place, as it was given.
        result: what it holds.
    """

    name: str
    result: MendResult

    def settings(self) -> dict[str, object]:
        """All that the run was told, by name, for what runs may differ in."""
        result = self.result
        told = {"task": result.task, "class": result.target, "preset": result.preset, "seed": result.seed}
        return {**told, "classifier": result.classifier, **result.config.as_dict()}

    def samples(self) -> tuple[Image.Image, ...]:
        """The first samples of the edit, as they were saved."""
        return from_grid(saved_picture(self.directory, AFTER_PICTURE))[:SHOWN]

    def samples_before(self) -> tuple[Image.Image, ...]:
        """The first samples of what the edit is compared with, from the same latents."""
        after = saved_picture(self.directory, AFTER_PICTURE)
        both = saved_picture(self.directory, PICTURE)
        # Both grids are of one size, before at the left, below a line of text.
        return from_grid(both.crop((0, both.height - after.height, after.width, both.height)))[:SHOWN]

    @property
    def directory(self) -> Path:
        """That it was loaded from."""
        assert self.result.directory is not None
        return self.result.directory


def find_runs(places: Sequence[str | Path]) -> list[ComparedRun]:
    """The results in several places.

    Args:
        places: result directories, or folders with result directories in them.

    Returns:
        The results, in the order of the places, and of names within a place.

    Raises:
        GanmendError: one of them cannot be read.
        OptionError: a place holds no result, or fewer than two or too many came together.
    """
    found: dict[Path, str] = {}
    for place in places:
        root = as_path(place)
        inside = list(_results_below(root, DEEPEST))
        if not inside:
            what = "holds no result" if root.is_dir() else "is no folder"
            raise OptionError(
                f"{root} {what}; expected a directory that repair, repurpose, debias, sweep or demo wrote, or of such"
            )
        for path in inside:
            found.setdefault(path.resolve(), str(path))
    if len(found) < 2:
        raise OptionError(f"{len(found)} result was given; expected two or more to compare")
    if len(found) > MOST:
        raise OptionError(f"{len(found)} results were given; expected at most {MOST}: name fewer")
    return [ComparedRun(name, load_result(path)) for path, name in found.items()]


def _results_below(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / CONFIG).is_file() and (folder / METRICS).is_file():
        yield folder
    elif depth and folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
                yield from _results_below(path, depth - 1)


def differing(runs: Sequence[ComparedRun]) -> list[str]:
    """Names of the settings in which runs differ, in the order of `ComparedRun.settings`."""
    told = [run.settings() for run in runs]
    return [name for name in told[0] if any(one[name] != told[0][name] for one in told)]


def incomparable(runs: Sequence[ComparedRun]) -> list[str]:
    """Why figures of these runs are not to be held against each other.

    Args:
        runs: at least one.

    Returns:
        One sentence a reason; none where nothing speaks against it.
    """
    judged = [run.result.verdict for run in runs if run.result.verdict is not None]
    reasons: dict[str, set[object]] = {
        "were judged by different judges": {verdict.judge for verdict in judged},
        "show different classes": {run.result.target for run in runs},
        "belong to different generators": {run.result.after.generator for run in runs},
        "were judged on different numbers of samples": {verdict.after.n for verdict in judged},
        "were compared with different numbers of real images": {verdict.after.n_real for verdict in judged},
    }
    found = [f"The runs {what}, so their figures cannot be held against each other." for what, kinds in reasons.items()
             if len(kinds) > 1]  # fmt: skip
    missing = len(runs) - len(judged)
    return [*found, f"{missing} of {len(runs)} runs were not judged."] if missing else found
