"""A generator's classes judged one by one, each kept as it comes, so that none is judged twice."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Self

from ganmend.edits.class_edit import class_row
from ganmend.errors import GanmendError, OptionError
from ganmend.files.kept import Kept
from ganmend.metrics.judging import judge_edit
from ganmend.metrics.statistics import ClassReference
from ganmend.metrics.verdict import Verdict
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.workbench.class_meant import known_to
from ganmend.workbench.drawn_in_rounds import JudgedInRounds, judge_in_rounds
from ganmend.workbench.settling import Estimate, looks

CLASSES = "classes"  # what their figures are kept as


class JudgedClasses:
    """The classes of a generator that a judge knows; a context, at whose end all figures are kept.

    Attributes:
        generator: that draws.
        judge: that scores.
        names: of the generator's classes.
        n: samples of a class, or the most of them.
    """

    generator: Generator
    judge: Classifier
    names: tuple[str, ...]
    n: int

    def __init__(
        self,
        generator: Generator,
        judge: Classifier,
        references: Callable[[str], ClassReference | None],
        *,
        n: int,
        seed: int,
        kept: Kept,
    ) -> None:
        """Judge nothing yet.

        Args:
            generator: prepared for many images.
            judge: in float32.
            references: from the judge's name of a class to its real images, as the judge sees them, or None.
            n: samples of a class, at least 6.
            seed: of their latents.
            kept: where figures are kept, and may be from before.

        Raises:
            OptionError: the judge knows none of the classes.
        """
        self.generator, self.judge, self.names, self.n = generator, judge, generator.class_names, n
        self._references, self._seed, self._kept = references, seed, kept
        asked = {row: known_to(judge, row, self.names) for row in range(generator.n_classes)}
        self._known = {row: target for row, target in asked.items() if target is not None}
        if not self._known:
            raise OptionError(
                f"{judge.name} knows none of the generator's classes by name; use one that does, or name its "
                "classes by --classes FILE"
            )
        found = kept.value(CLASSES)
        self._figures: dict[str, object] = dict(found) if isinstance(found, Mapping) else {}
        self._written_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()

    def known_rows(self) -> list[int]:
        """Indices of the classes that the judge knows."""
        return list(self._known)

    def checked(self, rows: Sequence[int]) -> list[int]:
        """The same rows in order, refused where the judge does not know one.

        Args:
            rows: of the class table.

        Returns:
            They, sorted.

        Raises:
            OptionError: so.
        """
        if unknown := [row for row in rows if row not in self._known]:
            shown = ", ".join(f"{self.names[row]} (class {row})" for row in unknown[:3])
            raise OptionError(
                f"{self.judge.name} knows no class {shown}{' and others' * (len(unknown) > 3)}; leave it out, or say "
                "by --class-map what it is called there"
            )
        return sorted(rows)

    def in_full(self, row: int) -> Verdict:
        """The verdict on all samples of a class."""
        known = self._figures.get(str(row))
        if known is not None and (verdict := _verdict(known)) is not None:
            return verdict
        samples = f"samples of class {row}"  # which may take longer than all that may be done twice
        verdict = judge_edit(
            self.generator, class_row(self.generator, row), self.judge, self._known[row], self._reference(row),
            n=self.n, seed=self._seed, intervals=False, kept=self._kept, name=samples,
        )  # fmt: skip
        self._keep(str(row), verdict.as_dict())
        self._kept.forget(samples)
        return verdict

    def in_rounds(self, row: int, settled: Callable[[Estimate], bool], least: int = 0) -> JudgedInRounds:
        """A class drawn until it is settled.

        Args:
            row: of the class table.
            settled: whether an estimate is enough; the same whenever it is asked about the same class.
            least: samples that are drawn at any rate.

        Returns:
            The class.
        """
        name = f"{row}, {least} or more"
        known = self._figures.get(name)
        if known is not None and (found := _in_rounds(known, looks(self.n))) is not None:
            return found
        found = judge_in_rounds(
            self.generator, row, self.judge, self._known[row], self._reference(row), sizes=looks(self.n),
            seed=self._seed, settled=lambda seen: seen.n >= least and settled(seen),
        )  # fmt: skip
        estimates = [asdict(estimate) for estimate in found.estimates]
        self._keep(name, {"verdict": found.verdict.as_dict(), "estimates": estimates})
        return found

    def _reference(self, row: int) -> ClassReference | None:
        return self._references(self.judge.class_names[self._known[row]])

    def _keep(self, name: str, figures: object) -> None:
        self._figures[name] = figures
        if time.monotonic() - self._written_at >= self._kept.every:
            self._write()

    def _write(self) -> None:
        self._kept.put(CLASSES, self._figures)
        self._written_at = time.monotonic()


def _verdict(figures: object) -> Verdict | None:
    try:
        return Verdict.from_dict(figures)
    except GanmendError:
        return None


def _in_rounds(kept: object, sizes: Sequence[int]) -> JudgedInRounds | None:
    """What was kept of a class, looked at after so many samples each; None where it is something else."""
    if not isinstance(kept, Mapping) or not isinstance(kept.get("estimates"), list):
        return None
    verdict = _verdict(kept.get("verdict"))
    estimates = tuple(seen for entry in kept["estimates"] if (seen := _estimate(entry)) is not None)
    as_looked_at = [seen.n for seen in estimates] == [*sizes[: len(kept["estimates"])]]
    if verdict is None or not estimates or not as_looked_at or verdict.n != estimates[-1].n:
        return None
    return JudgedInRounds(verdict, estimates)


def _estimate(kept: object) -> Estimate | None:
    if not isinstance(kept, Mapping) or not all(value is None or _is_number(value) for value in kept.values()):
        return None
    try:
        return Estimate(**kept)
    except TypeError:  # fields are missing or others
        return None


def _is_number(value: object) -> bool:
    return type(value) in (int, float)
