"""The studio's page: its parts, and the clock by which they ask for news of one bench and its jobs."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

import gradio as gr

from ganmend.studio import markup
from ganmend.studio.events import on
from ganmend.studio.page_choose import Choosing
from ganmend.studio.page_take import Taking
from ganmend.studio.page_target import Target
from ganmend.studio.page_walk import Walking
from ganmend.studio.page_watch import Watching

if TYPE_CHECKING:
    from ganmend.studio.bench import Bench
    from ganmend.studio.queue import Jobs
    from ganmend.studio.settings import StudioSettings

NEWS_EVERY = 1.0  # seconds


def build(bench: "Bench", jobs: "Jobs", settings: "StudioSettings") -> gr.Blocks:
    """The page of one generator.

    Args:
        bench: of the generator.
        jobs: of all visitors.
        settings: of the studio.

    Returns:
        The page, to be launched with `look()`.
    """
    page = gr.Blocks(title=f"ganmend studio: {bench.title}", analytics_enabled=False)
    with page:
        gr.HTML(markup.header(bench.title))
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="choose", min_width=320):
                choosing = Choosing(bench)
                target = Target(bench, jobs, settings, choosing.name)
            with gr.Column(elem_id="watch", min_width=320):
                watching, taking, walking = Watching(bench, jobs), Taking(bench, jobs), Walking(bench, jobs)
        _wire(page, choosing, target, watching, taking, walking)
    return page


def _wire(
    page: gr.Blocks, choosing: Choosing, target: Target, watching: Watching, taking: Taking, walking: Walking
) -> None:
    choosing.wire()
    target.wire(watching.job)
    watching.wire()
    taking.wire(watching.job)
    walking.wire()
    seen, clock = gr.State({}), gr.Timer(NEWS_EVERY)

    def news(name: str | None, job: str, seen_before: dict[str, Hashable]) -> dict[object, object]:
        """All that changed since this visitor last asked; nothing where nothing did."""
        now = dict(seen_before)
        found = choosing.refresh(name, now) | watching.refresh(job, now)
        found |= taking.refresh(job, now) | walking.refresh(job, now)
        return {**found, seen: now} if found else gr.skip()

    shown = [choosing.name, choosing.look, choosing.mark, *watching.outputs, *taking.outputs, *walking.outputs, seen]
    first = [choosing.name, choosing.look, choosing.mark, choosing.samples]
    asks = [choosing.name, watching.job, seen]
    on(page.load, choosing.begin, None, first)
    on(page.load, watching.attach, None, watching.job)
    on(watching.job.change, news, asks, shown, queue=False, latest=True)
    on(clock.tick, news, asks, shown, queue=False)
