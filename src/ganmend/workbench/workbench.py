"""Generator, target, judge and real images on one bench: what a user can ask for, whatever the door they come by."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor, nn

from ganmend.catalog.names import find_class, name_or_index
from ganmend.catalog.source import GeneratorSource
from ganmend.catalog.wanted import Wanted, wanted_classes
from ganmend.checks import check_seed, check_truncation, check_whole
from ganmend.demo.bundled import bundled_fingerprint
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import is_embedding, named_edit
from ganmend.edits.sampling import draw
from ganmend.edits.walks import walk
from ganmend.errors import ClassifierError, OptionError
from ganmend.files.cache import kept_in_cache, kept_until_done
from ganmend.files.digest import digest_below
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.kernels.allocator import return_freed_memory
from ganmend.metrics.comparison import Assessment
from ganmend.metrics.doubts import doubts_on
from ganmend.metrics.judging import SAMPLES, SEED, ClassJudge, judge_by_all
from ganmend.metrics.verdict import Verdict
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, ignore
from ganmend.search.config import SearchConfig
from ganmend.search.state import SearchState
from ganmend.targets.classifier import Classifier, weights_of
from ganmend.workbench import diagnosis
from ganmend.workbench.attributes import attribute_counter, wished_shares
from ganmend.workbench.balance import Balance
from ganmend.workbench.class_map import ClassMap
from ganmend.workbench.class_meant import asked_as, found_by, judged_as, known_as
from ganmend.workbench.comparable import inception_for, with_inception
from ganmend.workbench.comparing import same_network
from ganmend.workbench.defaults import needed
from ganmend.workbench.diagnosis import Diagnosis, diagnose_classes
from ganmend.workbench.early import names_before_loading, refuse_wrong_edits, refuse_wrong_targets
from ganmend.workbench.export import Exported, export_edits
from ganmend.workbench.folder_target import FolderTarget, expect_alone
from ganmend.workbench.job import Job, asked_judges, prepare_job
from ganmend.workbench.kept_diagnosis import place_of_diagnosis
from ganmend.workbench.mending import run_job
from ganmend.workbench.networks import Classifiers, Judges, Networks
from ganmend.workbench.real_images import RealImages
from ganmend.workbench.result import MendResult
from ganmend.workbench.sentence_target import SentenceTarget
from ganmend.workbench.yardsticks import HealthyClasses, yardsticks_for

ClassOrEdit = str | int | Path | ClassEdit  # see `Workbench.edit`


@dataclass(frozen=True)
class ToJudge:
    """An edit, who judges it, the first judge's name of the class, and who guided its search, where that is known."""

    edit: ClassEdit
    judges: tuple[ClassJudge, ...]
    target: str
    guide: ClassJudge | None


class Workbench:
    """One generator, with what mends its classes and what judges them.

    Python's functions and the command line hold one and format what it answers, so that the same question gets the same
    answer everywhere.

    Attributes:
        generator: prepared for many images.
        real: where real images come from.
    """

    generator: Generator
    real: RealImages

    def __init__(
        self,
        generator: Generator | GeneratorSource | str | Path,
        *,
        classifier: Classifiers | None = None,
        judge: Judges | None = None,
        real: str | Path | None = None,
        images: FolderTarget | None = None,
        text: SentenceTarget | None = None,
        precision: str = "auto",
        class_map: ClassMap | None = None,
        targets: Sequence[str | int] = (),
        edits: Sequence[ClassOrEdit] = (),
        balance: Balance | None = None,
        allow_code: bool = False,
    ) -> None:
        """Put everything on the bench; classifier, judge, targets and edits are checked before a generator is loaded.

        Args:
            generator: G, or where it comes from.
            classifier: guides searches, or its name, or several of either, which guide it together; None is the bundled
                one for the bundled generator, imagenet:search for one of ImageNet's classes where the extra is there,
                where neither images nor text are given; else none.
            judge: gives verdicts and guided no search, or its name, or several of either; None likewise.
            real: a folder of real images of the class to mend, or with a sub-folder a class, half for the search to
                match and half held out for the verdict; or a statistics file, for verdicts only. None takes the bundled
                ones for the bundled generator.
            images: folders of photographs that show classes which no classifier knows; they are real images too.
            text: a sentence that says what a class looks like.
            precision: of generator and search: 'float32', 'bfloat16', or 'auto' for the faster one.
            class_map: what classifier and judge call a class of the generator where names do not tell: {5: 'bullfrog'},
                or {'frog': {'classifier': 'bullfrog', 'judge': 'tailed frog'}}.
            targets: classes that will be mended or judged; one that a network does not know is refused before the
                generator is loaded.
            edits: that the generator will draw, see `edit`; a file that is missing is refused likewise, and so is a
                class that the generator does not have, where its names are known before its weights are read.
            balance: that will be asked for; what it names and cannot be had is refused likewise.
            allow_code: run Python code that the name of a classifier or judge leads to, see `load_classifier`.

        Raises:
            CheckpointError: the generator cannot be read.
            ClassNameError: a target or a name of the map is not known.
            ClassifierError: classifier or judge cannot be had, or are something else.
            EmbeddingError: a file of an edit is missing or broken.
            HubError: something is to be downloaded and cannot be.
            ImageFolderError: a folder of the balance is missing, or holds too few photographs.
            OptionError: an option is out of range.
        """
        if images is not None:
            expect_alone(images, real)
            images.check()
        networks = Networks(
            classifier=classifier, judge=judge, images=images, text=text, class_map=class_map, allow_code=allow_code
        )
        if targets or edits or class_map:
            names = names_before_loading(generator)
            refuse_wrong_targets(targets, names, networks.named, class_map or {})
            refuse_wrong_edits(edits, names)
        if balance is not None:
            _check_balance(balance)
            networks.refuse_wrong_balance(balance)
        gan = _generator(generator)
        bundled = gan.fingerprint == bundled_fingerprint()
        self.generator = gan.prepared(precision)
        self.real = RealImages(gan.resolution, None if real is None else Path(real), bundled)
        if images is not None:
            self.real = images.named_by(gan.class_names).photographs(gan.resolution)
        self._networks = networks.beside(self.generator, self.real, bundled=bundled)
        self._healthy: HealthyClasses | None = None
        return_freed_memory()

    def prepare(self, on_progress: OnProgress = ignore) -> None:
        """Fit what photographs need to be told by; everything else does nothing here. Done once, when first needed.

        Args:
            on_progress: called in the stages 'reading' and 'drawing'.

        Raises:
            ClassifierError: the photographs cannot be told from the generator's classes.
            ImageFolderError: they cannot be read.
        """
        self._networks.prepare(on_progress)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of the target and of who judges it, in sentences, once they have been asked for."""
        return self._networks.notes

    @property
    def judges(self) -> tuple[Classifier, ...]:
        """The independent classifiers of verdicts, in float32; those that nobody named are loaded when first needed."""
        return self._networks.judges

    @property
    def judge(self) -> Classifier | None:
        """The first of them, which gives the headline of a verdict, or None."""
        return self.judges[0] if self.judges else None

    @property
    def classifier(self) -> Classifier:
        """The classifier that guides searches, in float32.

        Raises:
            ClassifierError: none was named, and the generator has no default.
        """
        return self._networks.classifier

    @property
    def searching(self) -> Classifier:
        """The same classifier in the search's precision; of one that was given by name no other copy is kept."""
        return self._networks.searching

    @property
    def judge_guided_the_search(self) -> bool:
        """Whether a judge is the search's own classifier, whose verdict then says nothing."""
        return any(judge.is_same_network_as(self.searching) for judge in self.judges)

    def edit(self, what: ClassOrEdit, *, force: bool = False) -> ClassEdit:
        """The edit that a user names.

        Args:
            what: an edit, the path or hub address of its file, or a class of the generator by name or index.
            force: accept an edit found for another generator of the same widths.

        Returns:
            An edit that fits the generator; of a class, its own row.

        Raises:
            ClassNameError: no such class.
            EmbeddingError: the file is missing or broken, or the edit does not fit this generator.
            OptionError: it is of another type.
        """
        if isinstance(what, bool) or not isinstance(what, str | int | Path | ClassEdit):
            raise OptionError(f"a {type(what).__name__} came; expected a class's name or index, an edit, or its file")
        if isinstance(what, ClassEdit):
            what.check(self.generator, force=force)
            return what
        return named_edit(what, self.generator, force=force)

    def __repr__(self) -> str:
        judges = ", ".join(judge.name for judge in self.judges) or "none"
        return f"<Workbench: {self.generator!r}, judge {judges}>"

    def diagnose(
        self,
        *,
        only: Wanted | None = None,
        n: int = diagnosis.SAMPLES,
        seed: int = diagnosis.SEED,
        sequential: bool | None = None,
        worst: int = 0,
        on_progress: OnProgress = ignore,
        kept: Kept | None = None,
    ) -> Diagnosis:
        """Score classes by the judge, or by the search's classifier where there is none, and mark the sick ones.

        Args:
            only: the classes that are diagnosed, see `wanted_classes`; None takes all that the scorer knows. The marks
                of some are relative to the median of 25 classes spread evenly over all.
            n: samples a class, at least 6; the most of them where `sequential`.
            seed: of their latents, the same for every class.
            sequential: draw a class only until its mark is settled; None does so for more than 100 classes.
            worst: where `sequential`, draw on until so many of the sickest are told from the others.
            on_progress: called after each class, stages 'comparing', 'diagnosing' and 'ordering'.
            kept: figures of classes that were judged before, and where new ones go; None is the user's cache.

        Returns:
            The classes, worst first.

        Raises:
            ClassifierError: there is neither judge nor classifier, or the statistics are another judge's.
            ClassNameError: the generator has no such class.
            OptionError: n below 6, no class that the scorer knows, or one that it does not know.
        """
        check_whole("n", n)
        check_whole("worst", worst, 0)
        check_seed(seed)
        rows = None if only is None else wanted_classes(only, self.generator.class_names)
        scorer = self.judge or self.classifier
        references = self.real.references(scorer)
        place = place_of_diagnosis(self.generator, scorer, self.real, n=n, seed=seed) if kept is None else None
        with kept_in_cache(place) as in_cache:
            return diagnose_classes(
                self.generator, scorer, references, n=n, seed=seed, only=rows, sequential=sequential, worst=worst,
                kept=in_cache if kept is None else kept, on_progress=on_progress,
            )  # fmt: skip

    def target_name(self, target: str | int) -> str:
        """The name of a class that the search's classifier knows, given by the generator's index or by its name.

        Args:
            target: the class.

        Returns:
            Its name, as the generator has it, else the classifier.

        Raises:
            ClassNameError: the classifier does not know it; the message names the nearest ones.
            OptionError: neither text nor a whole number.
        """
        return found_by(self.searching, target, self.generator.class_names)[0].name

    def target_names(self, wanted: Sequence[tuple[str, str | int]]) -> list[str]:
        """Look up several classes before the first of them is mended.

        Args:
            wanted: of each class its task, 'repair', 'repurpose' or 'debias', and its name or the generator's index.

        Returns:
            Their names, see `target_name`; the generator's index as text where several of its classes have one name.

        Raises:
            ClassNameError: classifier or judge do not know one, or the generator has no such class to mend.
            OptionError: one is given twice.
        """
        names = self.generator.class_names
        found = [found_by(self.searching, target, names) for _, target in wanted]
        texts = [meant.name if meant.row is None else name_or_index(meant.row, names) for meant, _ in found]
        for (task, _), (meant, _), text in zip(wanted, found, texts, strict=True):
            if texts.count(text) > 1:
                raise OptionError(
                    f"{meant.name} is asked for twice, perhaps by name and by number; give each class once"
                )
            if task != "repurpose" and meant.row is None:
                find_class(meant.name, names)  # which tells why it is none of the generator's
            for judge in self.judges:
                asked_as(judge, meant, names)
        self.real.check([self.searching.class_names[index] for _, index in found], self.searching)
        return texts

    def mend(
        self,
        task: str,
        target: str | int,
        *,
        preset: str = "default",
        config: SearchConfig | None = None,
        seed: int = 0,
        samples: int = SAMPLES,
        balance: Balance | None = None,
        on_progress: OnProgress = ignore,
        state: SearchState | None = None,
        on_state: Callable[[SearchState], None] | None = None,
        on_found: Callable[[MendResult], None] | None = None,
        found: MendResult | None = None,
        kept: Kept = NOTHING_KEPT,
    ) -> MendResult:
        """Search a better edit of one class and, where there is a judge, judge before and after.

        Args:
            task: 'repair', 'repurpose' or 'debias'.
            target: class that the edit shall show: its name, or the generator's index.
            preset: 'default' or 'paper'.
            config: settings in place of the preset's.
            seed: of all random numbers; the same seed gives the same edit.
            samples: that the judge sees, of before and of after.
            balance: shares of attributes that the samples shall have, or None.
            on_progress: called in all stages: 'reading', 'ranking', 'choosing', 'searching', 'judging'.
            state: goes on from there; it must come from the same task, target, settings and seed.
            on_state: called with the search's state after each validation, and after a step ten seconds later.
            on_found: called with the result before it is judged.
            found: what the search gave before, with its generator: it is judged, and not searched again.
            kept: where what was drawn and seen is kept, for a run that is killed.

        Returns:
            The result, with its verdict where there is a judge.

        Raises:
            ClassNameError: classifier or judge do not know the target, or the generator has no such class to mend.
            ClassifierError: there is no classifier, it gives NaN, or cannot tell the attributes apart.
            ImageFolderError: no real images, or too few.
            OptionError: an unknown task or preset, or a setting out of range.
        """
        check_seed(seed)
        check_whole("samples", samples, 2)
        return run_job(
            self.job(task, target, balance=balance, on_progress=on_progress, kept=kept),
            preset=preset,
            config=config,
            seed=seed,
            samples=samples,
            on_progress=on_progress,
            state=state,
            on_state=on_state,
            on_found=on_found,
            found=found,
            kept=kept,
        )

    def job(
        self,
        task: str,
        target: str | int,
        *,
        balance: Balance | None = None,
        on_progress: OnProgress = ignore,
        kept: Kept = NOTHING_KEPT,
    ) -> Job:
        """Gather and check all that mending a class takes, and begin nothing.

        Args:
            task: 'repair', 'repurpose' or 'debias'.
            target: class that the edit shall show: its name, or the generator's index.
            balance: shares of attributes that the samples shall have, or None.
            on_progress: called while images are seen, stages 'reading' and 'drawing'.
            kept: where what was seen is kept, for a run that is killed.

        Returns:
            The job.

        Raises:
            ClassNameError: classifier or judge do not know the target, or the generator has no such class to mend.
            ClassifierError: there is no classifier, it gives NaN, or cannot tell the attributes apart.
            ImageFolderError: no real images, or too few.
            OptionError: an unknown task.
        """
        self.prepare(on_progress)
        job = prepare_job(
            task, target, self.generator, self.searching, self.judges, self.real, self._healthy_classes(), on_progress,
            kept,
        )  # fmt: skip
        job = replace(job, notes=self.notes)
        return job if balance is None else self._balanced(job, balance, on_progress)

    def _balanced(self, job: Job, balance: Balance, on_progress: OnProgress) -> Job:
        """A job with the networks that its attributes need: one for the search, another for the verdict."""
        _check_balance(balance)
        device, dtype, size = self.generator.device, self.searching.dtype, self.generator.resolution
        by, judge = (self._networks.of_balance(balance, name) for name in (balance.by, balance.judge))
        guide = self.searching if by is None else by.to(device).in_precision(dtype)
        wished = wished_shares(balance, guide, size, on_progress)
        if not self.judges:
            return replace(job, wished=wished)
        judges = self.judges if judge is None else [judge.to(device)]
        return replace(job, wished=wished, counter=attribute_counter(balance, judges, guide, size, on_progress))

    def evaluate(
        self,
        edit: ClassOrEdit,
        *,
        target: str | int | None = None,
        n: int = SAMPLES,
        seed: int = SEED,
        fid: str = "judge",
        inception_weights: str | Path | None = None,
        force: bool = False,
        on_progress: OnProgress = ignore,
    ) -> Verdict:
        """The first judge's verdict on an edit, or on a class, against all real images that there are.

        Args:
            edit: see `Workbench.edit`.
            target: class that it should show: its name, or the generator's index; None takes the edit's own.
            n: samples, at least 2.
            seed: of their latents.
            fid: 'inception' adds figures in torch-fidelity's Inception features, to compare with papers.
            inception_weights: a file of that network's weights; None takes torch's cache, or downloads them into it.
            force: accept an edit found for another generator of the same widths.
            on_progress: called after each batch, stages 'reading' and 'judging'.

        Returns:
            All figures.

        Raises:
            ClassNameError: the judge does not know the target.
            ClassifierError: there is no judge, the statistics are another's, or Inception's weights cannot be had.
            EmbeddingError: the edit cannot be read or does not fit.
            ImageFolderError: no real images, or too few.
            OptionError: n below 2, an edit that does not say what it shows, or Inception without a folder to compare.
        """
        inception = inception_for(fid, inception_weights, self.real.folder)
        wanted = self._to_judge(edit, target, n, seed, self.judges[:1], force=force, on_progress=on_progress)
        with self._kept_while_judged(wanted, n, seed) as kept:
            return self._verdicts(wanted, inception, n, seed, on_progress, kept)[0]

    def assess(
        self,
        edit: ClassOrEdit,
        *,
        target: str | int | None = None,
        n: int = SAMPLES,
        seed: int = SEED,
        fid: str = "judge",
        inception_weights: str | Path | None = None,
        force: bool = False,
        on_progress: OnProgress = ignore,
    ) -> Assessment:
        """The verdict of `evaluate`, with what it can be compared with, what speaks against it, and all other judges'.

        Args:
            edit: see `Workbench.edit`.
            target: class that it should show: its name, or the generator's index; None takes the edit's own.
            n: samples, at least 2.
            seed: of their latents.
            fid: 'inception' adds figures in torch-fidelity's Inception features, to compare with papers.
            inception_weights: a file of that network's weights; None takes torch's cache, or downloads them into it.
            force: accept an edit found for another generator of the same widths.
            on_progress: called after each batch or class, stages 'reading', 'judging', 'healthy classes'.

        Returns:
            Verdict, yardsticks and doubts.

        Raises:
            ClassNameError: the judge does not know the target.
            ClassifierError: there is no judge, or the statistics are another's.
            EmbeddingError: the edit cannot be read or does not fit.
            ImageFolderError: no real images, or too few.
            OptionError: n below 2, or an edit that does not say what it shows.
        """
        inception = inception_for(fid, inception_weights, self.real.folder)
        wanted = self._to_judge(edit, target, n, seed, self.judges, force=force, on_progress=on_progress)
        healthy, reference = self._healthy_classes(), wanted.judges[0].reference
        with self._kept_while_judged(wanted, n, seed) as kept:
            verdicts = self._verdicts(wanted, inception, n, seed, on_progress, kept)
            yardsticks = yardsticks_for(healthy, reference, wanted.target, n, seed, on_progress, kept)
        first, *further = wanted.judges
        named = zip(further, verdicts[1:], strict=True)
        others = [
            Assessment(verdict, asked.judge.name, asked.judge.class_names[asked.index or 0]) for asked, verdict in named
        ]
        guide, kin = (wanted.edit.details.get(key, "") for key in ("classifier", "classifier_kin"))
        doubts = doubts_on(
            verdicts[0],
            yardsticks=yardsticks,
            judge_guided=bool(same_network(guide, [first])),
            others=[(other.judge, other.verdict) for other in others],
            others_guided=same_network(guide, further),
            relatives=[asked.judge.name for asked in wanted.judges if kin and asked.judge.kin == kin],
        )
        return Assessment(verdicts[0], first.judge.name, wanted.target, yardsticks, doubts, tuple(others))

    def _to_judge(
        self,
        edit: ClassOrEdit,
        target: str | int | None,
        n: int,
        seed: int,
        judges: Sequence[Classifier],
        *,
        force: bool,
        on_progress: OnProgress,
    ) -> ToJudge:
        check_whole("n", n, 2)
        check_seed(seed)
        if not judges:
            raise ClassifierError(needed("a judge", self.generator.class_names))
        names, found = self.generator.class_names, self.edit(edit, force=force)
        is_class = isinstance(edit, int) or (isinstance(edit, str) and not is_embedding(edit, names))
        shown: str | int = edit if is_class else ""  # type: ignore[assignment]
        indices = [judged_as(judge, found, target, names, shown=shown) for judge in judges]
        asked = asked_judges(judges, indices, self.real, searched=False, on_progress=on_progress)
        return ToJudge(found, asked, judges[0].class_names[indices[0]], self._guide(found, target))

    def _guide(self, edit: ClassEdit, target: str | int | None) -> ClassJudge | None:
        """The classifier that guided an edit's search, where it is the one on the bench."""
        if not self._networks.has_guide or self.searching.weights != weights_of(edit.details.get("classifier", "")):
            return None
        wanted = edit.details.get("classifier_class", edit.target) if target is None else target
        return ClassJudge(self.searching, known_as(self.searching, wanted, self.generator.class_names))

    def _kept_while_judged(self, wanted: ToJudge, n: int, seed: int) -> AbstractContextManager[Kept]:
        """Where what is drawn and seen is kept, for an evaluation that is killed and asked for again."""
        generator, networks = self.generator, [*wanted.judges, *([wanted.guide] if wanted.guide else [])]
        drawn = [generator.fingerprint, generator.function_digest(), generator.precision, generator.truncation]
        seen = [[one.judge.fingerprint, str(one.judge.dtype), one.index] for one in networks]
        real = [self.real.bundled, digest_below(self.real.source), wanted.target, generator.class_names]
        return kept_until_done("evaluation", [*drawn, wanted.edit.digest(), n, seed, seen, *real])

    def _verdicts(
        self,
        wanted: ToJudge,
        inception: nn.Module | None,
        n: int,
        seed: int,
        on_progress: OnProgress,
        kept: Kept,
    ) -> list[Verdict]:
        edit, guide = wanted.edit, wanted.guide
        verdicts = judge_by_all(
            self.generator, edit, wanted.judges, guide=guide, n=n, seed=seed, on_progress=on_progress, kept=kept
        )
        if inception is not None and self.real.folder is not None:
            photographs = self.real.photographs(wanted.judges[0].judge, wanted.target)
            verdicts[0] = with_inception(verdicts[0], inception, self.generator, edit, photographs, seed, on_progress)
        return verdicts

    def _healthy_classes(self) -> HealthyClasses | None:
        """Classes of the generator to compare with, or None without a judge; what was judged is kept."""
        if self._healthy is None and (judge := self.judge) is not None:
            self._healthy = HealthyClasses(self.generator, judge, self.real.references_of_others(judge))
        return self._healthy

    def sample(
        self,
        edit: ClassOrEdit,
        n: int = 16,
        *,
        seed: int = 0,
        start: int = 0,
        truncation: float | None = None,
        force: bool = False,
        on_progress: OnProgress = ignore,
    ) -> Iterator[Tensor]:
        """Draw samples start .. start + n - 1 of a seed.

        Args:
            edit: see `Workbench.edit`.
            n: how many.
            seed: of their latents.
            start: index of the first.
            truncation: of the latents, above 0 and at most 1; None takes the generator's own.
            force: accept an edit found for another generator of the same widths.
            on_progress: called after each batch, stage 'drawing'.

        Returns:
            Batches (at most 100, 3, H, W) in [-1, 1], drawn as they are asked for.

        Raises:
            ClassNameError: no such class.
            EmbeddingError: the edit cannot be read or does not fit.
            OptionError: n below 1, or a truncation out of range.
        """
        check_seed(seed)
        for name, value, least in (("n", n, 1), ("start", start, 0)):
            check_whole(name, value, least)
        check_truncation(truncation)
        found = self.edit(edit, force=force)
        return draw(self.generator, found, n, seed, start=start, truncation=truncation, on_progress=on_progress)

    def walk(
        self,
        first: ClassOrEdit,
        last: ClassOrEdit,
        steps: int = 16,
        *,
        seed: int = 0,
        rows: int = 4,
        force: bool = False,
        on_progress: OnProgress = ignore,
    ) -> Tensor:
        """Draw the straight way from one class or edit to another, on the same latents.

        Args:
            first: see `Workbench.edit`.
            last: likewise.
            steps: images a row, the two ends included.
            seed: of the latents.
            rows: how many latents.
            force: accept edits found for another generator of the same widths.
            on_progress: called after each step, stage 'drawing'.

        Returns:
            (rows * steps, 3, H, W) in [-1, 1], row by row.

        Raises:
            ClassNameError: no such class.
            EmbeddingError: an edit cannot be read or does not fit.
            OptionError: fewer than 1 step or row.
        """
        check_seed(seed)
        for name, value, least in (("steps", steps, 1), ("rows", rows, 1)):
            check_whole(name, value, least)
        start, end = self.edit(first, force=force), self.edit(last, force=force)
        return walk(self.generator, start, end, steps, seed, rows=rows, on_progress=on_progress)

    def export(
        self,
        checkpoint: str | Path,
        edits: Sequence[ClassOrEdit],
        out: str | Path,
        *,
        classes: Sequence[str] = (),
        append: bool = False,
        table: bool = False,
        overwrite: bool = False,
        force: bool = False,
    ) -> Exported:
        """Write a checkpoint whose class table holds edits, every other tensor bit for bit the same.

        Args:
            checkpoint: the path or name that the generator was loaded from.
            edits: see `Workbench.edit`; of single vectors, without latent map.
            out: a file like the original; a folder for a huggingface checkpoint; or .npy for the vectors alone.
            classes: whose row each edit takes, or a new class's name; () takes the edits' targets.
            append: add each vector as a new class after the last.
            table: replace the whole table by the one edit's vectors.
            overwrite: replace what stands at `out`.
            force: accept edits found for another generator of the same widths.

        Returns:
            What was written.

        Raises:
            CheckpointError: the checkpoint cannot be read.
            ClassNameError: no such class.
            EmbeddingError: an edit cannot be read or does not fit.
            OptionError: options that exclude each other, or edits that a table cannot hold.
            OutputError: the place cannot be written.
        """
        found = [self.edit(edit, force=force) for edit in edits]
        names = self.generator.class_names
        return export_edits(
            names, checkpoint, found, out, classes=classes, append=append, table=table, overwrite=overwrite
        )


def _check_balance(given: object) -> None:
    if not isinstance(given, Balance):
        raise OptionError(f"balance is a {type(given).__name__}; expected a Balance or None")


def _generator(given: Generator | GeneratorSource | str | Path) -> Generator:
    if isinstance(given, str | Path):
        given = GeneratorSource(str(given))
    if isinstance(given, GeneratorSource):
        given = given.load()
    if not isinstance(given, Generator):
        raise OptionError(f"generator is a {type(given).__name__}; expected a Generator, or its path or name")
    return given
