"""What the studio's page asks of a workbench: samples, photographs, walks and requests."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ganmend.catalog.names import find_class, knows_class, name_or_index
from ganmend.demo.bundled import bundled_fingerprint
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.edit_file import load_edit
from ganmend.edits.sampling import draw, draw_seed, images_of, seed_latent
from ganmend.errors import GanmendError, ImageFolderError
from ganmend.photographs.classes import folder_of_class
from ganmend.photographs.reading import Photographs
from ganmend.studio.kept_pictures import KeptPictures, Pictures, told
from ganmend.studio.sick_classes import SickClasses
from ganmend.workbench.folder_target import FolderTarget
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench

SHOWN = range(16)  # the seeds of the samples that the page shows first


class Bench:
    """One generator for many visitors at once: one of them at a time draws, and what was drawn is kept.

    Attributes:
        workbench: of the generator.
        request: what a run on this generator shares with every other one: of no class yet.
        sentence_model: name of a model of images and texts that is at hand, or ''.
        sick: its classes, with their marks.
    """

    workbench: Workbench
    request: MendRequest
    sentence_model: str
    sick: SickClasses

    def __init__(self, workbench: Workbench, request: MendRequest, *, sentence_model: str = "") -> None:
        """Draw nothing yet.

        Args:
            workbench: of the request.
            request: of no class.
            sentence_model: see the attribute.
        """
        self.workbench, self.request, self.sentence_model = workbench, request, sentence_model
        self._names = workbench.generator.class_names
        self.sick, self._kept = SickClasses(workbench), KeptPictures()

    @property
    def title(self) -> str:
        """What the generator is called."""
        return "the bundled generator" if self.bundled else self.source

    @property
    def source(self) -> str:
        """Where the generator comes from, as a command names it; of a file only its name, which visitors may see."""
        path = Path(self.request.generator.path)
        return path.name if path.exists() else self.request.generator.path

    @property
    def bundled(self) -> bool:
        """Whether it is the bundled generator."""
        return self.workbench.generator.fingerprint == bundled_fingerprint()

    def new_classes(self) -> list[str]:
        """Classes that the search's classifier knows and the generator never learnt."""
        try:
            known = self.workbench.searching.class_names
        except GanmendError:  # there is no classifier
            return []
        return [name for name in known if name not in self._names]

    def asked(self, task: str, target: str, **changes: object) -> MendRequest:
        """A request of this generator, refused here where a network does not know its class.

        Args:
            task: 'repair', 'repurpose' or 'debias'.
            target: class that the edit shall show.
            **changes: other fields of the request.

        Returns:
            The request.

        Raises:
            GanmendError: a value is out of range, or the class is not known.
        """
        request: MendRequest = replace(self.request, task=task, target=target, **changes)  # type: ignore[arg-type]
        if request.images is None and request.text is None:
            self.workbench.target_names([(task, target)])
        return request

    def edit(self, directory: Path) -> ClassEdit:
        """The edit of a result directory.

        Args:
            directory: of the result.

        Returns:
            The edit, which fits the generator.

        Raises:
            EmbeddingError: it is missing, broken, or another generator's.
        """
        return self.workbench.edit(load_edit(directory))

    def _edit(self, what: str | ClassEdit) -> ClassEdit:
        """An edit, or the row of a class; text is never taken for a path here, since it comes from a browser."""
        return what if isinstance(what, ClassEdit) else class_row(self.workbench.generator, self.index(what))

    def index(self, name: str) -> int:
        """The index of a class.

        Args:
            name: of the class.

        Returns:
            Its row in the class table.

        Raises:
            ClassNameError: no such class.
        """
        return find_class(name, self._names)

    def name(self, named: str) -> str:
        """A class as `classes` names it.

        Args:
            named: its name in any spelling, or its index.

        Returns:
            The name.

        Raises:
            ClassNameError: no such class.
        """
        return name_or_index(self.index(named), self._names)

    def samples(self, what: str | ClassEdit, seeds: Sequence[int] = SHOWN) -> Pictures:
        """The sample of each of some seeds, as `ganmend sample --seeds` draws it.

        Args:
            what: a class by name, or an edit.
            seeds: of the latents.

        Returns:
            The pictures, in the order of the seeds.

        Raises:
            GanmendError: no such class, the edit does not fit, or the generator draws NaN.
        """
        generator, edit = self.workbench.generator, self._edit(what)
        pictures = self._kept.drawn(
            ("samples", edit.digest(), tuple(seeds)),
            lambda: torch.cat([draw_seed(generator, edit, seed) for seed in seeds]),
        )
        return pictures if isinstance(what, ClassEdit) else told(pictures, seeds, self.facts(what))

    def facts(self, name: str) -> dict[str, object]:
        """What pictures of a class say of themselves; of a class that the generator does not have, its fingerprint."""
        facts: dict[str, object] = {"generator": self.workbench.generator.fingerprint}
        if knows_class(name, self._names):
            index = self.index(name)
            facts |= {"class": self._names[index], "index": index}
        return facts

    def stream(self, what: str | ClassEdit, seed: int) -> Pictures:
        """The first samples of one seed, as `ganmend sample --seed` draws them.

        Args:
            what: a class by name, or an edit.
            seed: of the latents.

        Returns:
            As many pictures as `samples` gives.

        Raises:
            GanmendError: no such class, the edit does not fit, or the generator draws NaN.
        """
        generator, edit = self.workbench.generator, self._edit(what)
        return self._kept.drawn(
            ("stream", edit.digest(), seed), lambda: torch.cat(list(draw(generator, edit, len(SHOWN), seed)))
        )

    def walk(
        self, first: str | ClassEdit, last: str | ClassEdit, share: float, seeds: Sequence[int] = SHOWN
    ) -> Pictures:
        """Samples on the straight way from one class or edit to another.

        Args:
            first: a class by name, or an edit.
            last: likewise.
            share: of the way, in [0, 1].
            seeds: of the latents.

        Returns:
            The pictures, in the order of the seeds.

        Raises:
            GanmendError: no such class, an edit does not fit, or the generator draws NaN.
        """
        start, end = self._edit(first), self._edit(last)
        return self._kept.drawn(
            ("walk", start.digest(), end.digest(), round(share, 3), tuple(seeds)),
            lambda: torch.cat([self._between(start, end, share, seed) for seed in seeds]),
        )

    @torch.no_grad()
    def _between(self, start: ClassEdit, end: ClassEdit, share: float, seed: int) -> Tensor:
        """The image (1, 3, H, W) of a seed on the way between two edits."""
        generator = self.workbench.generator
        z = seed_latent(generator, seed)
        (from_z, from_condition), (to_z, to_condition) = (edit.condition(z, seed) for edit in (start, end))
        return images_of(generator, end, torch.lerp(from_z, to_z, share), from_condition.lerp(to_condition, share))

    def photographs(self, name: str, given: FolderTarget | None = None) -> Pictures:
        """Real images of a class, as many as samples are shown; () where there are none.

        Args:
            name: of the class.
            given: photographs that a visitor gave of it, or None.

        Returns:
            The pictures.
        """
        folder = self.workbench.real.folder
        if given is not None:
            folder = Path(given.images[name]) if name in given.images else None
        if folder is None:
            return ()
        names, resolution = self._names if given is None else (name,), self.workbench.generator.resolution
        shown = names[find_class(name, names)]
        try:
            return self._kept.drawn(
                ("photographs", folder, shown),
                lambda: Photographs(folder_of_class(folder, shown, names), resolution).spread(len(SHOWN)),
            )
        except ImageFolderError:  # of this class there are none
            return ()
