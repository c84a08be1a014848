"""The networks on a workbench: what guides its searches, and what judges them.

They are named, and checked, before a generator is loaded. What depends on the generator follows when it is there: the
names of its classes, defaults, and probes on its samples.
"""

from collections.abc import Sequence

from ganmend.errors import ClassifierError
from ganmend.kernels.allocator import return_freed_memory
from ganmend.models.precision import PRECISIONS
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, ignore
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.targets.sentences.clip_model import Clip
from ganmend.targets.together import Together
from ganmend.targets.trial import tried
from ganmend.workbench.attributes import refuse_wrong_attributes, sentences_told_by
from ganmend.workbench.balance import Balance
from ganmend.workbench.class_map import CLASSIFIER, JUDGE, ClassMap, check_class_map, part_for, renamed
from ganmend.workbench.class_meant import known_as
from ganmend.workbench.defaults import defaults_for, needed
from ganmend.workbench.folder_probe import fit_probes
from ganmend.workbench.folder_target import FolderTarget, OwnFolders
from ganmend.workbench.real_images import RealImages
from ganmend.workbench.sentence_target import SentenceTarget, takes_sentences

NO_JUDGE = "There is no verdict: no bundled judge knows '{}'; name a judge that does, such as clip:ViT-B-16/openai."
Classifiers = Classifier | str | Sequence[Classifier | str]
Judges = Classifiers  # one, or several of which the first gives the headline


class Networks:
    """What was named as classifier, judge, photographs or sentence, and what that comes to beside a generator.

    Attributes:
        notes: what is to be known of the target and of who judges it, in sentences, once they have been asked for.
    """

    notes: tuple[str, ...]

    def __init__(
        self,
        *,
        classifier: Classifiers | None,
        judge: Judges | None,
        images: FolderTarget | None,
        text: SentenceTarget | None,
        class_map: ClassMap | None,
        allow_code: bool,
    ) -> None:
        """Load what was named.

        Args:
            classifier: guides searches, or its name, or several of either.
            judge: gives verdicts, likewise.
            images: folders of photographs that show classes, or None.
            text: a sentence that says what a class looks like, or None.
            class_map: what classifier and judge call the generator's classes, or None.
            allow_code: run Python code that a name leads to.

        Raises:
            ClassifierError: one cannot be had, is something else, or was given twice.
            OptionError: the class map is none.
        """
        self._class_map = {} if class_map is None else class_map
        check_class_map(self._class_map)
        self._allow_code, self._images, self._text, self.notes = allow_code, images, text, ()
        self._asked = self._several_judges(judge)
        self._guides = self._several("classifier", classifier)
        _refuse_doubled("classifiers", self._guides)
        self._clip = None if text is None else text.load()
        self._backbone = self._one("backbone", images.backbone) if images is not None and images.backbone else None
        # Of one that was given by its name no other copy has to be kept beside the search's.
        alone = isinstance(classifier, str) and text is None and images is None
        self._sole_name = str(classifier) if alone else ""
        self._of_balances: dict[tuple[object, ...], Classifier] = {}

    @property
    def named(self) -> list[tuple[str, Classifier]]:
        """Those that have to know the classes by name, each behind 'classifier' or 'judge', which it is."""
        judges = [one for one in self._asked if self._images is None and isinstance(one, Classifier)]
        return [(JUDGE, one) for one in judges] + [(CLASSIFIER, one) for one in self._guides]

    def refuse_wrong_balance(self, balance: Balance) -> None:
        """Refuse what a balance names and cannot be had, before a generator is loaded.

        Args:
            balance: that will be asked for.

        Raises:
            ClassifierError: a network cannot be had, or does not know an attribute.
            ImageFolderError: a folder is missing, or holds too few photographs.
        """
        by, _ = (self.of_balance(balance, name) for name in (balance.by, balance.judge))
        refuse_wrong_attributes(balance, by or (self._guides[0] if len(self._guides) == 1 else None))

    def beside(self, generator: Generator, real: RealImages, *, bundled: bool) -> "Networks":
        """Put them beside a generator, which says what its classes are called.

        Args:
            generator: prepared for many images.
            real: where real images come from.
            bundled: whether the generator is the bundled one.

        Returns:
            Themselves.

        Raises:
            ClassNameError: the class map names what a network does not know.
            OptionError: it gives a class two names.
        """
        self._generator, self._real, names = generator, real, generator.class_names
        self._judges = tuple(self._on_bench(JUDGE, self._as_classifier(one)) for one in self._asked)
        own = bool(self._guides) or self._text is not None  # whose classes a default judge may not know
        defaults = defaults_for(() if own else names, bundled=bundled)
        self._judge_names = defaults.judges
        self._leading = [self._on_bench(CLASSIFIER, one) for one in self._guides]
        if self._text is not None and self._clip is not None:
            self._leading.append(self._text.classifier(self._clip, names).to(generator.device))
        waits = self._images is not None
        self._classifier = _together(self._leading) if self._leading and not waits else None
        self._classifier_name = self._sole_name or ("" if self._leading or waits else defaults.classifier)
        self._searching: Classifier | None = None
        return self

    def prepare(self, on_progress: OnProgress = ignore) -> None:
        """Fit what photographs need to be told by; everything else does nothing here. Done once, when first needed.

        Args:
            on_progress: called in the stages 'reading' and 'drawing'.

        Raises:
            ClassifierError: the photographs cannot be told from the generator's classes.
            ImageFolderError: they cannot be read.
        """
        if self._images is None or self._classifier is not None or self._searching is not None:
            return
        assert isinstance(self._real, OwnFolders)
        images = self._images.named_by(self._generator.class_names)
        probes = fit_probes(images, self._generator, self._real, self._backbone, self._judges, on_progress)
        self._classifier = _together([*self._leading, probes.search])
        self._judges, self.notes = probes.judges, probes.notes

    @property
    def judges(self) -> tuple[Classifier, ...]:
        """The independent classifiers of verdicts, in float32; those that nobody named are loaded when first needed."""
        self.prepare()
        if not self._judges and self._judge_names:
            self._judges = tuple(self._on_bench(JUDGE, self._loaded(name)) for name in self._judge_names)
            if self._text is not None:
                wanted, names = self._text.called, self._generator.class_names
                self._judges = tuple(one for one in self._judges if known_as(one, wanted, names) is not None)
                if not self._judges:
                    self._judge_names, self.notes = (), (*self.notes, NO_JUDGE.format(wanted))
        return self._judges

    @property
    def classifier(self) -> Classifier:
        """The classifier that guides searches, in float32.

        Raises:
            ClassifierError: none was named, and the generator has no default.
        """
        self.prepare()
        if self._classifier is None and self._classifier_name:
            self._classifier = self._on_bench(CLASSIFIER, self._loaded(self._classifier_name))
        if self._classifier is None:
            raise ClassifierError(needed("a classifier", self._generator.class_names))
        return self._classifier

    @property
    def searching(self) -> Classifier:
        """The same classifier in the search's precision; of one that was given by name no other copy is kept."""
        if self._searching is None:
            self._searching = self.classifier.in_precision(PRECISIONS[self._generator.precision])
            if self._classifier_name:
                self._classifier = None
                return_freed_memory()
        return self._searching

    @property
    def has_guide(self) -> bool:
        """Whether there is something that guides searches."""
        return bool(self._classifier is not None or self._searching is not None or self._classifier_name)

    def of_balance(self, balance: Balance, name: str) -> Classifier | None:
        """A network that a balance names, loaded when it is first asked for.

        Args:
            balance: shares of attributes.
            name: of the network, or ''.

        Returns:
            The network; None where the balance names none.

        Raises:
            ClassifierError: it cannot be had.
        """
        if not name and not balance.sentences:
            return None
        key = (name, *balance.attributes.items())
        if key not in self._of_balances:
            self._of_balances[key] = sentences_told_by(name, balance) if balance.sentences else self._loaded(name)
        return self._of_balances[key]

    def _on_bench(self, network: str, classifier: Classifier) -> Classifier:
        """A network beside the generator, which calls its classes as the generator does."""
        part = part_for(network, self._class_map)
        return renamed(classifier.to(self._generator.device), part, self._generator.class_names)

    def _loaded(self, name: str) -> Classifier:
        return load_classifier(name, allow_code=self._allow_code)

    def _one(self, option: str, given: object) -> Classifier | None:
        if given is not None and not isinstance(given, Classifier | str):
            raise ClassifierError(f"{option} is a {type(given).__name__}; expected a Classifier or its name")
        if isinstance(given, str):
            return self._loaded(given)
        return None if given is None else tried(given)

    def _several(self, option: str, given: Classifiers | None) -> list[Classifier]:
        several = list(given) if isinstance(given, list | tuple) else [given]
        return [found for one in several if (found := self._one(option, one)) is not None]

    def _several_judges(self, given: Judges | None) -> list[Classifier | Clip]:
        """The judges that are named.

        Args:
            given: by a user.

        Returns:
            Classifiers; and models that the sentence makes classifiers of, once the generator's classes are known.

        Raises:
            ClassifierError: one cannot be had, or two are the same network.
        """
        found: list[Classifier | Clip] = []
        for one in given if isinstance(given, list | tuple) else [given]:
            if self._text is not None and isinstance(one, str) and takes_sentences(one):
                found.append(self._text.load(one))
            elif (judge := self._one("judge", one)) is not None:
                found.append(judge)
        _refuse_doubled("judges", found)
        return found

    def _as_classifier(self, judge: Classifier | Clip) -> Classifier:
        if isinstance(judge, Classifier):
            return judge
        assert self._text is not None
        return self._text.classifier(judge, self._generator.class_names)


def _refuse_doubled(what: str, found: Sequence[Classifier | Clip]) -> None:
    """Refuse networks of which two are one.

    Args:
        what: they are.
        found: the networks.

    Raises:
        ClassifierError: so.
    """
    if len({one.weights if isinstance(one, Classifier) else one.name for one in found}) < len(found):
        names = ", ".join(one.name for one in found)
        raise ClassifierError(f"the {what} {names} came, of which two are the same network; give each once")


def _together(found: Sequence[Classifier]) -> Classifier:
    return Together(found) if len(found) > 1 else found[0]
