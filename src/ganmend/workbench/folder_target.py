"""Folders of photographs as the target: as plain values, and the photographs, split for search and verdict."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ganmend.errors import GanmendWarning, ImageFolderError, OptionError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.metrics.statistics import ClassReference
from ganmend.photographs.classes import named_class
from ganmend.photographs.find import find_pictures
from ganmend.photographs.reading import ALL, NONE, Photographs
from ganmend.progress import OnProgress, ignore
from ganmend.targets.classifier import Classifier
from ganmend.targets.probe import SOMETHING_ELSE
from ganmend.workbench.class_meant import class_meant
from ganmend.workbench.real_images import RealImages, no_reference
from ganmend.workbench.seen_photographs import class_reference_of

FEWEST, FEW = 5, 20  # photographs of a class: fewer are refused, and fewer get a warning
HELD_OUT_AT_LEAST, MOST_STEP = NEIGHBOURS + 1, 5  # a fifth is held out for the verdict, of few photographs more


@dataclass(frozen=True)
class FolderTarget:
    """Classes that nobody but their photographs names.

    Attributes:
        images: by class name the path of its folder of photographs.
        against: folders of photographs of other things, that samples shall not look like.
        backbone: name of the classifier whose features tell them apart; '' takes demo:search up to 64 px, else
            imagenet:search.
    """

    images: Mapping[str, str]
    against: tuple[str, ...] = ()
    backbone: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.images, str | Path) or not isinstance(self.images, Mapping) or not self.images:
            raise OptionError(f"images is {self.images!r:.80}; expected a folder by class name: {{'lorry': 'DIR'}}")
        if isinstance(self.against, str) or not isinstance(self.against, tuple | list):
            raise OptionError(f"against is {self.against!r:.80}; expected a list of folders")
        images = {name: str(folder) for name, folder in self.images.items()}
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "against", tuple(map(str, self.against)))
        for name in images:
            if type(name) is not str or not name.strip() or name == SOMETHING_ELSE:
                raise OptionError(f"a class of photographs is called {name!r:.60}; give it another name")
        if not isinstance(self.backbone, str):
            raise OptionError(f"backbone is {self.backbone!r:.80}; expected a classifier's name")

    def named_by(self, names: Sequence[str]) -> "FolderTarget":
        """The same where a class of the generator, by index or in another spelling, is called as the generator has it.

        Args:
            names: of the generator's classes.

        Returns:
            The target.

        Raises:
            ClassNameError: an index outside the generator's table.
        """
        images = {class_meant(name, names).name: folder for name, folder in self.images.items()}
        return replace(self, images=images)

    def photographs(self, resolution: int) -> "OwnFolders":
        """The photographs.

        Args:
            resolution: the generator's, in pixels.

        Returns:
            Real images of the classes.
        """
        return OwnFolders(resolution, folders={name: Path(folder) for name, folder in self.images.items()})

    def check(self) -> None:
        """Refuse folders that cannot serve, before anything is loaded; warn of few photographs.

        Raises:
            ImageFolderError: a folder is missing, holds too few photographs, or is given twice.
        """
        places = [Path(folder).resolve() for folder in (*self.images.values(), *self.against)]
        for place in places:
            if places.count(place) > 1:
                raise ImageFolderError(f"{place} is given twice; each folder stands for one class or for other things")
        for name, folder in self.images.items():
            if (n := _count(folder)) < FEWEST:
                raise ImageFolderError(f"{folder} holds {n} photographs of {name}; expected {FEWEST} or more")
            if n < FEW:
                warnings.warn(
                    f"{folder} holds {n} photographs of {name}; with fewer than {FEW} samples copy them rather "
                    "than show the class, and can hardly be judged",
                    GanmendWarning,
                    stacklevel=2,
                )
        for folder in self.against:
            if (n := _count(folder)) < FEWEST:
                raise ImageFolderError(f"{folder} holds {n} photographs of other things; expected {FEWEST} or more")


def expect_alone(images: FolderTarget, real: object) -> None:
    """Refuse other real images beside folders of photographs, which are the real images.

    Args:
        images: the folders.
        real: what was given besides, or None.

    Raises:
        OptionError: something was.
    """
    if not isinstance(images, FolderTarget):
        raise OptionError(f"images is a {type(images).__name__}; expected a FolderTarget")
    if real is not None:
        raise OptionError("images and real were both given; the images are the real ones too, so give them alone")


def _count(folder: str) -> int:
    if not Path(folder).is_dir():
        raise ImageFolderError(f"no folder at {folder}: expected a folder of photographs")
    return len(find_pictures(folder).paths)


def held_out(n: int) -> slice:
    """Which of n photographs, in order, are held out for the verdict.

    Args:
        n: how many there are.

    Returns:
        Every fifth; of fewer than 30 more, so that there are enough to judge by; of fewer than 12 none.
    """
    step = min(MOST_STEP, n // HELD_OUT_AT_LEAST)
    return NONE if step < 2 else slice(step - 1, None, step)


@dataclass(frozen=True)
class OwnFolders(RealImages):
    """Real images of classes that have a folder each, which says what they are.

    Attributes:
        folders: by class name.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)

    @property
    def folder(self) -> Path | None:
        """One of the folders: there are photographs."""
        return next(iter(self.folders.values()))

    def check(self, targets: list[str], classifier: Classifier) -> None:
        """Nothing to refuse: each class has its folder."""

    def photographs(self, classifier: Classifier, target: str, part: slice = ALL, without: slice = NONE) -> Photographs:
        """Photographs of a class, or a part of them, at the generator's resolution.

        Args:
            classifier: whose name the class has.
            target: the class.
            part: which of them.
            without: which of all of them are left out.

        Returns:
            What reads them.

        Raises:
            ImageFolderError: no folder shows the class, or no image is in it.
        """
        names = list(self.folders)
        index = named_class(target, names)
        if index is None:
            raise ImageFolderError(f"no folder of photographs shows {target}; they show {', '.join(names)}")
        return Photographs(self.folders[names[index]], self.resolution, part, without)

    def matched(self, classifier: Classifier, target: str, *, judged: bool = True) -> Photographs:
        """Those that a search may see: all but what is held out for the verdict, where one follows."""
        n = len(self.photographs(classifier, target))
        return self.photographs(classifier, target, without=held_out(n) if judged else NONE)

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
        """What a judge compares samples with: the photographs that no search saw, see `RealImages.reference`.

        An edit that is judged later is compared with the same ones. Of too few photographs none are held out: None.
        """
        photographs = self.photographs(judge, target, held_out(len(self.photographs(judge, target))))
        if not photographs.paths:
            return None
        index = judge.index_of(target)
        return class_reference_of(judge, photographs, index, on_progress=on_progress, kept=kept, name=name)

    def references(self, judge: Classifier) -> Callable[[str], ClassReference | None]:
        """From a class's name to its photographs as the judge sees them; None of classes without a folder."""

        def read(name: str) -> ClassReference | None:
            known = named_class(name, list(self.folders)) is not None
            return self.reference(judge, name, searched=False) if known else None

        return read

    def references_of_others(self, judge: Classifier) -> Callable[[str], ClassReference | None]:
        """Of the generator's own classes there are no real images."""
        return no_reference
