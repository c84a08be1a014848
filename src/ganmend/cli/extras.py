"""What a verb that mends writes on demand beside its result, and what it leaves out."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ganmend.workbench.result import MendResult

FIGURES, EVENTS = "figures", "tensorboard"  # folders in a result directory


@dataclass(frozen=True)
class ExtraOptions:
    """Files of a result for other programs and people."""

    figures: Annotated[
        bool, typer.Option("--figures", help="Also write a LaTeX table and PDF figures, into the folder figures.")
    ] = False
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write the search's curves, into the folder tensorboard.")
    ] = False
    no_photographs: Annotated[
        bool,
        typer.Option(
            "--no-photographs",
            help="Show none of your photographs in the result's page and files, so that it can be shared.",
        ),
    ] = False

    @classmethod
    def typed_in(cls, command: str) -> "ExtraOptions":
        """What a command asked for, so that a run that is gone on with writes it too.

        Args:
            command: as it was typed, or ''.

        Returns:
            The options in it. Photographs are a matter of the run's request, which is kept.
        """
        words = shlex.split(command)
        return cls("--figures" in words, "--tensorboard" in words)

    def check(self) -> None:
        """Refuse before the search what could not be written after it.

        Raises:
            OptionError: a package is missing.
        """
        from ganmend.report.events import check_tensorboard
        from ganmend.report.paper_figures import check_matplotlib

        if self.figures:
            check_matplotlib()
        if self.tensorboard:
            check_tensorboard()

    def write(self, result: "MendResult", folder: Path) -> None:
        """Put what was asked for into a result directory.

        Args:
            result: as it was saved there.
            folder: the directory.

        Raises:
            OutputError: it cannot be written.
        """
        from ganmend.files.directories import add_to_directory

        def fill(made: Path) -> None:
            if self.figures:
                (made / FIGURES).mkdir()
                _write_figures(result, made / FIGURES)
            if self.tensorboard and result.history:
                from ganmend.report.events import save_events

                (made / EVENTS).mkdir()
                save_events(made / EVENTS, result.history)

        if self.figures or self.tensorboard:
            add_to_directory(folder, fill)


def _write_figures(result: "MendResult", folder: Path) -> None:
    from ganmend.report.latex import latex_table
    from ganmend.report.paper_figures import save_curves, save_samples

    page = result.on_page()
    photographs = {"real": page.photographs} if page.photographs else {}
    save_samples(folder / "samples.pdf", {**page.samples, **photographs})
    if result.history:
        save_curves(folder / "curves.pdf", result.history)
    if result.verdict is not None:
        (folder / "table.tex").write_text(latex_table(page.title, result.verdict), "utf-8")
