"""What mending a class gives: the edit, how it was found, the verdict; saved as a directory and loaded again."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.edit_file import FILE_NAME, load_edit
from ganmend.edits.sampling import draw
from ganmend.errors import GanmendError, OptionError
from ganmend.files.json_text import parse_json, read_text, to_json
from ganmend.files.paths import as_path
from ganmend.metrics.comparison import Comparison
from ganmend.metrics.judging import SEED
from ganmend.models.protocol import Generator
from ganmend.report.directory import CONFIG, HISTORY, METRICS, NEAREST, PHOTOGRAPHS, PICTURE, ResultFiles, write_result
from ganmend.report.fragments import comparison
from ganmend.report.grids import image_grid, labelled
from ganmend.report.page import Edit
from ganmend.report.story import Deed, Story, no_success, story
from ganmend.report.tiles import from_strip, tiles
from ganmend.search.config import SearchConfig
from ganmend.search.state import Record
from ganmend.workbench.made import Made

GRID_SAMPLES = 40
LARGEST_HISTORY = 1 << 26  # bytes; a record takes some 200


@dataclass(repr=False)
class MendResult:
    """A mended class.

    Attributes:
        task: 'repair', 'repurpose' or 'debias'.
        target: class name.
        before_index: the generator's row that the edit is compared with.
        after: the edit found.
        classifier: name of the one that guided the search.
        preset: name of the settings that `config` began as.
        config: the settings, resolved.
        seed: of all random numbers.
        history: one record a validation and trial.
        seconds: that the search took.
        interrupted: whether the search was ended before its time.
        harm: why it is no success, in sentences, by the search's own classifier and by the judge; () where nothing
            speaks against it.
        notes: how well the target was known, in sentences, where photographs named it.
        before: that row as an edit; None in a result that was loaded without its generator.
        verdict: by a judge, where there was one.
        generator: prepared; None in a result that was loaded without it.
        directory: where it was loaded from, or None.
        request: what was asked, as `MendRequest.as_dict` gives it, where there was a request.
        command: what was typed, for the page; '' where nothing was.
        nearest: the samples that are most like a single photograph, each above it; None where there are no photographs.
        photographs: a few real ones of the class, to be shown; () where there are none.
        made: when, where and with what, see `made_now`; of a result of an older version nothing.
        before_name: what the generator calls the row of `before_index`, in a result that was loaded; '' in others, and
            in results of older versions.
    """

    task: str
    target: str
    before_index: int
    after: ClassEdit
    classifier: str
    preset: str
    config: SearchConfig
    seed: int
    history: list[Record] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False
    harm: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    before: ClassEdit | None = None
    verdict: Comparison | None = None
    generator: Generator | None = None
    directory: Path | None = None
    request: Mapping[str, object] | None = None
    command: str = ""
    nearest: Image.Image | None = None
    photographs: tuple[Image.Image, ...] = ()
    made: Made = field(default_factory=dict)
    before_name: str = ""

    def samples(self, which: str, n: int = GRID_SAMPLES, seed: int = SEED) -> Tensor:
        """Images of 'before' or 'after', the same latents for both.

        Args:
            which: of the two.
            n: how many.
            seed: of the latents.

        Returns:
            (n, 3, H, W) in [-1, 1].

        Raises:
            OptionError: neither of the two, or the result was loaded without its generator.
        """
        if which not in ("before", "after"):
            raise OptionError(f"samples of {which!r} were asked for; expected 'before' or 'after'")
        edit = self.before if which == "before" else self.after
        if self.generator is None or edit is None:
            raise OptionError("this result was loaded without its generator; load it with generator=...")
        return torch.cat(list(draw(self.generator, edit, n, seed)))

    def pictures(self) -> dict[str, Image.Image]:
        """Samples before and after by caption; of a result that was loaded without its generator, the saved picture."""
        if self.generator is None:
            return {f"{self._before_caption()} (left) and after (right)": self.picture()}
        return {caption: image_grid(images) for caption, images in self._drawn().items()}

    def _drawn(self) -> dict[str, Tensor]:
        return {self._before_caption(): self.samples("before"), "after": self.samples("after")}

    def _before_caption(self) -> str:
        row = self._before_name()
        return "before" if row == self.target else f"before (row of {row})"

    def _before_name(self) -> str:
        """Name of the row that the edit is compared with, as far as it is known."""
        if self.generator is not None:
            return self.generator.class_names[self.before_index]
        return self.before_name or self.target

    def story(self) -> list[str]:
        """What was asked, what was done and whether it worked, in sentences; that it failed stands first."""
        told = self._story()
        failed = [no_success(self.harm)] if self.harm else []
        return [*failed, *told.asked, *told.done, *told.outcome]

    def _story(self) -> Story:
        deed = Deed(
            self.task,
            self.target,
            self._before_name(),
            self.classifier,
            self.seconds,
            self.verdict,
            self.interrupted,
            self.harm,
            self.notes,
        )
        return story(deed)

    def facts(self) -> dict[str, object]:
        """What it takes to make the same again, for people."""
        made = self.made
        judges = "none"
        if self.verdict is not None:
            names = ", ".join(one.judge for one in (self.verdict, *self.verdict.others))
            judges = named(names, made.get("judge_fingerprints", ""))
        found = {
            "command": self.command,
            "preset": self.preset,
            "seed": self.seed,
            "generator": named(self.after.generator, made.get("generator_function", "")),
            "precision": "" if self.generator is None else self.generator.precision,
            "classifier": named(self.classifier, made.get("classifier_fingerprint", "")),
            "judge": judges,
            "seconds": f"{self.seconds:.0f}, of the search",
            **{name: made.get(name, "") for name in ("versions", "date", "machine")},
        }
        return {name: value for name, value in found.items() if value != ""}

    def on_page(self, samples: Mapping[str, Sequence[Image.Image]] | None = None) -> Edit:
        """This result as a page shows it.

        Args:
            samples: by caption; None draws some, for which the result must not be loaded without its generator.

        Returns:
            What the page shows of it.
        """
        shown = _tiled(self._drawn()) if samples is None else samples
        return Edit(
            f"{self.task} {self.target}",
            self._story(),
            shown,
            self.photographs,
            self.verdict,
            self.nearest,
            self.history,
            self.config.keep,
        )

    def picture(self) -> Image.Image:
        """Samples before and after, side by side.

        Returns:
            The picture; of a result that was loaded without its generator, the one that was saved.

        Raises:
            GanmendError: the saved picture is missing or broken.
        """
        if self.generator is not None:
            return labelled(self.pictures())
        return saved_picture(self.directory or Path(), PICTURE)

    def save(
        self, directory: str | Path, *, overwrite: bool = False, add: Callable[[Path], None] = lambda folder: None
    ) -> Path:
        """Write the result directory: edit, figures, settings, history, pictures and a page.

        Args:
            directory: to be made.
            overwrite: replace what stands there.
            add: puts further files into the directory that is to be.

        Returns:
            Where it is.

        Raises:
            OptionError: the result was loaded without its generator.
            OutputError: the directory exists and is not to be overwritten, or cannot be written.
        """
        verdicts = {} if self.verdict is None else self.verdict.as_dict()
        drawn = self._drawn()
        files = ResultFiles(
            edit=self.on_page(_tiled(drawn)),
            facts=self.facts(),
            metrics={
                "task": self.task,
                "target": self.target,
                **verdicts,
                "harm": list(self.harm),
                **({"notes": list(self.notes)} if self.notes else {}),
                "seconds": self.seconds,
                **({"made": dict(self.made)} if self.made else {}),
            },
            config=self._settings(),
            history=self.history,
            pictures={caption: image_grid(images) for caption, images in drawn.items()},
        )
        return write_result(Path(directory), files, self.after.save, overwrite=overwrite, add=add)

    def _settings(self) -> dict[str, object]:
        """What config.json holds and the page shows: the search's settings, and what else the edit depends on."""
        settings = self.config.as_dict() | {
            "task": self.task,
            "target": self.target,
            "classifier": self.classifier,
            "judge": None if self.verdict is None else self.verdict.judge,
            "preset": self.preset,
            "seed": self.seed,
            "generator": self.after.generator,
            "precision": self.generator.precision if self.generator is not None else "",
            "before_index": self.before_index,
            "before_class": self._before_name(),
            "interrupted": self.interrupted,
            **({} if self.request is None else {"request": dict(self.request)}),
        }
        # As JSON holds it, so that the page of a run that was gone on with is the page of one that was not.
        return _as_object(parse_json(to_json(settings)))

    @classmethod
    def load(cls, directory: str | Path, generator: Generator | None = None) -> "MendResult":
        """Read what `save` wrote.

        Args:
            directory: of the result.
            generator: that it was found for, so that samples can be drawn and the result can be saved again.

        Returns:
            The result.

        Raises:
            EmbeddingError: the edit is missing, broken, or not this generator's.
            GanmendError: another file is missing or broken.
            OptionError: the generator is something else.
        """
        directory = as_path(directory)
        if generator is not None and not isinstance(generator, Generator):
            raise OptionError(f"generator is a {type(generator).__name__}; expected a Generator or None")
        after = load_edit(directory / FILE_NAME)
        if generator is not None:
            after.check(generator)
        try:
            config, metrics = (_json_object(directory / name) for name in (CONFIG, METRICS))
            history = [dict(_as_object(parse_json(line))) for line in _lines(directory / HISTORY)]
            index = int(str(config["before_index"]))
            return cls(
                task=str(config["task"]),
                target=str(config["target"]),
                before_index=index,
                after=after,
                classifier=str(config["classifier"]),
                preset=str(config["preset"]),
                config=_search_config(config),
                seed=int(str(config["seed"])),
                history=history,  # type: ignore[arg-type]
                seconds=float(str(metrics["seconds"])),
                interrupted=config["interrupted"] is True,
                harm=_sentences(metrics.get("harm", [])),
                notes=_sentences(metrics.get("notes", [])),
                before=None if generator is None else class_row(generator, index),
                verdict=Comparison.from_dict(metrics, str(config["judge"])) if "after" in metrics else None,
                generator=None if generator is None else _prepared(generator, str(config["precision"])),
                directory=directory,
                request=None if "request" not in config else _as_object(config["request"]),
                nearest=saved_picture(directory, NEAREST) if (directory / NEAREST).exists() else None,
                photographs=_saved_photographs(directory),
                made=_texts(metrics.get("made", {})),
                before_name=str(config.get("before_class", "")),
            )
        except (KeyError, ValueError, TypeError, OSError, GanmendError) as error:
            raise GanmendError(f"{directory} is no whole result directory ({error!s:.200}); save it again") from error

    def __repr__(self) -> str:
        verdict = "not judged" if self.verdict is None else str(self.verdict)
        return f"<{self.task} {self.target}, seed {self.seed}, {self.seconds:.0f} s: {verdict}>"

    def _repr_html_(self) -> str:
        return comparison(f"{self.task} {self.target}", self.pictures(), self.verdict, self.nearest)


def _tiled(drawn: Mapping[str, Tensor]) -> dict[str, tuple[Image.Image, ...]]:
    return {caption: tiles(images) for caption, images in drawn.items()}


def load_result(directory: str | Path, generator: Generator | None = None) -> MendResult:
    """Read a result directory: see `MendResult.load`."""
    return MendResult.load(directory, generator)


def named(name: str, fingerprint: str) -> str:
    """A network by its name, with its fingerprint behind it where that is known."""
    return f"{name} ({fingerprint})" if fingerprint else name


def saved_picture(directory: Path, name: str) -> Image.Image:
    """A picture of a result directory.

    Args:
        directory: of the result.
        name: of the file.

    Returns:
        RGB, or RGBA where it was saved so.

    Raises:
        GanmendError: it is missing or broken.
    """
    try:
        with Image.open(directory / name, formats=["PNG"]) as opened:
            return opened.convert("RGBA" if opened.mode == "RGBA" else "RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise GanmendError(f"{directory} holds no {name} that can be read ({error})") from error


def _saved_photographs(directory: Path) -> tuple[Image.Image, ...]:
    """The photographs of a result directory; () where it holds none."""
    return from_strip(saved_picture(directory, PHOTOGRAPHS)) if (directory / PHOTOGRAPHS).exists() else ()


def _search_config(settings: Mapping[str, object]) -> SearchConfig:
    """The search's own settings among those of a config.json."""
    known = {entry.name for entry in fields(SearchConfig)}
    return SearchConfig(**{name: value for name, value in settings.items() if name in known})  # type: ignore[arg-type]


def _prepared(generator: Generator, precision: str) -> Generator:
    """As the search had it; one that is prepared already stays as it is."""
    return generator if generator.precision else generator.prepared(precision)


def _lines(path: Path) -> list[str]:
    return read_text(path, LARGEST_HISTORY).splitlines()


def _json_object(path: Path) -> dict[str, object]:
    return _as_object(parse_json(read_text(path)))


def _sentences(content: object) -> tuple[str, ...]:
    if not isinstance(content, list) or not all(isinstance(line, str) for line in content):
        raise ValueError(f"{json.dumps(content)[:80]} stands where a list of sentences should")
    return tuple(content)


def _texts(content: object) -> dict[str, str]:
    found = _as_object(content)
    if not all(isinstance(value, str) for value in found.values()):
        raise ValueError(f"{json.dumps(content)[:80]} stands where texts by name should")
    return {name: str(value) for name, value in found.items()}


def _as_object(content: object) -> dict[str, object]:
    if not isinstance(content, dict):
        raise ValueError(f"{json.dumps(content)[:80]} stands where a JSON object should")
    return content
