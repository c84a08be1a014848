"""A picture that ganmend drew, given back: its class, its job and its seeds are shown again."""

from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from ganmend.errors import GanmendError
from ganmend.studio import markup
from ganmend.studio.bench import SHOWN, Bench
from ganmend.studio.dropped_picture import Made, made_by
from ganmend.studio.events import on
from ganmend.studio.page_choose import Choosing

if TYPE_CHECKING:
    from ganmend.studio.jobs_of import JobsOf

OTHER = "It was drawn by another generator; this one draws the class so."


class Dropping:
    """The components of this part, and what happens in it."""

    def __init__(self, bench: Bench, jobs: "JobsOf", choosing: Choosing) -> None:
        """Put the components where the page stands.

        Args:
            bench: of the generator.
            jobs: one of which a picture may show.
            choosing: where the class and the seeds of a picture go.
        """
        self._bench, self._jobs, self._choosing = bench, jobs, choosing
        with gr.Accordion("A picture that ganmend drew", open=False, elem_id="drop"):
            self.file = gr.File(label="Drop it to see what made it (PNG)", file_types=[".png"], elem_id="picture")
            self.said = gr.HTML(elem_id="drop-said", js_on_load="element.setAttribute('role', 'alert');")
            self.pictures = gr.HTML(elem_id="drop-pictures")

    def wire(self, job: gr.Textbox) -> None:
        """Say what happens on which event.

        Args:
            job: where the name of the job goes that a picture shows.
        """
        self._job = job
        outputs = [job, self._choosing.name, self._choosing.kept, self.said, self.pictures]
        on(self.file.change, self.restore, self.file, outputs, waits=True, latest=True)

    def restore(self, file: str | None) -> dict[object, object]:
        """What made a picture.

        Args:
            file: path of what was dropped, or None where it was taken away.

        Returns:
            New values by component.
        """
        nothing: dict[object, object] = {self.said: "", self.pictures: ""}
        if file is None:
            return nothing
        try:
            made = made_by(Path(file))
            if made.job and self._jobs.job(made.job) is not None:
                return nothing | {self._job: made.job, self.said: markup.line("Its run is shown, under 3.")}
            return nothing | self._drawn_again(made)
        except GanmendError as error:
            return nothing | {self.said: markup.trouble(error)}

    def _drawn_again(self, made: Made) -> dict[object, object]:
        """Choose the class of a picture, keep its seeds, and draw them.

        Args:
            made: what its file says.

        Returns:
            New values by component.

        Raises:
            GanmendError: the generator has no such class.
        """
        if not made.classes:
            raise GanmendError("its run is not on this machine, and it names no class; look for it where it was made")
        name, seeds = self._bench.name(made.classes[0]), made.seeds[: len(SHOWN)]
        pictures = self._bench.samples(name, seeds) if seeds else self._bench.stream(name, made.seed)
        told = f"seeds {', '.join(map(str, seeds))}" if seeds else f"seed {made.seed}"
        note = OTHER if made.generator not in ("", self._bench.workbench.generator.fingerprint) else ""
        return {
            self._choosing.name: name,
            self.pictures: markup.sets(name, {f"{name}, {told}": pictures}, note),
            **({self._choosing.kept: ", ".join(map(str, made.seeds))} if made.seeds else {}),
        }
