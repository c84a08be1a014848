"""What a visitor takes along of a job that ended: the edit, its row, the report, the generator with the edit in it."""

from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from ganmend.catalog.load import checkpoint_path
from ganmend.edits.edit_file import FILE_NAME
from ganmend.errors import GanmendError
from ganmend.files.weights import holds_safetensors
from ganmend.report.labels import annotated
from ganmend.report.picture_file import save_picture
from ganmend.report.tiles import stacked
from ganmend.studio import markup
from ganmend.studio.bench import SHOWN, Bench
from ganmend.studio.events import on
from ganmend.studio.offered import offered, offered_new
from ganmend.studio.shown_result import shown_result

if TYPE_CHECKING:
    from ganmend.studio.jobs import Job
    from ganmend.studio.jobs_of import JobsOf


class Taking:
    """The components of this part, and what happens in it."""

    def __init__(self, bench: Bench, jobs: "JobsOf") -> None:
        """Put the components where the page stands.

        Args:
            bench: of the generator.
            jobs: all of them.
        """
        self._bench, self._jobs = bench, jobs
        with gr.Column(visible=False, elem_id="take") as self.all:
            gr.HTML("<h3>Take it along</h3>")
            with gr.Row():
                self.edit = gr.DownloadButton("The edit", size="sm", elem_id="take-edit")
                self.picture = gr.DownloadButton("The picture", size="sm", elem_id="take-picture")
                self.report = gr.DownloadButton("The report", size="sm", elem_id="take-report")
                self.row = gr.DownloadButton("Row of the class table", size="sm", elem_id="take-row")
                self.make = gr.Button("Make a mended generator", size="sm", elem_id="make-checkpoint")
                self.checkpoint = gr.DownloadButton(
                    "The mended generator", size="sm", visible=False, elem_id="take-checkpoint"
                )
            self.said = gr.HTML(elem_id="take-said", js_on_load="element.setAttribute('role', 'alert');")

    @property
    def outputs(self) -> list[object]:
        """All components that news change."""
        return [self.all, self.edit, self.picture, self.report, self.row, self.checkpoint, self.said]

    def wire(self, job: gr.Textbox) -> None:
        """Say what happens on which event.

        Args:
            job: the name of the one that is shown.
        """
        on(self.make.click, self.patched, job, [self.checkpoint, self.said], waits=True)

    def refresh(self, job: "Job | None", seen: dict[str, Hashable]) -> dict[object, object]:
        """The files of the job that is shown, since the visitor last saw them.

        Args:
            job: that is shown, or None.
            seen: what the visitor saw, changed by this.

        Returns:
            New values by component.
        """
        key = job and (job.name, job.state)
        if seen.get("take", "") == key:
            return {}
        seen["take"] = key
        if job is None or job.state not in ("done", "stopped"):
            return {self.all: gr.Column(visible=False)}
        try:
            files = self._files(job)
        except (OSError, GanmendError) as error:
            return {self.all: gr.Column(visible=False), self.said: markup.trouble(error)}
        news: dict[object, object] = {self.all: gr.Column(visible=True), self.said: ""}
        for button, file in files.items():
            news[button] = gr.DownloadButton(value=None if file is None else str(file), visible=file is not None)
        return news

    def _files(self, job: "Job") -> "dict[object, Path | None]":
        directory, target = job.result_directory, job.request.target
        edit = offered(directory / FILE_NAME, f"{target}.safetensors")
        report = offered(directory / "report.html", f"{target} report.html")
        picture = self._picture(job)
        return {
            self.edit: edit,
            self.picture: picture,
            self.report: report,
            self.row: self._row(job),
            self.checkpoint: None,
        }

    def _picture(self, job: "Job") -> Path:
        """Samples before and after in one picture, which says what made it: given back, it leads here again."""
        samples = shown_result(self._bench, job).samples
        target = job.request.target
        facts = {**self._bench.facts(target), "job": job.name, "seeds": f"{SHOWN[0]}-{SHOWN[-1]}"}
        frames = [annotated(stacked(list(samples.values())), list(samples))]
        return offered_new(
            f"picture {job.name} {job.state}", f"{target}.png", lambda place: save_picture(place, "PNG", frames, facts)
        )

    def _row(self, job: "Job") -> Path | None:
        """The vector for other programs; None of an edit that holds more than a row of the table can."""
        edit = self._bench.edit(job.result_directory)
        if edit.offsets is not None or edit.latent_map is not None:
            return None
        path = self._bench.request.generator.path
        return offered_new(
            f"row {edit.digest()}", f"{job.request.target}.npy",
            lambda place: self._bench.workbench.export(path, [edit], place),
        )  # fmt: skip

    def patched(self, name: str) -> tuple[gr.DownloadButton, str]:
        """The generator's own file with the edit in its class table.

        Args:
            name: of the job.

        Returns:
            The button that gives it, and what hindered it.
        """
        job = self._jobs.job(name)
        if job is None:
            return gr.DownloadButton(visible=False), markup.line("this run is gone; choose another")
        try:
            file = self._patched(job)
        except GanmendError as error:
            return gr.DownloadButton(visible=False), markup.trouble(error)
        return gr.DownloadButton(value=str(file), visible=True), ""

    def _patched(self, job: "Job") -> Path:
        path, target = self._bench.request.generator.path, job.request.target
        edit = self._bench.edit(job.result_directory)
        original = checkpoint_path(path)
        suffix = ".safetensors" if holds_safetensors(original) else original.suffix
        append = job.request.task == "repurpose"
        return offered_new(
            f"checkpoint {self._bench.workbench.generator.fingerprint} {edit.digest()}",
            f"{self._bench.title} {target}{suffix}",
            lambda place: self._bench.workbench.export(path, [edit], place, classes=[target], append=append),
        )
