"""The verdict of a judge on samples of one class."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace

from torch import Tensor

from ganmend.errors import GanmendError
from ganmend.metrics.accuracy import JudgeAccuracy, judge_accuracy
from ganmend.metrics.distances import frechet_distance, kernel_distance
from ganmend.metrics.diversity import has_three_scales, mean_pairwise_distance, ms_ssim_within, pixel_standard_deviation
from ganmend.metrics.figures import LEAST_PER_FEATURE, fid_is_biased, format_figure, headlines, label
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.halves import Observed, figures_of_halves
from ganmend.metrics.infinite import fid_at_infinity
from ganmend.metrics.intervals import Interval, figure_intervals, read_intervals
from ganmend.metrics.prdc import prdc
from ganmend.metrics.shares import Counts
from ganmend.metrics.statistics import ClassReference

Figures = dict[str, float | int | None]
BESIDE = ("intervals", "halves", "counts")  # fields of a Verdict that are no figures


@dataclass(frozen=True)
class Verdict:
    """What a judge says of samples of one class; FIGURES of `metrics.figures` says what each figure means.

    Attributes:
        n: samples.
        judge_accuracy: in [0, 1]; None, as the next three, where the judge does not know the class.
        judge_accuracy_low: end of its 95 % Wilson interval.
        judge_accuracy_high: the other end.
        judge_probability: in [0, 1].
        diversity: at least 0, in units of the judge's features.
        ms_ssim: in [0, 1]; None below 176 px, where `ms_ssim_3_scales` stands, and where only features are known.
        pixel_std: at least 0; pixels lie in [-1, 1]; None where only features are known.
        fid: at least 0; None, as all that follow, where there were no real images to compare with.
        kid: around 0 for equal distributions, and may be below.
        precision: in [0, 1].
        recall: in [0, 1].
        density: at least 0.
        coverage: in [0, 1].
        fid_infinity: FID at infinitely many images, which may be below 0; None where there are too few to tell.
        ms_ssim_3_scales: in [0, 1]; None from 176 px on.
        n_real: real images that FID compares with.
        n_features: of the judge, that FID, KID and their like live in.
        inception_fid: at least 0; None, as the next three, where it was not asked for.
        inception_kid: as `kid`, in Inception's features.
        inception_precision: in [0, 1].
        inception_recall: in [0, 1].
        search_accuracy: in [0, 1], by the classifier that guided the search; None where none is known.
        intervals: lower and upper end of a figure's 95 % interval, by its name; what has none is left out.
        halves: the same figures of random halves of samples and real images, which intervals of differences are made
            of; not saved.
        counts: how many samples show each of several attributes, where these were asked for; not saved here, but with
            those of another verdict in a `Comparison`.
    """

    n: int
    judge_accuracy: float | None
    judge_accuracy_low: float | None
    judge_accuracy_high: float | None
    judge_probability: float | None
    diversity: float
    ms_ssim: float | None
    pixel_std: float | None
    fid: float | None = None
    kid: float | None = None
    precision: float | None = None
    recall: float | None = None
    density: float | None = None
    coverage: float | None = None
    fid_infinity: float | None = None
    ms_ssim_3_scales: float | None = None
    n_real: int | None = None
    n_features: int | None = None
    inception_fid: float | None = None
    inception_kid: float | None = None
    inception_precision: float | None = None
    inception_recall: float | None = None
    search_accuracy: float | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    halves: Mapping[str, Tensor] = field(default_factory=dict, compare=False, repr=False)
    counts: Counts | None = field(default=None, compare=False, repr=False)

    def figures(self) -> Figures:
        """All figures by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name not in BESIDE}

    def interval(self, key: str) -> Interval | None:
        """The 95 % interval of a figure; None where it has none."""
        if key == "judge_accuracy" and self.judge_accuracy_low is not None and self.judge_accuracy_high is not None:
            return self.judge_accuracy_low, self.judge_accuracy_high
        return self.intervals.get(key)

    @property
    def fid_bias(self) -> str:
        """One line that says why FID is biased and what to look at instead; '' where it is not."""
        if not fid_is_biased(self.as_dict()):
            return ""
        return (
            f"FID is biased: {self.n} samples and {self.n_real} real images for {self.n_features} features; it takes "
            f"{LEAST_PER_FEATURE * (self.n_features or 0)} of each; look at KID"
        )

    def as_dict(self) -> dict[str, object]:
        """Plain values by name, for JSON: the figures, and 'intervals' as lists of two."""
        return {**self.figures(), "intervals": {key: list(ends) for key, ends in self.intervals.items()}}

    @classmethod
    def from_dict(cls, figures: object) -> "Verdict":
        """Make a verdict of what `as_dict` gave.

        Args:
            figures: by name; those that older versions did not have may be missing.

        Returns:
            The verdict.

        Raises:
            GanmendError: no mapping, or a figure is missing, unknown or no number.
        """
        if not isinstance(figures, dict):
            raise GanmendError(f"a verdict is {figures!r:.80}; expected figures by name")
        intervals = read_intervals(figures.get("intervals", {}), "a verdict")
        figures = {name: value for name, value in figures.items() if name != "intervals"}
        # Each figure, and whether it must be there.
        known = {entry.name: entry.default is MISSING for entry in fields(cls) if entry.name not in BESIDE}
        if odd := set(figures) - set(known) | {name for name, needed in known.items() if needed} - set(figures):
            raise GanmendError(f"a verdict lacks or adds the figure {sorted(odd)[0]!r:.80}; judge again")
        for name, value in figures.items():
            if value is not None and type(value) not in (int, float):
                raise GanmendError(f"the verdict's {name} is {value!r:.80}; expected a number")
        if "ms_ssim_3_scales" not in figures:  # written before MS-SSIM was taken on [0, 1]
            figures["ms_ssim"] = None
        return cls(**figures, intervals=intervals)

    def __str__(self) -> str:
        shown = [f"{label(key)} {format_figure(getattr(self, key))}" for key in headlines(self.as_dict())]
        return f"{', '.join(shown)} ({self.n} samples)"


def verdict_on(
    images: Tensor,
    logits: Tensor,
    features: Tensor,
    target: int | None,
    reference: ClassReference | None,
    *,
    seed: int = 0,
    intervals: bool = True,
) -> Verdict:
    """Judge samples of one class.

    Args:
        images: (at least 2, 3, H, W) in [-1, 1], all N or the first ones.
        logits: (N, n_classes) of the judge.
        features: (N, F) of the judge.
        target: the judge's class index, or None where it does not know the class: then its accuracy is None.
        reference: real images of the class, or None: then what compares with them is None.
        seed: of random pairs and subsets.
        intervals: whether the figures get intervals, which takes most of the time.

    Returns:
        All figures.

    Raises:
        OptionError: fewer samples or real images than the figures need.
    """
    accuracy = None if target is None else judge_accuracy(logits, target)
    verdict = verdict_on_features(features, accuracy, reference, seed=seed)
    similarity, small = ms_ssim_within(images, seed=seed), has_three_scales(images)
    verdict = replace(
        verdict,
        ms_ssim=None if small else similarity,
        ms_ssim_3_scales=similarity if small else None,
        pixel_std=pixel_standard_deviation(images),
    )
    if not intervals:
        return verdict
    halves = figures_of_halves(_observed(logits, features, target), None if reference is None else reference.features)
    return replace(verdict, intervals=figure_intervals(verdict.figures(), halves), halves=halves)


def _observed(logits: Tensor, features: Tensor, target: int | None) -> Observed:
    if target is None:
        return Observed(features)
    return Observed(features, logits.argmax(1) == target, logits.double().softmax(1)[:, target])


def verdict_on_features(
    features: Tensor, accuracy: JudgeAccuracy | None, reference: ClassReference | None, *, seed: int = 0
) -> Verdict:
    """Judge samples of which only the judge's features are known.

    Args:
        features: (N, F) of the judge.
        accuracy: how well the judge recognises the samples, or None.
        reference: real images of the class, or None.
        seed: of random subsets.

    Returns:
        All figures but those of pixels.

    Raises:
        OptionError: fewer samples or real images than the figures need.
    """
    compared: dict[str, float | None] = {}
    if reference is not None:
        neighbours = prdc(reference.features, features)
        compared = {
            "fid": frechet_distance(reference.gaussian, fit_gaussian(features)),
            "fid_infinity": fid_at_infinity(reference.features, features, seed=seed),
            "kid": kernel_distance(reference.features, features, seed=seed),
            "precision": neighbours.precision,
            "recall": neighbours.recall,
            "density": neighbours.density,
            "coverage": neighbours.coverage,
        }
    return Verdict(
        n=len(features),
        judge_accuracy=accuracy.accuracy if accuracy else None,
        judge_accuracy_low=accuracy.low if accuracy else None,
        judge_accuracy_high=accuracy.high if accuracy else None,
        judge_probability=accuracy.probability if accuracy else None,
        diversity=mean_pairwise_distance(features),
        ms_ssim=None,
        pixel_std=None,
        n_real=None if reference is None else reference.gaussian.n,
        n_features=features.shape[1],
        **compared,  # type: ignore[arg-type]
    )
