"""The figures of a verdict: what each is called, which way is better, and what it means. The only list of them."""

import math
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
        range: the least and the greatest that it can be.
    """

    label: str
    higher_is_better: bool | None
    meaning: str
    headline: bool = False
    range: tuple[float, float] = (0.0, math.inf)

    @property
    def arrow(self) -> str:
        """Which way is better, to stand behind the label: ' ↑' for more, ' ↓' for less, '' for neither."""
        return {True: " ↑", False: " ↓", None: ""}[self.higher_is_better]


SHARE, ANY = (0.0, 1.0), (-math.inf, math.inf)  # ranges

# By the name of the Verdict's field, in the order in which tables show them.
FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "judge_accuracy": Figure("accuracy", True, "share of samples taken for the class by the judge", True, SHARE),
        "search_accuracy": Figure(
            "accuracy (search)",
            None,
            "share of samples taken for the class by the search's own classifier; far above the judge's: suspect",
            range=SHARE,
        ),
        "judge_probability": Figure(
            "probability", True, "mean probability that the judge gives the class", range=SHARE
        ),
        "kid": Figure(
            "KID",
            False,
            "distance of samples to real images; right on average also where images are few",
            True,
            ANY,
        ),
        "fid": Figure(
            "FID",
            False,
            "distance of samples to real images, by mean and spread of their features; too high where images are few",
            headline=True,
        ),
        "fid_infinity": Figure("FID at infinity", False, "FID as it would be with infinitely many images", range=ANY),
        "precision": Figure("precision", True, "share of samples that lie among the real images", range=SHARE),
        "recall": Figure("recall", True, "share of real images that lie among the samples", range=SHARE),
        "density": Figure("density", True, "how densely real images surround the samples; 1: as densely as each other"),
        "coverage": Figure("coverage", True, "share of real images that have a sample near them", True, SHARE),
        "diversity": Figure(
            "diversity", True, "mean distance between two samples, in the judge's features", headline=True
        ),
        "ms_ssim": Figure("MS-SSIM", False, "how alike two samples look, on average; 1: all are the same", range=SHARE),
        "ms_ssim_3_scales": Figure(
            "MS-SSIM (3 scales)",
            False,
            "how alike two samples look, on average; 1: all are the same. Not comparable with other tools' MS-SSIM",
            range=SHARE,
        ),
        "pixel_std": Figure("pixel std", None, "standard deviation of pixels over samples"),
        "inception_fid": Figure("FID (Inception)", False, "torch-fidelity's FID, which papers give for 50,000 samples"),
        "inception_kid": Figure("KID (Inception)", False, "torch-fidelity's KID", range=ANY),
        "inception_precision": Figure("precision (Inception)", True, "torch-fidelity's precision", range=SHARE),
        "inception_recall": Figure("recall (Inception)", True, "torch-fidelity's recall", range=SHARE),
    }
)
LEAST_PER_FEATURE = 4  # images a feature, of either side, below which FID's bias may exceed what it measures


def fid_is_biased(verdict: Mapping[str, object]) -> bool:
    """Whether samples or real images are too few for FID.

    Args:
        verdict: figures by name; 'n', 'n_real' and 'n_features' count.

    Returns:
        True where either side has fewer than four images a feature; False where that is not known.
    """
    n, n_real, width = verdict.get("n"), verdict.get("n_real"), verdict.get("n_features")
    if not (isinstance(n, int) and isinstance(n_real, int) and isinstance(width, int)):
        return False
    return min(n, n_real) < LEAST_PER_FEATURE * width


def headlines(*verdicts: Mapping[str, object]) -> tuple[str, ...]:
    """Keys of the figures that short tables show of these verdicts: KID where FID of one is biased, else FID."""
    left_out = "fid" if any(map(fid_is_biased, verdicts)) else "kid"
    return tuple(key for key, figure in FIGURES.items() if figure.headline and key != left_out)


def label(key: str, *verdicts: Mapping[str, object]) -> str:
    """A figure's name for people; of what is no figure, its key in words.

    Args:
        key: of FIGURES, or another.
        *verdicts: whose figure is meant, as plain values.

    Returns:
        The name; FID's says so where it is biased in one of them.
    """
    if key not in FIGURES:
        return key.replace("_", " ")
    return FIGURES[key].label + " (biased)" * (key == "fid" and any(map(fid_is_biased, verdicts)))


def is_better(key: str, difference: tuple[float, float] | None) -> bool | None:
    """Whether a figure got better.

    Args:
        key: of FIGURES.
        difference: lower and upper end of the interval of its change, or None where that is not known.

    Returns:
        True or False; None where the interval holds 0 or is not known, or the figure has no better direction.
    """
    higher = FIGURES[key].higher_is_better
    if difference is None or difference[0] <= 0 <= difference[1] or higher is None:
        return None
    return (difference[0] > 0) == higher


def format_figure(value: object) -> str:
    """A figure as tables show it: three digits, two below 0.1, no decimals from 100 on; None is a dash."""
    if not isinstance(value, float):
        return "–" if value is None else str(value)
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.3g}"


def format_interval(interval: tuple[float, float] | None) -> str:
    """An interval as tables show it, such as '0.71 to 0.79'; '' where there is none."""
    return "" if interval is None else f"{format_figure(interval[0])} to {format_figure(interval[1])}"
