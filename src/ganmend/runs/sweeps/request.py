"""What a sweep over many classes is, as plain values: from it everything follows, whoever computes it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING

from ganmend.catalog.source import GeneratorSource
from ganmend.checks import check_seed, check_whole
from ganmend.errors import OptionError
from ganmend.search.config import SearchConfig, search_config

if TYPE_CHECKING:  # a sweep is asked for, and given out, without PyTorch
    from ganmend.workbench.request import MendRequest
    from ganmend.workbench.workbench import Workbench

AUTO = "auto"
TASKS = (AUTO, "repair", "debias", "repurpose")
TRIALS = 5  # of each class: starts that are searched, of which the best is kept
SAMPLES = 1000  # that a judge sees
MOST_THREADS = 1024


@dataclass(frozen=True)
class SweepRequest:
    """Many classes to mend.

    Attributes:
        generator: where it comes from.
        classes: which: 'all', 'worst:N', or a list as `wanted_classes` reads it; of task 'repurpose' names that the
            generator need not have.
        task: 'repair', 'debias' or 'repurpose' for all of them; 'auto' diagnoses them, and mends each that is sick by
            what its mark asks for.
        classifier: names of those that guide the searches; () for the default.
        judge: names of those that give verdicts, the headline's first; () likewise.
        real: a folder of real images with a sub-folder a class, or a statistics file, or ''.
        precision: 'auto', 'float32' or 'bfloat16'.
        preset: the name of the settings that `config` began as.
        config: all settings of each class's search; its `trials` are searched in groups.
        group: trials that are searched side by side, as one item; a group ends early by itself (`patience`), so that
            what is found depends on it.
        threads: of the processor, for each item; sums of floating-point numbers depend on it in their last bits.
        seed: of all random numbers.
        samples: that the judge sees, of before and of after.
        class_map: what classifier and judge call the generator's classes.
    """

    generator: GeneratorSource
    classes: str
    task: str = AUTO
    classifier: tuple[str, ...] = ()
    judge: tuple[str, ...] = ()
    real: str = ""
    precision: str = "auto"
    preset: str = "default"
    config: SearchConfig = field(default_factory=lambda: search_config(trials=TRIALS))
    group: int = TRIALS
    threads: int = 1
    seed: int = 0
    samples: int = SAMPLES
    class_map: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise OptionError(f"--task is {self.task!r:.80}; expected one of {', '.join(TASKS)}")
        check_seed(self.seed)
        for name, most in (("group", 1000), ("threads", MOST_THREADS)):
            check_whole(name, getattr(self, name), 1, most)
        check_whole("samples", self.samples, 2)
        worst_of(self.classes)
        if self.task == "repurpose" and (self.classes == "all" or worst_of(self.classes)):
            raise OptionError(f"--task repurpose came with --classes {self.classes}; name the new classes")

    @property
    def groups(self) -> list[tuple[int, int]]:
        """The first trial of each group, and the first behind it."""
        trials = self.config.trials
        return [(first, min(first + self.group, trials)) for first in range(0, trials, self.group)]

    def as_dict(self) -> dict[str, object]:
        """Plain values by name, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> "SweepRequest":
        """Make a request of plain values.

        Args:
            values: what `as_dict` gave, perhaps through JSON.

        Returns:
            A request equal to the one that gave them.

        Raises:
            OptionError: a value is missing, unknown, of another type or out of range.
        """
        if unknown := sorted(set(values) - {entry.name for entry in fields(cls)}):
            raise OptionError(f"a sweep's request holds {unknown[0]!r:.80}, which none has")
        made = dict(values)
        try:
            for name, kind in (
                ("generator", GeneratorSource),
                ("config", SearchConfig),
                ("classifier", tuple),
                ("judge", tuple),
            ):
                if name in made:
                    given = made[name]
                    made[name] = kind(**given) if isinstance(given, dict) else kind(given)  # type: ignore[arg-type]
            return cls(**made)  # type: ignore[arg-type]
        except TypeError as error:
            raise OptionError(f"this is no sweep's request ({error!s:.120}); expected what as_dict gives") from error

    def of_class(self, task: str, target: str) -> "MendRequest":
        """The request of one class.

        Args:
            task: 'repair', 'debias' or 'repurpose'.
            target: the class's name, or the generator's index as text; '' of none yet.

        Returns:
            The request, as a command for this class alone would have made it.

        Raises:
            OptionError: a value is of another type.
        """
        from ganmend.workbench.request import MendRequest

        return MendRequest(
            task, target, self.generator, one_or_several(self.classifier), one_or_several(self.judge), self.real,
            self.precision, self.preset, self.config, self.seed, samples=self.samples,
            class_map=dict(self.class_map),  # type: ignore[arg-type]
        )  # fmt: skip

    def workbench(self, *, allow_code: bool = False) -> "Workbench":
        """Load all that the request names.

        Args:
            allow_code: run Python code that a classifier's name leads to.

        Returns:
            A workbench for all its items.

        Raises:
            GanmendError: something cannot be had, or does not fit.
        """
        bench = self.of_class("repurpose", "").workbench(allow_code=allow_code)
        bench.prepare()
        return bench


def one_or_several(names: tuple[str, ...]) -> str | tuple[str, ...]:
    """As a `MendRequest` has names of networks: one as text, none as ''."""
    return names if len(names) > 1 else "".join(names)


def worst_of(classes: str) -> int:
    """How many of the sickest classes are asked for.

    Args:
        classes: of a request.

    Returns:
        N of 'worst:N', 0 of every other text.

    Raises:
        OptionError: what stands behind 'worst:' is no number of classes.
    """
    head, colon, number = classes.partition(":")
    if head.strip() != "worst" or not colon:
        return 0
    if not number.strip().isdecimal() or int(number[:9]) < 1:
        raise OptionError(f"--classes is {classes!r:.80}; expected worst:N with N at least 1, such as worst:50")
    return int(number)
