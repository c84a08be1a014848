"""The studio's page: its parts, and the clock by which they ask for news of one bench and its jobs."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr

from ganmend.studio import markup
from ganmend.studio.events import on
from ganmend.studio.jobs_of import JobsOf
from ganmend.studio.page_choose import Choosing
from ganmend.studio.page_drop import Dropping
from ganmend.studio.page_take import Taking
from ganmend.studio.page_target import Target
from ganmend.studio.page_walk import Walking
from ganmend.studio.page_watch import Watching

if TYPE_CHECKING:
    from ganmend.studio.bench import Bench
    from ganmend.studio.queue import Jobs
    from ganmend.studio.settings import StudioSettings

NEWS_EVERY = 1.0  # seconds


@dataclass(frozen=True)
class Parts:
    """The parts of the page, and the jobs that they tell of."""

    jobs: JobsOf
    choosing: Choosing
    target: Target
    dropping: Dropping
    watching: Watching
    taking: Taking
    walking: Walking

    def news(self, name: str | None, shown: str, seen: dict[str, Hashable]) -> dict[object, object]:
        """All that changed since a visitor last asked.

        Args:
            name: of the class that is chosen, or None.
            shown: name of the job that is shown, or ''.
            seen: what the visitor saw, changed by this.

        Returns:
            New values by component.
        """
        jobs = self.jobs.all()
        job = next((one for one in jobs if one.name == shown), None)
        found = self.choosing.refresh(name, seen) | self.watching.refresh(job, jobs, seen)
        return found | self.taking.refresh(job, seen) | self.walking.refresh(job, jobs, seen)

    def wire(self, page: gr.Blocks) -> None:
        """Say what happens on which event, at the beginning, and each second.

        Args:
            page: that they stand on.
        """
        choosing, watching = self.choosing, self.watching
        choosing.wire(page)
        for part in (watching, self.walking):
            part.wire()
        for asking in (self.target, self.dropping, self.taking):
            asking.wire(watching.job)
        seen, clock = gr.State({}), gr.Timer(NEWS_EVERY)

        def news(name: str | None, shown: str, before: dict[str, Hashable]) -> dict[object, object]:
            found = self.news(name, shown, now := dict(before))
            return {**found, seen: now} if found else gr.skip()

        told = [*choosing.outputs, *watching.outputs, *self.taking.outputs, *self.walking.outputs, seen]
        asks = [choosing.name, watching.job, seen]
        on(page.load, watching.attach, None, watching.job)
        on(watching.job.change, news, asks, told, queue=False, latest=True)
        on(clock.tick, news, asks, told, queue=False)


def build(benches: "Sequence[Bench]", jobs: "Jobs", settings: "StudioSettings") -> gr.Blocks:
    """A page for each generator; they lead to each other.

    Args:
        benches: of the generators.
        jobs: of all visitors and generators.
        settings: of the studio.

    Returns:
        The pages, to be launched with `look()`.
    """
    pages = gr.Blocks(title="ganmend studio", analytics_enabled=False)
    for number, bench in enumerate(benches):
        with pages if number == 0 else pages.route(bench.title, place_of(number), show_in_navbar=False):
            gr.HTML(markup.header([(one.title, place_of(there)) for there, one in enumerate(benches)], number))
            _put(pages, bench, JobsOf(jobs, bench.request.generator), settings)
    return pages


def place_of(number: int) -> str:
    """Where the page of a generator is, seen from each of them."""
    return f"generator-{number + 1}" if number else "./"


def _put(page: gr.Blocks, bench: "Bench", jobs: JobsOf, settings: "StudioSettings") -> None:
    """Put one generator's page where it stands now."""
    with gr.Row(elem_id="columns"):
        with gr.Column(elem_id="choose", min_width=320):
            choosing = Choosing(bench)
            target = Target(bench, jobs, settings, choosing.name)
            dropping = Dropping(bench, jobs, choosing)
        with gr.Column(elem_id="watch", min_width=320):
            watching, taking, walking = Watching(bench, jobs), Taking(bench, jobs), Walking(bench, jobs)
    Parts(jobs, choosing, target, dropping, watching, taking, walking).wire(page)
