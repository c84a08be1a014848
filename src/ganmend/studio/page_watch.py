"""The page's third part: a job as it goes, and what came of it. It asks for news once a second."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import gradio as gr

from ganmend.errors import GanmendError
from ganmend.studio import markup, words
from ganmend.studio.bench import Bench
from ganmend.studio.events import on
from ganmend.studio.shown_result import before_of, live_pictures, shown_result

if TYPE_CHECKING:
    from ganmend.studio.jobs import Job
    from ganmend.studio.jobs_of import JobsOf

Seen = dict[str, Hashable]
LISTED = 100  # jobs, the newest
NOTHING_YET = "Press Mend: what happens is shown here. You may close this page meanwhile."
ANNOUNCED = "element.setAttribute('role', 'status'); element.setAttribute('aria-live', 'polite');"
# The address names the job that is shown, so that a reload, or who is given the address, sees the same. On a telephone
# the job begins below what is on the screen.
IN_ADDRESS = """(job) => {
  const place = new URL(window.location);
  if (job) place.searchParams.set('job', job); else place.searchParams.delete('job');
  if (job && place.href !== window.location.href) {
    const watch = document.querySelector('#watch');
    if (watch && watch.getBoundingClientRect().top > window.innerHeight / 2) watch.scrollIntoView();
  }
  window.history.replaceState(null, '', place);
  return job;
}"""


class Watching:
    """The components of this part, and what happens in it.

    Attributes:
        job: name of the job that is shown; kept by the browser, so that a new server is told it.
    """

    job: gr.Textbox

    def __init__(self, bench: Bench, jobs: "JobsOf") -> None:
        """Put the components where the page stands.

        Args:
            bench: of the generator.
            jobs: all of them.
        """
        self._bench, self._jobs = bench, jobs
        gr.HTML("<h2>3. See what comes of it</h2>")
        self.job = gr.Textbox("", visible=False)
        self.listed = gr.Dropdown([], value=None, label="Runs", visible=False, elem_id="runs")
        self.status = gr.HTML(markup.line(NOTHING_YET), elem_id="status")
        self.announced = gr.HTML(elem_id="announced", js_on_load=ANNOUNCED)
        self.stop = gr.Button("Stop", visible=False, elem_id="stop")
        self.hindered = gr.HTML(elem_id="hindered", js_on_load="element.setAttribute('role', 'alert');")
        self.live = gr.HTML(elem_id="live")
        self.curves = gr.HTML(elem_id="curves")
        self.result = gr.HTML(elem_id="result")

    @property
    def outputs(self) -> list[gr.components.Component]:
        """All components that news change."""
        return [self.listed, self.status, self.announced, self.stop, self.live, self.curves, self.result]

    def wire(self) -> None:
        """Say what happens on which event."""
        on(self.listed.input, lambda name: name or "", self.listed, self.job, latest=True)
        on(self.job.change, None, self.job, None, js=IN_ADDRESS, latest=True)
        on(self.stop.click, self.end, self.job, self.hindered)

    def end(self, name: str) -> str:
        """Stop a running job, which keeps its best so far, or cancel a waiting one.

        Args:
            name: of the job.

        Returns:
            What hindered it, as HTML.
        """
        try:
            self._jobs.stop(name)
        except GanmendError as error:
            return markup.trouble(error)
        return ""

    def attach(self, visitor: gr.Request) -> str:
        """The job that a visitor sees at first: the one that the address names, else the one that runs.

        Args:
            visitor: who came.

        Returns:
            The job's name, or ''.
        """
        wanted = str(visitor.query_params.get("job", ""))
        if wanted and self._jobs.job(wanted) is not None:
            return wanted
        return next((job.name for job in self._jobs.all() if job.state == "running"), "")

    def refresh(self, job: "Job | None", jobs: "Sequence[Job]", seen: Seen) -> dict[object, object]:
        """What changed since the visitor last saw it.

        Args:
            job: that is shown, or None.
            jobs: all of them, the newest first.
            seen: what the visitor saw, changed by this.

        Returns:
            New values by component.
        """
        news: dict[object, object] = {}
        choices = tuple((words.listed(one), one.name) for one in jobs[:LISTED])
        if _is_new(seen, "list", (choices, job and job.name)):
            shown = job.name if job in jobs[:LISTED] and job else None
            news[self.listed] = gr.Dropdown(choices=list(choices), value=shown, visible=bool(choices))
        return news | (self._of_none(seen) if job is None else self._of(job, seen))

    def _of_none(self, seen: Seen) -> dict[object, object]:
        if not _is_new(seen, "job", None):
            return {}
        seen.update(dict.fromkeys(("status", "said", "live", "curves", "stop")))
        empty: dict[object, object] = dict.fromkeys((self.announced, self.live, self.curves, self.result), "")
        return empty | {self.status: markup.line(NOTHING_YET), self.stop: gr.Button(visible=False)}

    def _of(self, job: "Job", seen: Seen) -> dict[object, object]:
        news: dict[object, object] = {}
        progress = job.progress
        going = job.state in ("waiting", "running")
        if _is_new(seen, "stop", (job.name, words.to_stop(job), going)):
            news[self.stop] = gr.Button(words.to_stop(job), visible=going)
        if _is_new(seen, "job", (job.name, job.state)):
            ended = job.state in ("done", "stopped")
            news[self.result] = self._result(job) if ended else ""
        status = "" if job.state in ("done", "stopped") else markup.status(job)  # a result tells it by itself
        if _is_new(seen, "status", status):
            news[self.status] = status
        if _is_new(seen, "said", (said := words.announced(job))):
            news[self.announced] = markup.line(said)
        if _is_new(seen, "live", (job.name, job.state, _version(job))):
            news[self.live] = self._live(job) if going else ""
        if _is_new(seen, "curves", (job.name, job.state, progress and len(progress.history))):
            news[self.curves] = markup.curves(progress.history) if going and progress else ""
        return news

    def _live(self, job: "Job") -> str:
        """Samples before and as they are now, beside real photographs."""
        before, target, given = before_of(job), job.request.target, job.request.images
        try:
            known = {} if before is None else {"before": self._bench.samples(before)}
            of_class = before is not None or given is not None
            real = {"real photographs": self._bench.photographs(target, given)} if of_class else {}
        except GanmendError:  # the job says by itself what is wrong
            known, real = {}, {}
        now = live_pictures(self._bench, job)
        return markup.sets(target, {**known, "now, the best so far": now, **real})

    def _result(self, job: "Job") -> str:
        try:
            return markup.result(shown_result(self._bench, job))
        except GanmendError as error:
            return markup.trouble(error)


def _is_new(seen: Seen, part: str, value: Hashable) -> bool:
    """Whether a part of the page shows something else by now; it is noted."""
    if seen.get(part, _is_new) == value:  # which no part ever shows
        return False
    seen[part] = value
    return True


def _version(job: "Job") -> int:
    """What tells a job's live pictures apart; 0 where there are none."""
    try:
        return 0 if job.live_picture is None else job.live_picture.stat().st_mtime_ns
    except OSError:  # its folder was deleted
        return 0
