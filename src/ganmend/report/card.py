"""The model card of a published embedding: README.md with the hub's metadata in front."""

import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader

from ganmend.metrics.comparison import Comparison
from ganmend.metrics.figures import FIGURES, format_figure, format_interval, headlines, label
from ganmend.report.story import Story

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

PIPELINE = "unconditional-image-generation"  # the hub's word for what draws images without a text


@dataclass(frozen=True)
class Card:
    """What the card of a published embedding says.

    Attributes:
        repository: OWNER/REPO that it stands in.
        file: the embedding's name there.
        generator: how others get the generator: a name, an address or a path.
        fingerprint: the generator's, or "".
        target: the class, or "".
        task: repair, repurpose or debias, or "".
        license: the hub's identifier, or "".
        picture: its name in the repository, or "".
        verdict: of a judge on before and after, or None where nobody judged.
        story: what was done and whether it worked, or None where that is not known.
        facts: by name, how it was made.
        beyond_a_row: what the embedding holds that no row of a class table can, in words.
    """

    repository: str
    file: str
    generator: str
    fingerprint: str = ""
    target: str = ""
    task: str = ""
    license: str = ""
    picture: str = ""
    verdict: Comparison | None = None
    story: Story | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    beyond_a_row: tuple[str, ...] = ()


def render_card(card: Card) -> str:
    """The card as Markdown, with the hub's metadata as YAML in front."""
    loader = PackageLoader("ganmend.report", "templates")
    environment = Environment(loader=loader, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters |= {"figure": format_figure, "interval": format_interval, "label": label, "plain": plain}
    environment.globals |= {"figures": FIGURES, "headlines": headlines}
    template = environment.get_template("card.md")
    return template.render(card=card, metadata=metadata(card), generator=shlex.quote(card.generator))


def plain(text: object) -> str:
    """Text of a user's as Markdown shows it: in one line, and nothing in it means anything."""
    return re.sub(r"([\\`*_\[\]<>|#&])", r"\\\1", " ".join(str(text).split()))


def metadata(card: Card) -> str:
    """What the hub reads of a card, as YAML; the figures after the edit as results that it lists.

    Args:
        card: what the card says.

    Returns:
        Lines of YAML.
    """
    from huggingface_hub import ModelCardData

    results = _results(card)
    found = ModelCardData(
        library_name="ganmend",
        pipeline_tag=PIPELINE,
        license=card.license or None,
        base_model=card.generator.removeprefix("hf:") if card.generator.startswith("hf:") else None,
        tags=["ganmend", "gan", "class-embedding"],
        **({"model_name": card.target or card.repository, "eval_results": results} if results else {}),  # type: ignore[arg-type]
    )
    return str(found.to_yaml())


def _results(card: Card) -> "list[EvalResult]":
    """The judge's figures that say how good the edit is."""
    from huggingface_hub import EvalResult

    if card.verdict is None:
        return []
    verdict, judge = card.verdict.after, card.verdict.judge
    values = {key: getattr(verdict, key) for key, figure in FIGURES.items() if figure.higher_is_better is not None}
    real = "no real images" if verdict.n_real is None else f"{verdict.n_real} real images"
    return [
        EvalResult(
            task_type=PIPELINE,
            task_name=f"{card.task or 'an edit'} of the class {card.target}",
            dataset_type="images",
            dataset_name=f"{verdict.n} samples, {real} of {card.target}",
            metric_type=metric_type(key),
            metric_name=f"{label(key, verdict.as_dict())}, judged by {judge}",
            metric_value=value,
        )
        for key, value in values.items()
        if value is not None and math.isfinite(value)
    ]


def metric_type(key: str) -> str:
    """The hub's name of a figure: 'fid' is that of Inception's features, and a judge's features give another."""
    inception = key.removeprefix("inception_")
    return inception if inception != key else f"judge_{key.removeprefix('judge_')}"
