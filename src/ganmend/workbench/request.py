"""A request: what a run is, as plain values that can be saved, sent to a worker and run there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields

from ganmend.catalog.source import GeneratorSource
from ganmend.checks import check_seed, check_whole
from ganmend.errors import OptionError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.judging import SAMPLES
from ganmend.progress import OnProgress, ignore
from ganmend.search.config import PRESETS, SearchConfig
from ganmend.search.state import SearchState
from ganmend.workbench.balance import Balance
from ganmend.workbench.class_map import ClassMap, check_class_map
from ganmend.workbench.folder_target import FolderTarget
from ganmend.workbench.result import MendResult
from ganmend.workbench.sentence_target import SentenceTarget
from ganmend.workbench.workbench import Workbench

TEXTS = ("task", "target", "real", "precision", "preset")


@dataclass(frozen=True)
class MendRequest:
    """One class to mend: names, paths, settings and seed, from which everything else follows.

    Attributes:
        task: 'repair', 'repurpose' or 'debias'.
        target: class that the edit shall show: its name, or the generator's index.
        generator: where it comes from.
        classifier: name of the one that guides the search, or names of several; '' for the bundled generator's, or
            where images or text name the class.
        judge: name of the one that gives the verdict, or names of several, the headline's first; or '' likewise.
        real: a folder of real images or a statistics file, or ''.
        precision: 'auto', 'float32' or 'bfloat16'.
        preset: the name of the settings that `config` began as.
        config: all settings.
        seed: of all random numbers.
        samples: that the judge sees.
        class_map: what classifier and judge call the generator's classes, see `Workbench`.
        images: folders of photographs that name classes, or None.
        text: a sentence that names one, or None.
        balance: shares of attributes that the class shall show, or None.
        show_photographs: whether the result shows some of the user's photographs; without, it can be shared.
    """

    task: str
    target: str
    generator: GeneratorSource
    classifier: str | tuple[str, ...] = ""
    judge: str | tuple[str, ...] = ""
    real: str = ""
    precision: str = "auto"
    preset: str = "default"
    config: SearchConfig = field(default_factory=lambda: PRESETS["default"])
    seed: int = 0
    samples: int = SAMPLES
    class_map: ClassMap = field(default_factory=dict)
    images: FolderTarget | None = None
    text: SentenceTarget | None = None
    balance: Balance | None = None
    show_photographs: bool = True

    def __post_init__(self) -> None:
        for name in TEXTS:
            if type(getattr(self, name)) is not str:
                raise OptionError(f"a request's {name} is {getattr(self, name)!r:.80}; expected str")
        for name in ("classifier", "judge"):
            given = getattr(self, name)
            if isinstance(given, list):  # as JSON has it
                object.__setattr__(self, name, given := tuple(given))
            if not isinstance(given, str | tuple) or not all(isinstance(one, str) for one in given):
                raise OptionError(f"a request's {name} is {given!r:.80}; expected str, or several")
        check_seed(self.seed)
        check_class_map(self.class_map)
        check_whole("samples", self.samples, 2)
        if self.balance is not None and not isinstance(self.balance, Balance):
            raise OptionError(f"a request's balance is {self.balance!r:.80}; expected a Balance or None")
        if not isinstance(self.show_photographs, bool):
            raise OptionError(f"a request's show_photographs is {self.show_photographs!r:.80}; expected True or False")

    def as_dict(self) -> dict[str, object]:
        """Plain values by name, for JSON; as older versions have them, where nothing newer is asked for."""
        values = asdict(self)
        if self.show_photographs:
            del values["show_photographs"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> "MendRequest":
        """Make a request of plain values.

        Args:
            values: what `as_dict` gave.

        Returns:
            A request equal to the one that gave them.

        Raises:
            OptionError: a value is missing, unknown, of another type or out of range.
        """
        nested = {
            "generator": GeneratorSource, "config": SearchConfig, "images": FolderTarget, "text": SentenceTarget,
            "balance": Balance,
        }  # fmt: skip
        try:
            if unknown := sorted(set(values) - {entry.name for entry in fields(cls)}):
                raise OptionError(f"a request holds {unknown[0]!r:.80}, which none has")
            made = {
                name: nested[name](**value) if name in nested and value is not None else value  # type: ignore[arg-type]
                for name, value in values.items()
            }
            request = cls(**made)  # type: ignore[arg-type]
        except TypeError as error:
            raise OptionError(f"this is no request ({error!s:.120}); expected what as_dict gives") from error
        return request

    def workbench(self, targets: Sequence[str | int] = (), *, allow_code: bool = False) -> Workbench:
        """Load all that the request names.

        Args:
            targets: classes that will be asked for besides its own, checked before the generator is loaded.
            allow_code: run Python code that a classifier's name leads to. A request does not say so itself: it may come
                from elsewhere, and would allow what it brings.

        Returns:
            A workbench that requests which differ in task, target, settings and seed only may share.

        Raises:
            GanmendError: something cannot be had, or does not fit.
        """
        return Workbench(
            self.generator,
            classifier=self.classifier or None,
            judge=self.judge or None,
            real=self.real or None,
            images=self.images,
            text=self.text,
            precision=self.precision,
            class_map=self.class_map,
            targets=(wanted := [*filter(None, [self.target]), *targets]),
            edits=[] if self.task == "repurpose" else wanted,
            balance=self.balance,
            allow_code=allow_code,
        )

    def run(
        self,
        workbench: Workbench | None = None,
        *,
        on_progress: OnProgress = ignore,
        state: SearchState | None = None,
        on_state: Callable[[SearchState], None] | None = None,
        on_found: Callable[[MendResult], None] | None = None,
        found: MendResult | None = None,
        kept: Kept = NOTHING_KEPT,
    ) -> MendResult:
        """Mend the class.

        Args:
            workbench: of this request; None loads it.
            on_progress: see `Workbench.mend`.
            state: see `Workbench.mend`.
            on_state: see `Workbench.mend`.
            on_found: see `Workbench.mend`.
            found: see `Workbench.mend`.
            kept: see `Workbench.mend`.

        Returns:
            The result, with its verdict where there is a judge.

        Raises:
            GanmendError: see `Workbench.mend`.
        """
        bench = workbench if workbench is not None else self.workbench()

        def tell(result: MendResult) -> None:
            result.request = self.as_dict()
            self._hide(result)
            if on_found is not None:
                on_found(result)

        result = bench.mend(
            self.task, self.target, preset=self.preset, config=self.config, seed=self.seed, samples=self.samples,
            balance=self.balance, on_progress=on_progress, state=state, on_state=on_state, on_found=tell,
            found=found, kept=kept,
        )  # fmt: skip
        self._hide(result)
        return result

    def _hide(self, result: MendResult) -> None:
        """Leave photographs out of a result, where they are not to be shown."""
        if not self.show_photographs:
            result.photographs, result.nearest = (), None
