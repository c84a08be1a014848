"""The page's second part: what is wrong with the class, by what it is known, and the button that mends it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ganmend.errors import GanmendError, OptionError
from ganmend.search.config import PRESETS, search_config
from ganmend.studio import markup
from ganmend.studio.bench import Bench
from ganmend.studio.events import on
from ganmend.studio.uploads import take_folder
from ganmend.workbench.folder_target import FEW, FEWEST, FolderTarget
from ganmend.workbench.sentence_target import SentenceTarget

if TYPE_CHECKING:
    from ganmend.studio.jobs_of import JobsOf
    from ganmend.studio.settings import StudioSettings
    from ganmend.workbench.request import MendRequest

TASKS = [
    ("Badly drawn: repair it", "repair"),
    ("Always the same kind: more variety", "debias"),
    ("Never learnt: teach a new class", "repurpose"),
]
Given = Mapping[gr.components.Component, Any]  # what components hold
UNDER_WAY = "The same is under way already, and shown. Another seed, or other steps, make it another run."
NETWORK, PHOTOGRAPHS, SENTENCE = "classifier", "photographs", "sentence"


class Target:
    """The components of this part, and what happens in it.

    Attributes:
        task: what is wrong.
        mend: the button that begins a job.
        said: what hindered it.
    """

    task: gr.Radio
    mend: gr.Button
    said: gr.HTML

    def __init__(self, bench: Bench, jobs: "JobsOf", settings: "StudioSettings", name: gr.Dropdown) -> None:
        """Put the components where the page stands.

        Args:
            bench: of the generator.
            jobs: that a new one goes to.
            settings: of the studio.
            name: holds the class that is chosen.
        """
        self._bench, self._jobs, self._settings, self._name = bench, jobs, settings, name
        self._top()
        self._ways()
        self._advanced()
        self.mend = gr.Button("Mend", variant="primary", elem_id="mend")
        self.said = gr.HTML(elem_id="said", js_on_load="element.setAttribute('role', 'alert');")

    def _top(self) -> None:
        gr.HTML("<h2>2. Mend it</h2>")
        self.task = gr.Radio(TASKS, value="repair", label="What is wrong with it?", elem_id="task")
        self.new = gr.Dropdown(
            [], value=None, label="The new class", info="A name from the list, or any name with your own photographs.",
            allow_custom_value=True, visible=False, elem_id="new-class",
        )  # fmt: skip

    def _ways(self) -> None:
        ways = [("A network that knows it", NETWORK), ("Photographs of mine", PHOTOGRAPHS)]
        ways += [("A sentence", SENTENCE)] * bool(self._bench.sentence_model)
        with gr.Accordion("How it should look", open=False, elem_id="ways"):
            self.way = gr.Radio(ways, value=NETWORK, label="What tells it?", elem_id="way")
            self.files = gr.File(
                label=f"Photographs of this class, {FEW} or more", height=220, file_count="multiple",
                file_types=["image"], visible=False, elem_id="photographs",
            )  # fmt: skip
            self.sentence = gr.Textbox(
                label="What the pictures shall show", placeholder="a green frog on a leaf", visible=False, max_lines=2,
                elem_id="sentence",
            )  # fmt: skip

    def _advanced(self) -> None:
        with gr.Accordion("Settings of the search", open=False, elem_id="advanced"):
            self.preset = gr.Radio(
                [("Default", "default"), ("As in the paper, slower", "paper")], value="default", label="Recipe",
                elem_id="preset",
            )  # fmt: skip
            self.steps = gr.Number(
                PRESETS["default"].steps, label="Steps", info="More take longer.", precision=0, minimum=1,
                elem_id="steps",
            )  # fmt: skip
            self.seed = gr.Number(
                0, label="Seed", info="Another seed searches along another way.", precision=0, minimum=0, elem_id="seed"
            )

    def wire(self, job: gr.Textbox) -> None:
        """Say what happens on which event.

        Args:
            job: where the name of the job goes that is begun.
        """
        on(self._name.change, self.suited, self._name, self.task, latest=True)
        on(self.task.change, self.asked_for, self.task, [self.new, self.mend], latest=True)
        on(self.way.change, self.told_by, self.way, [self.files, self.sentence], latest=True)
        on(self.preset.change, self.steps_of, self.preset, self.steps, latest=True)
        given = {
            self._name, self.task, self.new, self.way, self.files, self.sentence, self.preset, self.steps, self.seed,
        }  # fmt: skip
        on(self.mend.click, self.begin, given, [job, self.said], waits=True)

    def suited(self, name: str | None) -> str:
        """The task that suits a class."""
        return self._bench.sick.task(name) if name else "repair"

    def asked_for(self, task: str) -> tuple[gr.Dropdown, gr.Button]:
        """What a task asks for besides the class: the name of a new one."""
        new = task == "repurpose"
        names = list[str | int | float | tuple[str, str | int | float]](self._bench.new_classes() if new else [])
        return gr.Dropdown(choices=names, visible=new), gr.Button("Teach it" if new else "Mend")

    def told_by(self, way: str) -> tuple[gr.File, gr.Textbox]:
        """What is to be given where photographs or a sentence tell."""
        return gr.File(visible=way == PHOTOGRAPHS), gr.Textbox(visible=way == SENTENCE)

    def steps_of(self, preset: str) -> int:
        """The steps of a recipe."""
        return PRESETS[preset].steps

    def begin(self, given: Given, visitor: gr.Request) -> tuple[object, str]:
        """Begin a job, or say in one line why not.

        Args:
            given: what the components hold.
            visitor: who asks.

        Returns:
            The job's name, and what hindered it.
        """
        try:
            request = self._asked(given)
            if (same := self._jobs.under_way(request)) is not None:  # such as by a double click
                return same, markup.line(UNDER_WAY)
            return self._jobs.submit(request, by=visitor.username or visitor.session_hash or ""), ""
        except GanmendError as error:
            return gr.skip(), markup.trouble(error)

    def _asked(self, given: Given) -> "MendRequest":
        """What a visitor asks for.

        Args:
            given: what the components hold.

        Returns:
            The request.

        Raises:
            GanmendError: something is missing, out of range, or not known.
            OptionError: no class was chosen.
        """
        task, preset, steps = given[self.task], given[self.preset], given[self.steps]
        target = str((given[self.new] if task == "repurpose" else given[self._name]) or "").strip()
        if not target:
            raise OptionError("no class was chosen; choose one in the list, or give the new class a name")
        config = search_config(preset, **({} if steps is None else {"steps": int(steps)}))
        told = self._told(target, given)
        return self._bench.asked(task, target, config=config, preset=preset, seed=int(given[self.seed] or 0), **told)

    def _told(self, target: str, given: Given) -> dict[str, object]:
        """The fields of a request that say by what its class is known.

        Args:
            target: the class.
            given: what the components hold.

        Returns:
            The fields.

        Raises:
            GanmendError: photographs cannot serve, or there is no sentence.
            OptionError: too few photographs came.
        """
        others = {"classifier": "", "judge": "", "real": ""}
        if given[self.way] == PHOTOGRAPHS:
            if len(files := given[self.files] or []) < FEWEST:
                raise OptionError(f"{len(files)} photographs came; expected {FEWEST} at least, better {FEW} or more")
            folder = take_folder([Path(file) for file in files], self._settings.directory)
            return {**others, "images": FolderTarget({target: str(folder)})}
        if given[self.way] == SENTENCE:
            sentence = SentenceTarget(given[self.sentence], name=target, model=self._bench.sentence_model)
            return {**others, "text": sentence}
        return {}
