"""ganmend demo: the main job, end to end, on the bundled generator."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.progress import Progress as Bar
from rich.table import Table

from ganmend.cli.answers import typed_command
from ganmend.cli.console import print_json, say, stderr, stdout, warn
from ganmend.cli.options import AsJson, Device, Seed, Setting
from ganmend.cli.settings import typed_config
from ganmend.metrics.figures import format_figure, headlines, label
from ganmend.progress import OnProgress, Progress
from ganmend.signals import INTERRUPTED

if TYPE_CHECKING:
    from ganmend.metrics.comparison import Comparison
    from ganmend.workbench.request import MendRequest
    from ganmend.workbench.result import MendResult

# What its JSON says of before and after.
KEYS = (
    "judge_accuracy",
    "judge_accuracy_low",
    "judge_accuracy_high",
    "fid",
    "kid",
    "coverage",
    "recall",
    "diversity",
    "intervals",
)


def demo_command(
    out: Annotated[
        Path, typer.Option("--out", help="A folder for report.html and the pictures; an earlier demo's is replaced.")
    ] = Path("demo"),
    n: Annotated[int, typer.Option("-n", help="Samples that the judge sees.")] = 1000,
    setting: Setting = None,
    seed: Seed = 0,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Repair, re-purpose and de-bias classes of the bundled CIFAR-10 BigGAN, judged independently."""
    from ganmend.runs.demo_run import demo_request

    request = demo_request(seed=seed, n=n, config=typed_config("default", setting), device=device)
    run_and_tell(out, request, typed_command(), as_json=as_json)


def run_and_tell(out: Path, request: "MendRequest", command: str, *, as_json: bool) -> None:
    """Run a demo, or what is left of it, write its page and say what came of it.

    Args:
        out: its directory.
        request: of no class.
        command: that began it, as it was typed.
        as_json: print one JSON object.

    Raises:
        Exit: it was interrupted.
        GanmendError: it cannot be run or written.
    """
    from ganmend.files.directories import write_directory
    from ganmend.files.outputs import check_out, reserved
    from ganmend.report.story import no_success
    from ganmend.runs.demo_run import EDITS, run_demo

    check_out(out, overwrite=True, directory=True)
    with Bar(console=stderr(), transient=True) as bar, reserved(out, overwrite=True, directory=True):
        task = bar.add_task("starting", total=len(EDITS))

        def on_edit(verb: str, target: str) -> OnProgress:
            done = EDITS.index((verb, target))

            def show(progress: Progress) -> None:
                if progress.probability is not None:
                    note = f"{verb} {target}: P {progress.probability:.2f}"
                    bar.update(task, description=note, completed=done + progress.done / progress.total)

            return show

        results = run_demo(out, request, command=command, on_edit=on_edit)
        _end_if_interrupted(results, out)
        answer = as_answer(results)
        write_directory(out, lambda folder: _write(folder, results, answer, command), overwrite=True)
    if as_json:
        print_json(answer)
        return
    for result in results:
        if result.harm:
            say(f"{result.task} {result.target}: {no_success(result.harm)}")
    stdout().print(_table(results))
    outcomes = [
        f"{one.task} {one.target} {one.verdict.outcome}" for one in results if one.verdict and one.verdict.outcome
    ]
    if outcomes:
        say(f"taken together: {', '.join(outcomes)}")
    say(f"pictures: {out / 'report.html'}")
    say("next: ganmend diagnose demo")


def _end_if_interrupted(results: list["MendResult"], out: Path) -> None:
    if results[-1].interrupted:
        warn(f"interrupted: what was found is kept; go on by: ganmend resume {out}")
        raise typer.Exit(INTERRUPTED)


def as_answer(results: list["MendResult"]) -> dict[str, dict[str, object]]:
    """What `ganmend demo --json` prints.

    Args:
        results: of the demo, each with its verdict.

    Returns:
        By task and class: 'before' and 'after', each the figures of KEYS; what else `Comparison.as_dict` gives; 'harm'
        that the search did; and its 'seconds'.
    """
    answer: dict[str, dict[str, object]] = {}
    for result in results:
        assert result.verdict is not None
        before, after = result.verdict.before.as_dict(), result.verdict.after.as_dict()
        figures = {which: {key: found[key] for key in KEYS} for which, found in (("before", before), ("after", after))}
        told = {**result.verdict.as_dict(), **figures, "harm": list(result.harm), "seconds": result.seconds}
        answer.setdefault(result.task, {})[result.target] = told
    return answer


def _write(folder: Path, results: list["MendResult"], answer: object, command: str) -> None:
    from ganmend.files.json_text import to_json
    from ganmend.report.grids import labelled
    from ganmend.report.page import render_page

    edits = []
    for result in results:
        assert result.before is not None
        labelled(result.pictures()).save(folder / f"{result.task}_{result.target}.png")
        result.after.save(folder / f"{result.target}.safetensors")
        edits.append(result.on_page())
    settings = results[0].config.as_dict()
    facts = {"command": command, **results[0].facts()}
    del facts["seconds"]  # each edit's own; its story tells them
    page = render_page("ganmend demo: a CIFAR-10 BigGAN, mended", edits, settings, facts)
    (folder / "report.html").write_text(page, "utf-8")
    (folder / "demo.json").write_text(to_json(answer) + "\n")


def _table(results: list["MendResult"]) -> Table:
    verdicts = [result.verdict for result in results if result.verdict is not None]
    keys = headlines(*(one.as_dict() for verdict in verdicts for one in (verdict.before, verdict.after)))
    table = Table("edit", *map(label, keys), "time", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.title = "before -> after, by each judge"
    for result, verdict in zip(results, verdicts, strict=True):
        table.add_row(f"{result.task} {result.target}", *_cells(verdict, keys), f"{result.seconds:.0f} s")
        for other in verdict.others:
            table.add_row(f"  by {other.judge.removeprefix('demo:')}", *_cells(other, keys))
    return table


def _cells(verdict: "Comparison", keys: Sequence[str]) -> list[str]:
    before, after = verdict.before, verdict.after
    return [f"{format_figure(getattr(before, key))}->{format_figure(getattr(after, key))}" for key in keys]
