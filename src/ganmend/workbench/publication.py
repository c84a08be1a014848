"""A mended class as a repository for the hub: the embedding, its settings, figures and picture, and a card."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ganmend.demo.bundled import bundled_fingerprint
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import FILE_NAME, load_edit
from ganmend.errors import GanmendError, HubError, OptionError, UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.hub.address import check_repository
from ganmend.metrics.comparison import Comparison
from ganmend.report.card import Card, render_card
from ganmend.report.directory import CONFIG, METRICS, PICTURE
from ganmend.report.story import ASKED, Deed, Story, story


@dataclass(frozen=True)
class Publication:
    """What is to be published: the card, the embedding, and the files that go as they are."""

    card: str
    embedding: ClassEdit
    files: Mapping[str, Path]

    @property
    def names(self) -> list[str]:
        """Of all files."""
        return sorted({"README.md", FILE_NAME, *self.files})

    @property
    def title(self) -> str:
        """In one line, for a commit."""
        return f"ganmend: {self.embedding.target or 'a class embedding'}"

    def write(self, folder: Path) -> None:
        """Put all files into a folder."""
        for name, path in self.files.items():
            shutil.copyfile(path, folder / name)
        if FILE_NAME not in self.files:
            self.embedding.save(folder / FILE_NAME)
        (folder / "README.md").write_text(self.card, "utf-8")


def prepare_publication(source: Path, repository: str, *, generator: str = "", license: str = "") -> Publication:
    """Read an embedding or a result directory, and write its card.

    Args:
        source: an embedding's file, or a result directory.
        repository: OWNER/REPO.
        generator: how others get the generator; "" where it is the bundled one.
        license: the hub's identifier, such as 'cc-by-4.0', or "".

    Returns:
        What is to be sent, all of it checked.

    Raises:
        EmbeddingError: no embedding there.
        HubError: no repository's name, or figures that cannot be read.
        OptionError: the generator is not known, or no identifier of a license.
    """
    check_repository(repository)
    if license and not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", license):
        raise OptionError(f"--license is {license!r}; expected an identifier of the hub's, such as apache-2.0")
    path = source / FILE_NAME if source.is_dir() else source
    embedding = load_edit(path)
    files = {name: source / name for name in (CONFIG, METRICS, PICTURE) if (source / name).is_file()}
    metrics, config = (_json_object(files.get(name)) for name in (METRICS, CONFIG))
    verdict = _verdict(metrics, config, files.get(METRICS))
    card = Card(
        repository,
        FILE_NAME,
        _one_line(generator) or _bundled(embedding),
        embedding.generator,
        _one_line(embedding.target),
        _one_line(str(embedding.details.get("task", ""))),
        license,
        PICTURE if PICTURE in files else "",
        verdict,
        _story(metrics, config, verdict),
        _facts(metrics, config),
        embedding.beyond_a_row,
    )
    return Publication(
        render_card(card), embedding, files | ({FILE_NAME: path} if path.suffix == ".safetensors" else {})
    )


def _verdict(metrics: Mapping[str, object], config: Mapping[str, object], path: Path | None) -> Comparison | None:
    """What the judge said; None where nobody judged.

    Args:
        metrics: of a result, or nothing.
        config: likewise.
        path: of the metrics, for the message.

    Returns:
        The verdict.

    Raises:
        HubError: it cannot be read.
    """
    if "after" not in metrics:
        return None
    try:
        return Comparison.from_dict(metrics, str(config.get("judge") or "a judge"))
    except GanmendError as error:
        raise HubError(f"{path} holds no verdict that can be read ({error!s:.200}); save the result again") from error


def _story(metrics: Mapping[str, object], config: Mapping[str, object], verdict: Comparison | None) -> Story | None:
    """What was done, as far as a result's files say it; None of an embedding alone."""
    task, target, classifier = (config.get(name) for name in ("task", "target", "classifier"))
    if task not in ASKED or not isinstance(target, str) or not isinstance(classifier, str):
        return None
    harm, notes = (_sentences(metrics.get(name)) for name in ("harm", "notes"))
    seconds = metrics.get("seconds")
    took = float(seconds) if isinstance(seconds, int | float) else 0.0
    interrupted = config.get("interrupted") is True
    before = str(config.get("before_class") or target)  # of an older result it is not known
    return story(Deed(str(task), target, before, classifier, took, verdict, interrupted, harm, notes))


def _sentences(content: object) -> tuple[str, ...]:
    return tuple(map(str, content)) if isinstance(content, list) else ()


def _facts(metrics: Mapping[str, object], config: Mapping[str, object]) -> dict[str, object]:
    """How the embedding was made: what was asked, when and with what."""
    names = ("preset", "seed", "classifier", "judge", "precision")
    asked = {name: config[name] for name in names if config.get(name) not in (None, "")}
    made = metrics.get("made")
    said = made if isinstance(made, dict) else {}
    return {**asked, **{str(name).replace("_", " "): value for name, value in said.items()}}


def _json_object(path: Path | None) -> dict[str, object]:
    try:
        content = {} if path is None else parse_json(read_text(path))
    except UnreadableError as error:
        raise HubError(f"{path} {error}; save the result again") from error
    if not isinstance(content, dict):
        raise HubError(f"{path} holds no JSON object; save the result again")
    return content


def _bundled(embedding: ClassEdit) -> str:
    if embedding.generator != bundled_fingerprint():
        raise OptionError(
            "--generator is needed: how others get the generator that this embedding was found for, "
            "for example biggan-deep-128 or hf:OWNER/REPO"
        )
    return "demo"


def _one_line(text: str) -> str:
    """For Markdown: no line breaks, and nothing that ends a `code span`."""
    return " ".join(text.replace("`", "'").split())
