"""What names a class to mend besides a classifier: photographs of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.options import expect

if TYPE_CHECKING:
    from ganmend.workbench.folder_target import FolderTarget


@dataclass(frozen=True)
class TargetOptions:
    """Classes that no classifier knows."""

    images: Annotated[
        list[Path] | None,
        typer.Option(
            "--images",
            metavar="DIR",
            help="Photographs of a class that no classifier has to know, 20 or more, of which a fifth is held out for "
            "the verdict; given several times, one class each; default none.",
        ),
    ] = None
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="What the class of --images is called, one for each; default its folder's name."),
    ] = None
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="DIR",
            help="Photographs of other things, which samples shall not look like; default the generator's own classes "
            "alone.",
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

    @property
    def given(self) -> bool:
        """Whether a class is named by them."""
        return bool(self.images)

    def names(self, targets: list[str] | None) -> list[str]:
        """The classes to mend.

        Args:
            targets: that were typed as CLASS.

        Returns:
            Those; of photographs, where none were typed, their names, else their folders'.

        Raises:
            OptionError: options that go with photographs came without, or not one name for each folder.
        """
        if not self.images:
            for option, value in (("--name", self.name), ("--against", self.against), ("--backbone", self.backbone)):
                expect(not value, f"{option} goes with --images, and none came")
            return targets or []
        expect(not (targets and self.name), "CLASS and --name both came; either says what --images show")
        names = targets or self.name or [folder.resolve().name for folder in self.images]
        expect(
            len(names) == len(self.images),
            f"{len(self.images)} folders of --images came and {len(names)} names; expected one name for each",
        )
        for name in names:
            expect(names.count(name) == 1, f"two folders of --images are called {name!r:.60}; say others by --name")
        return names

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
