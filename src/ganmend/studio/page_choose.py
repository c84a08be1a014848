"""The page's first part: a class, its samples beside real photographs, and the seeds that a visitor likes."""

import re
import shlex
from collections.abc import Hashable

import gradio as gr

from ganmend.errors import GanmendError
from ganmend.studio import markup, words
from ganmend.studio.bench import SHOWN, Bench
from ganmend.studio.events import on
from ganmend.studio.offered import offered_text
from ganmend.studio.sick_classes import UNKNOWN
from ganmend.workbench.samples import LARGEST_LISTED

MOST_KEPT = 1000  # seeds
PATIENCE = 0.5  # seconds that a page waits for a diagnosis, before it comes without
# A click on a sample tells all seeds that are shown and those that are kept, so that of fast clicks the last will do.
# The button is marked here: who came by keyboard stays on it.
KEEP = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-seed]');
  if (!button) return;
  button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
  const seeds = (which) => [...element.querySelectorAll(which)].map((one) => Number(one.dataset.seed));
  trigger('click', {shown: seeds('button[data-seed]'), chosen: seeds('button[aria-pressed=true]')});
});
"""
# The browser remembers the seeds that are kept, for each generator's page.
REMEMBERED = "() => localStorage.getItem('ganmend seeds ' + location.pathname) || ''"
REMEMBER = "(name, kept) => { localStorage.setItem('ganmend seeds ' + location.pathname, kept); return [name, kept]; }"


class Choosing:
    """The components of this part, and what happens in it.

    Attributes:
        name: of the class.
        mark: what the diagnosis says of it.
        samples: of it, the photographs beside them.
        kept: seeds that the visitor likes, as text.
    """

    name: gr.Dropdown
    mark: gr.HTML
    samples: gr.HTML
    kept: gr.Textbox

    def __init__(self, bench: Bench) -> None:
        """Put the components where the page stands.

        Args:
            bench: of the generator.
        """
        self._bench = bench
        gr.HTML("<h2>1. Choose a class</h2>")
        self.name = gr.Dropdown(
            self._choices(), value=bench.sick.first(), label="Class", info="Type to search. Sick classes come first.",
            filterable=True, elem_id="class",
        )  # fmt: skip
        self.mark = gr.HTML(elem_id="mark")
        self.look = gr.Button("Look for sick classes", size="sm", visible=False, elem_id="diagnose")
        self.samples = gr.HTML(elem_id="samples", js_on_load=KEEP)
        self._first = gr.State(0)
        with gr.Row():
            self.others = gr.Button("Other samples", size="sm", elem_id="others")
            self.again = gr.Button("The first ones again", size="sm", elem_id="first")
        with gr.Accordion("Samples that you like", open=False, elem_id="liked"):
            self.kept = gr.Textbox(
                label="Their seeds", info="Click a sample to keep it. Each seed draws the same sample again.",
                max_lines=3, elem_id="kept",
            )  # fmt: skip
            self.command = gr.HTML(elem_id="command")
            self.download = gr.DownloadButton("Save the seeds", size="sm", interactive=False, elem_id="save-seeds")

    @property
    def outputs(self) -> list[gr.components.Component]:
        """All components that news change."""
        return [self.name, self.look, self.mark]

    def wire(self, page: gr.Blocks) -> None:
        """Say what happens on which event.

        Args:
            page: that it stands on.
        """
        remembered = on(page.load, None, None, self.kept, js=REMEMBERED)
        on(remembered.then, self.begin, self.kept, [*self.outputs, self.samples])
        drawn_of, drawn = [self.name, self._first, self.kept], [self.mark, self.samples]
        on(self.name.change, self.show, drawn_of, drawn, waits=True, latest=True)
        for button, move in ((self.others, self.further), (self.again, self.back)):
            moved = on(button.click, move, self._first, self._first)
            on(moved.then, self.show, drawn_of, drawn, waits=True)
        on(self.samples.click, self.keep, self.kept, self.kept, latest=True)
        named = [self.name, self.kept]
        on(self.kept.change, self.save, named, [self.command, self.download], latest=True, js=REMEMBER)
        on(self.look.click, self.diagnose, None, [self.look, self.mark])

    def show(self, name: str | None, first: int, kept: str) -> tuple[str, str]:
        """The mark and the samples of a class.

        Args:
            name: of the class, or None.
            first: the first seed.
            kept: the visitor's seeds.

        Returns:
            HTML of both.
        """
        if not name:
            return "", ""
        seeds = [first + seed for seed in SHOWN]
        try:
            drawn = dict(zip(seeds, self._bench.samples(name, seeds), strict=True))
            photographs = self._bench.photographs(name)
        except GanmendError as error:
            return markup.trouble(error), ""
        return self._marked(name), markup.samples(name, drawn, photographs, seeds_in(kept))

    def begin(self, kept: str) -> tuple[gr.Dropdown, gr.Button, str, str]:
        """What a visitor sees at first: the sickest class, as far as that is known by now.

        Args:
            kept: seeds that the visitor kept before.

        Returns:
            The classes, the button that looks for sick ones, and HTML as of `show`.
        """
        quickly = self._bench.sick.quickly_diagnosed
        if quickly and not self._bench.sick.diagnosed:
            self._bench.sick.diagnose_aside(PATIENCE)
        name = self._bench.sick.first()
        ask = gr.Button(visible=not quickly and not self._bench.sick.diagnosed)
        return gr.Dropdown(choices=self._choices(), value=name), ask, *self.show(name, 0, kept)

    def refresh(self, name: str | None, seen: dict[str, Hashable]) -> dict[object, object]:
        """What changed by a diagnosis since the visitor last saw it.

        Args:
            name: of the class that is chosen.
            seen: what the visitor saw, changed by this.

        Returns:
            New values by component.
        """
        key = (self._bench.sick.diagnosed, self._bench.sick.diagnosing, self._bench.sick.trouble)
        if seen.get("classes") == key:
            return {}
        seen["classes"] = key
        return {
            self.name: gr.Dropdown(choices=self._choices(), value=name),
            self.mark: self._marked(name) if name else "",
        }

    def diagnose(self) -> tuple[gr.Button, str]:
        """Begin to look for sick classes, which the list will say."""
        self._bench.sick.diagnose_aside()
        return gr.Button(visible=False), markup.line("Looking for sick classes. They will come first in the list.")

    def further(self, first: int) -> int:
        """The first seed of the next samples."""
        return int((first + len(SHOWN)) % (LARGEST_LISTED - len(SHOWN)))

    def back(self, first: int) -> int:
        """The first seed of all."""
        return SHOWN.start

    def keep(self, kept: str, event: gr.EventData) -> str:
        """Keep the seeds that are marked, and let the others go that are shown.

        Args:
            kept: the visitor's seeds.
            event: of the click.

        Returns:
            The seeds now.
        """
        shown, chosen = (_seeds(getattr(event, name, None)) for name in ("shown", "chosen"))
        others = [seed for seed in seeds_in(kept) if seed not in shown]
        return ", ".join(map(str, [*others, *chosen]))

    def save(self, name: str | None, kept: str) -> tuple[str, gr.DownloadButton]:
        """The seeds as a file, and the command that draws them.

        Args:
            name: of the class.
            kept: the visitor's seeds.

        Returns:
            HTML of the command, and the button.
        """
        seeds = ",".join(map(str, seeds_in(kept)))
        if not seeds or not name:
            return "", gr.DownloadButton(value=None, interactive=False)
        typed = shlex.join(["ganmend", "sample", self._bench.source, name, "--seeds", seeds, "--out", "samples.png"])
        file = offered_text(f"{name} seeds.txt", f"{seeds}\n")
        return markup.command(typed), gr.DownloadButton(value=str(file), interactive=True)

    def _choices(self) -> list[tuple[str, str | int | float]]:
        return [(choice.label, choice.name) for choice in self._bench.sick.choices()]

    def _marked(self, name: str) -> str:
        mark = self._bench.sick.mark(name)
        if mark == UNKNOWN and self._bench.sick.trouble:
            return markup.line(f"Sick classes cannot be told: {self._bench.sick.trouble}")
        if mark == UNKNOWN and self._bench.sick.diagnosing:
            return markup.line("Not diagnosed yet: sick classes are being looked for.")
        return markup.line(f"{words.MARKS[mark].capitalize()}.")


def seeds_in(text: str) -> list[int]:
    """The seeds that a visitor typed or chose, each once; what else stands there is passed over.

    Args:
        text: such as '3, 17'.

    Returns:
        Up to MOST_KEPT seeds, in their order.
    """
    found = [int(digits) for digits in re.findall(r"\d+", text[:20_000])]
    return list(dict.fromkeys(seed for seed in found if seed <= LARGEST_LISTED))[:MOST_KEPT]


def _seeds(told: object) -> list[int]:
    """The seeds that a browser told; none of what else it may have sent."""
    listed = told[: len(SHOWN)] if isinstance(told, list) else []
    return [seed for seed in listed if type(seed) is int and 0 <= seed <= LARGEST_LISTED]
