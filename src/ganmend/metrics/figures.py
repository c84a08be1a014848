"""The figures of a verdict: what each is called, which way is better, and what it means. The only list of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Figure:
    """What a figure of a verdict is called and means.

    Attributes:
        label: its name for people.
        higher_is_better: True, False, or None where neither is.
        meaning: in one line.
        headline: whether it stands in short tables.
    """

    label: str
    higher_is_better: bool | None
    meaning: str
    headline: bool = False


# By the name of the Verdict's field, in the order in which tables show them.
FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "judge_accuracy": Figure("accuracy", True, "share of samples taken for the class by the judge", headline=True),
        "judge_probability": Figure("probability", True, "mean probability that the judge gives the class"),
        "fid": Figure("FID", False, "distance of generated to real images in the judge's features", headline=True),
        "kid": Figure("KID", False, "the same by a kernel, without FID's bias at few samples"),
        "precision": Figure("precision", True, "share of samples that lie among the real images"),
        "recall": Figure("recall", True, "share of real images that lie among the samples"),
        "density": Figure("density", True, "how densely real images surround the samples; 1 is as among themselves"),
        "coverage": Figure("coverage", True, "share of real images that have a sample near them", headline=True),
        "diversity": Figure("diversity", True, "mean distance between samples in the judge's features", headline=True),
        "ms_ssim": Figure("MS-SSIM", False, "structural similarity of pairs of samples; 1 is all the same"),
        "pixel_std": Figure("pixel std", None, "standard deviation of pixels over samples"),
    }
)
HEADLINES = tuple(key for key, figure in FIGURES.items() if figure.headline)


def label(key: str) -> str:
    """A figure's name for people; of what is no figure, its key in words."""
    return FIGURES[key].label if key in FIGURES else key.replace("_", " ")


def is_better(key: str, before: float | None, after: float | None) -> bool | None:
    """Whether a figure got better.

    Args:
        key: of FIGURES.
        before: its value, or None where it is not known.
        after: likewise.

    Returns:
        True or False; None where the values are equal, one is not known, or the figure has no better direction.
    """
    higher = FIGURES[key].higher_is_better
    if before is None or after is None or before == after or higher is None:
        return None
    return (after > before) == higher


def format_figure(value: object) -> str:
    """A figure as tables show it: three digits, two below 0.1, no decimals from 100 on; None is a dash."""
    if not isinstance(value, float):
        return "–" if value is None else str(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.3g}"
