"""What names a class to mend besides a classifier: photographs of it, or a sentence."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.options import expect

if TYPE_CHECKING:
    from ganmend.workbench.folder_target import FolderTarget
    from ganmend.workbench.sentence_target import SentenceTarget


@dataclass(frozen=True)
class TargetOptions:
    """Classes that no classifier knows."""

    images: Annotated[
        list[Path] | None,
        typer.Option(
            "--images",
            metavar="DIR",
            help="Photographs of a class that no classifier has to know, 20 or more, of which a fifth is held out for "
            "the verdict; may be given several times, each for a class of its own; default none.",
        ),
    ] = None
    name: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            help="What the class of --images or --text is called, one for each folder; default its folder's name, or "
            "the sentence.",
        ),
    ] = None
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="DIR",
            help="Photographs of things that samples shall not look like; default the generator's own classes alone.",
        ),
    ] = None
    backbone: Annotated[
        str,
        typer.Option(
            "--backbone",
            help="The classifier whose features tell --images from everything else; default demo:search up to 64 px, "
            "else imagenet:search.",
        ),
    ] = ""

    text: Annotated[
        str | None,
        typer.Option(
            "--text",
            metavar="SENTENCE",
            help="What the class looks like, as 'a photo of a lighthouse at night'; no classifier has to know it; "
            "default none.",
        ),
    ] = None
    unlike: Annotated[
        list[str] | None,
        typer.Option(
            "--not",
            metavar="SENTENCE",
            help="What the class does not look like, as a sentence; may be given several times; default none.",
        ),
    ] = None
    clip: Annotated[
        str,
        typer.Option(
            "--clip",
            help="The model that compares images with --text: clip:MODEL/WEIGHTS of open_clip's list, clip:MODEL@FILE, "
            "or the folder of a model; default clip:ViT-B-32/laion2b_s34b_b79k.",
        ),
    ] = ""

    @property
    def given(self) -> bool:
        """Whether a class is named by them."""
        return bool(self.images) or self.text is not None

    def names(self, targets: list[str] | None) -> list[str]:
        """The classes to mend.

        Args:
            targets: that were typed as CLASS.

        Returns:
            Those; of photographs or a sentence, where none were typed, their names, else the folders' or the sentence.

        Raises:
            OptionError: options that go with photographs or a sentence came without, or not one name for each folder.
        """
        self._expect_leads()
        if not self.given:
            return targets or []
        expect(not (targets and self.name), "CLASS and --name both came; either says what the class is called")
        names = (
            targets
            or self.name
            or [folder.resolve().name for folder in self.images or ()]
            or [(self.text or "").strip()]
        )
        if self.text is not None:
            expect(len(names) == 1, f"--text says what one class looks like; {len(names)} came: {', '.join(names):.80}")
        if self.images:
            folders = len(self.images)
            expect(
                len(names) == folders,
                f"{folders} folders of --images came and {len(names)} names; expected one name for each",
            )
        for name in names:
            expect(names.count(name) == 1, f"two folders of --images are called {name!r:.60}; say others by --name")
        return names

    def _expect_leads(self) -> None:
        """Refuse options that say more of something that did not come.

        Raises:
            OptionError: so.
        """
        followers: tuple[tuple[str, object, str, object], ...] = (
            ("--against", self.against, "--images", self.images),
            ("--backbone", self.backbone, "--images", self.images),
            ("--not", self.unlike, "--text", self.text is not None),
            ("--clip", self.clip, "--text", self.text is not None),
            ("--name", self.name, "--images or --text", self.given),
        )
        for option, value, lead, leads in followers:
            expect(not value or bool(leads), f"{option} goes with {lead}, and none came")

    def sentence(self, names: list[str]) -> "SentenceTarget | None":
        """The sentence as the target; None where there is none.

        Args:
            names: of the one class.

        Returns:
            Plain values.

        Raises:
            OptionError: a sentence is empty, or shall be shown and shall not.
        """
        from ganmend.workbench.sentence_target import SentenceTarget

        if self.text is None:
            return None
        model = {"model": self.clip} if self.clip else {}
        return SentenceTarget(self.text, tuple(self.unlike or ()), name=names[0], **model)

    def folders(self, names: list[str]) -> "FolderTarget | None":
        """The photographs as the target; None where there are none.

        Args:
            names: of their classes.

        Returns:
            Plain values.

        Raises:
            OptionError: a name cannot be one.
        """
        from ganmend.workbench.folder_target import FolderTarget

        if not self.images:
            return None
        folders = {name: str(folder) for name, folder in zip(names, self.images, strict=True)}
        return FolderTarget(folders, tuple(map(str, self.against or ())), self.backbone)
