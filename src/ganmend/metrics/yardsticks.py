"""What a verdict is read against: healthy classes of the same generator, and real images scored as if generated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import median

from ganmend.errors import GanmendError
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import BESIDE, Verdict, verdict_on_features

FEWEST_REAL = 2 * (NEIGHBOURS + 1)  # a half must hold more than NEIGHBOURS


@dataclass(frozen=True)
class Yardsticks:
    """What the figures of a class can be compared with.

    Attributes:
        healthy: the median of each figure over healthy classes of the same generator: what this generator reaches; or
            None.
        healthy_classes: names of these classes.
        real: half of the class's real images scored against the other half as if they were generated: what a perfect
            generator would reach; or None.
    """

    healthy: Verdict | None = None
    healthy_classes: tuple[str, ...] = ()
    real: Verdict | None = None

    def columns(self) -> dict[str, Verdict]:
        """The verdicts by the headings under which tables show them; what is not known is left out."""
        named = {"healthy class": self.healthy, "real images": self.real}
        return {heading: verdict for heading, verdict in named.items() if verdict is not None}

    def as_dict(self) -> dict[str, object]:
        """Plain values, for JSON: 'healthy' and 'real_images', figures or None, and 'healthy_classes'."""
        healthy, real = (None if verdict is None else verdict.as_dict() for verdict in (self.healthy, self.real))
        return {"healthy": healthy, "healthy_classes": list(self.healthy_classes), "real_images": real}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> "Yardsticks":
        """Make yardsticks of what `as_dict` gave.

        Args:
            values: by name; what is missing is not known, other names are left alone.

        Returns:
            The yardsticks.

        Raises:
            GanmendError: something is of another kind.
        """
        names = values.get("healthy_classes", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise GanmendError(f"the healthy classes are {names!r:.80}; expected a list of names")
        known = (values.get("healthy"), values.get("real_images"))
        healthy, real = (None if figures is None else Verdict.from_dict(figures) for figures in known)
        return cls(healthy, tuple(names), real)


NO_YARDSTICKS = Yardsticks()


def real_as_samples(reference: ClassReference, *, seed: int = 0) -> Verdict | None:
    """Score every other real image against the rest, as if it were generated.

    Args:
        reference: the judge's features of at least FEWEST_REAL real images of a class.
        seed: of random subsets.

    Returns:
        The figures that need features only, of half the images; None where there are too few. The accuracy is that of
        all real images.
    """
    if len(reference.features) < FEWEST_REAL:
        return None
    kept, scored = reference.features[::2], reference.features[1::2]
    return verdict_on_features(scored, reference.recognised, ClassReference(fit_gaussian(kept), kept), seed=seed)


def median_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """The median of each figure.

    Args:
        verdicts: at least one, on equally many samples.

    Returns:
        Figure by figure the median of those that are known, None where none is, without intervals; `n` is that of one
        verdict.
    """
    medians: dict[str, float | None] = {}
    for name in (entry.name for entry in fields(Verdict) if entry.name not in ("n", *BESIDE)):
        known = [value for verdict in verdicts if (value := getattr(verdict, name)) is not None]
        medians[name] = median(known) if known else None
    return Verdict(n=verdicts[0].n, **medians)  # type: ignore[arg-type]
