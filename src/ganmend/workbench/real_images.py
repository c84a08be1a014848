"""Real images of the classes: what a search matches, and what a judge compares with; never the same images."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from torch import Tensor

from ganmend.errors import ClassifierError, ImageFolderError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.photographs.classes import check_folders, class_folders, folder_of_class, named_class
from ganmend.photographs.reading import ALL, HELD_OUT, TO_MATCH, Photographs
from ganmend.progress import OnProgress, ignore
from ganmend.targets.classifier import Classifier
from ganmend.workbench.bundled_images import bundled_photographs, bundled_reference
from ganmend.workbench.seen_photographs import class_reference_of, matching_features


@dataclass(frozen=True)
class RealImages:
    """Where real images of the classes come from.

    Photographs go the way that generated images go: they are brought to the generator's resolution first, and then
    through the same `Classifier.preprocess`.

    Attributes:
        resolution: the generator's, in pixels.
        source: a folder of images of one class or with a sub-folder a class; or a saved statistics file
            (.safetensors; for verdicts only); or None.
        bundled: whether the generator is the bundled one: what `source` does not give comes from the package then.
    """

    resolution: int
    source: Path | None = None
    bundled: bool = False

    @property
    def folder(self) -> Path | None:
        """The source, where it is a folder of images."""
        if self.source is None or (self.source.suffix == ".safetensors" and not self.source.is_dir()):
            return None
        return self.source

    @cached_property
    def statistics(self) -> ReferenceStatistics | None:
        """A user's own saved statistics, or None."""
        return None if self.source is None or self.folder is not None else ReferenceStatistics.load(self.source)

    def statistics_for(self, judge: Classifier, *, needed: bool = True) -> ReferenceStatistics | None:
        """The saved statistics that one judge can use: a user's own, else the bundled ones.

        Args:
            judge: that gives the verdict.
            needed: whether a user's own statistics must be this judge's; else those of another are left out.

        Returns:
            The statistics, or None where there are none of this judge's.

        Raises:
            ClassifierError: a user's own statistics were made with another judge, and this one's are needed.
            ImageFolderError: a user's own statistics were made for a generator of another resolution.
        """
        if self.source is None:
            return bundled_reference(judge.fingerprint) if self.bundled else None
        found = self.statistics
        if found is None or found.judge == judge.fingerprint:
            if found is not None:
                self._check_resolution(found, judge)
            return found
        if not needed:
            return None
        raise ClassifierError(
            f"the reference statistics were made with judge {found.judge}, this judge is {judge.fingerprint}; "
            "use that judge or make the statistics again"
        )

    def _check_resolution(self, statistics: ReferenceStatistics, judge: Classifier) -> None:
        """Refuse statistics of images that came another way to the judge than the generator's.

        Args:
            statistics: a user's own.
            judge: that gives the verdict. Files that do not say their resolution are older than the field; their images
                were resized to the judge's size at once, which is the same way where that is the generator's.

        Raises:
            ImageFolderError: they were made for a generator of another resolution.
        """
        made_at = statistics.resolution or judge.resolution
        if made_at != self.resolution:
            raise ImageFolderError(
                f"{self.source} was made of images of {made_at} px, and this generator draws {self.resolution} px; "
                f"make it again by ganmend statistics with --resolution {self.resolution}"
            )

    def check(self, targets: list[str], classifier: Classifier) -> None:
        """Refuse a folder that does not fit what is asked for, before any work.

        Args:
            targets: classes to mend, by the classifier's names.
            classifier: the search's.

        Raises:
            ImageFolderError: no such folder; or one for several classes, without a sub-folder for each.
        """
        if self.folder is not None:
            check_folders(self.folder, targets, classifier.class_names)

    def photographs(self, classifier: Classifier, target: str, part: slice = ALL) -> Photographs:
        """Photographs of a class, or a part of them, at the generator's resolution; there is a folder.

        Args:
            classifier: whose name the class has.
            target: the class.
            part: which of them.

        Returns:
            What reads them.

        Raises:
            ImageFolderError: no image in the folder, or it holds other classes.
        """
        assert self.folder is not None
        return Photographs(folder_of_class(self.folder, target, classifier.class_names), self.resolution, part)

    def matched(self, classifier: Classifier, target: str, *, judged: bool) -> Photographs:
        """The photographs that a search sees: half of a folder where a verdict follows."""
        return self.photographs(classifier, target, TO_MATCH if judged else ALL)

    def to_match(
        self,
        classifier: Classifier,
        target: str,
        *,
        judged: bool,
        on_progress: OnProgress = ignore,
        kept: Kept = NOTHING_KEPT,
    ) -> Tensor | None:
        """What a search matches.

        Args:
            classifier: the search's.
            target: class name.
            judged: whether a verdict follows: half of a folder is then held out for it.
            on_progress: called after each batch of a folder's images, stage 'reading'.
            kept: where what was seen of a folder is kept, for a run that is killed.

        Returns:
            The classifier's `matching_features` (M, F) of real images of the class, or None where there are none.

        Raises:
            ImageFolderError: no image in the folder can be read, or it holds other classes.
        """
        if self.folder is not None:
            return matching_features(classifier, self.matched(classifier, target, judged=judged), on_progress, kept)
        return bundled_photographs(classifier, classifier.own_name(target)) if self.bundled else None

    def reference(
        self,
        judge: Classifier,
        target: str,
        *,
        searched: bool,
        needed: bool = True,
        on_progress: OnProgress = ignore,
        kept: Kept = NOTHING_KEPT,
        name: str = "reference",
    ) -> ClassReference | None:
        """What a judge compares samples with.

        Args:
            judge: of the verdict.
            target: class name.
            searched: whether a search has seen the folder's other half: only the half held out counts then.
            needed: see `statistics_for`.
            on_progress: called after each batch of a folder's images, stage 'reading'.
            kept: where what was seen of a folder is kept, for a run that is killed.
            name: of it there.

        Returns:
            The judge's features of real images of the class, or None where there are none.

        Raises:
            ClassifierError: the statistics file was made with another judge, and this one's is needed.
            ImageFolderError: too few images in the folder, or it holds other classes; or the statistics file was made
                for another resolution.
        """
        if self.folder is not None:
            photographs = self.photographs(judge, target, HELD_OUT if searched else ALL)
            index = named_class(target, judge.class_names)
            return class_reference_of(judge, photographs, index, on_progress=on_progress, kept=kept, name=name)
        return of_class(self.statistics_for(judge, needed=needed), judge.own_name(target))

    def references(self, judge: Classifier) -> Callable[[str], ClassReference | None]:
        """What a diagnosis compares each class with.

        Args:
            judge: of the verdicts.

        Returns:
            From a class's name to its real images as the judge sees them, or None where there are none. A folder's are
            read when they are asked for, so that memory holds one class.

        Raises:
            ClassifierError: the statistics file was made with another judge.
            ImageFolderError: a folder without sub-folders of classes; or a statistics file of another resolution.
        """
        if self.folder is None:
            statistics = self.statistics_for(judge)
            return partial(_in_statistics, statistics, judge)
        return partial(_in_folders, folders_of_classes(self.folder, judge), self.resolution, judge)

    def references_of_others(self, judge: Classifier) -> Callable[[str], ClassReference | None]:
        """As `references`, but of a folder of one class there are none: its images show no other class."""
        if self.folder is not None and not class_folders(self.folder, judge.class_names):
            return no_reference
        return self.references(judge)


def no_reference(name: str) -> None:
    """Of no class there are real images."""


# A workbench is sent to other processes, with the function that it found real images by.
def _in_statistics(statistics: ReferenceStatistics | None, judge: Classifier, name: str) -> ClassReference | None:
    return of_class(statistics, judge.own_name(name))


def _in_folders(folders: dict[str, Path], resolution: int, judge: Classifier, name: str) -> ClassReference | None:
    by_name = list(folders)
    index = named_class(name, by_name)
    if index is None:
        return None
    photographs = Photographs(folders[by_name[index]], resolution)
    return class_reference_of(judge, photographs, judge.index_of(by_name[index]))


def of_class(statistics: ReferenceStatistics | None, name: str) -> ClassReference | None:
    """What statistics hold of a class, whose name they may spell otherwise; None where they do not."""
    names = [] if statistics is None else list(statistics.classes)
    index = named_class(name, names)
    return None if statistics is None or index is None else statistics.classes[names[index]]


def folders_of_classes(folder: Path, judge: Classifier) -> dict[str, Path]:
    """The sub-folders of classes that a judge knows.

    Args:
        folder: with a sub-folder a class.
        judge: whose names they are.

    Returns:
        Their paths by the judge's names.

    Raises:
        ImageFolderError: no such folder, or none of its sub-folders is named for a class.
    """
    check_folders(folder, [], judge.class_names)
    folders = class_folders(folder, judge.class_names)
    if not folders:
        raise ImageFolderError(
            f"{folder} has no sub-folder that is named for a class of {judge.name}; expected one for each, such as "
            f"{folder.name}/{judge.class_names[0]}"
        )
    return folders
