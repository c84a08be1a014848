"""A walk between two classes or edits: a slider says how far."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import gradio as gr

from ganmend.edits.class_edit import ClassEdit
from ganmend.errors import GanmendError
from ganmend.studio import markup, words
from ganmend.studio.bench import Bench
from ganmend.studio.events import on

if TYPE_CHECKING:
    from ganmend.studio.jobs import Job
    from ganmend.studio.jobs_of import JobsOf

OF_CLASS, OF_JOB = "class:", "job:"
ROUND = 100  # jobs to choose from, the newest


class Walking:
    """The components of this part, and what happens in it."""

    def __init__(self, bench: Bench, jobs: "JobsOf") -> None:
        """Put the components where the page stands.

        Args:
            bench: of the generator.
            jobs: whose edits can be walked between.
        """
        self._bench, self._jobs = bench, jobs
        ends = self._ends([])
        first = f"{OF_CLASS}{bench.sick.first()}"
        last = next((value for _, value in ends if value != first), first)
        with gr.Accordion("Walk from one to another", open=False, elem_id="walk") as self.opened:
            with gr.Row():
                self.first = gr.Dropdown(ends, value=first, label="From", filterable=True, elem_id="walk-from")
                self.last = gr.Dropdown(ends, value=last, label="To", filterable=True, elem_id="walk-to")
            self.share = gr.Slider(0, 1, 0.5, step=0.05, label="How far", elem_id="walk-share")
            self.pictures = gr.HTML(elem_id="walk-pictures")

    @property
    def outputs(self) -> list[gr.components.Component]:
        """All components that news change."""
        return [self.first, self.last]

    def wire(self) -> None:
        """Say what happens on which event."""
        for event in (self.opened.expand, self.first.change, self.last.change, self.share.change):
            on(event, self.show, [self.first, self.last, self.share], self.pictures, latest=True)

    def refresh(self, job: "Job | None", jobs: "Sequence[Job]", seen: dict[str, Hashable]) -> dict[object, object]:
        """Further ends to choose from, since the visitor last saw them.

        Args:
            job: that is shown, or None.
            jobs: all of them, the newest first.
            seen: what the visitor saw, changed by this.

        Returns:
            New values by component.
        """
        source = self._bench.request.generator
        fits = [one for one in jobs if one.state in ("done", "stopped") and one.request.generator == source]
        ended, shown = fits[:ROUND], job if job in fits else None
        key = (tuple(one.name for one in ended), shown and shown.name)
        if seen.get("walk") == key:
            return {}
        is_other = seen.get("walked") != key[1]
        seen["walk"], seen["walked"] = key, key[1]
        ends = self._ends(ended)
        if shown is None or not is_other:  # what the visitor chose stays
            return {part: gr.Dropdown(choices=ends) for part in (self.first, self.last)}
        names = [value for _, value in ends]
        before = f"{OF_CLASS}{shown.request.target}"
        first = before if before in names else names[-1]
        return {
            self.first: gr.Dropdown(choices=ends, value=first),
            self.last: gr.Dropdown(choices=ends, value=f"{OF_JOB}{shown.name}"),
        }

    def show(self, first: str | None, last: str | None, share: float) -> str:
        """The samples on the way.

        Args:
            first: an end of `_ends`.
            last: likewise.
            share: of the way, in [0, 1].

        Returns:
            HTML.
        """
        if not first or not last:
            return ""
        try:
            pictures = self._bench.walk(self._end(first), self._end(last), share)
        except GanmendError as error:
            return markup.trouble(error)
        return markup.sets("walk", {f"{share:.0%} of the way": pictures})

    def _ends(self, ended: "list[Job]") -> list[tuple[str, str | int | float]]:
        jobs = [(f"edit: {words.listed(job)}", f"{OF_JOB}{job.name}") for job in ended]
        return [
            *jobs,
            *((f"class: {choice.name}", f"{OF_CLASS}{choice.name}") for choice in self._bench.sick.choices()),
        ]

    def _end(self, chosen: str) -> str | ClassEdit:
        """A class by name, or the edit of a job.

        Args:
            chosen: an end of `_ends`.

        Returns:
            What `Bench.walk` takes.

        Raises:
            GanmendError: the job is gone, or has no edit that fits.
        """
        if chosen.startswith(OF_CLASS):
            return chosen.removeprefix(OF_CLASS)
        job = self._jobs.job(chosen.removeprefix(OF_JOB))
        if job is None:
            raise GanmendError("this run is gone; choose another")
        return self._bench.edit(job.result_directory)
