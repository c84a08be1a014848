"""ganmend compare: several results in one table and on one page."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from ganmend.cli.answers import Answer, typed_command
from ganmend.cli.console import as_it_is, print_json, say, stdout, warn
from ganmend.cli.options import AsJson, Overwrite
from ganmend.metrics.figures import format_figure, label

if TYPE_CHECKING:
    from PIL import Image

    from ganmend.report.compared_page import Row
    from ganmend.workbench.compared import ComparedRun

WITH_SAMPLES = 50  # runs whose samples stand on the page
WIDEST = 3  # settings that the terminal's table shows; the page shows all


def compare_command(
    places: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Results of repair, repurpose or debias, or folders of them.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder for a page and one picture of all runs; default none.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Put several results into one table; --out writes a page with their samples too."""
    from ganmend.files.directories import write_directory
    from ganmend.files.outputs import check_out
    from ganmend.report.compared_page import Row
    from ganmend.workbench.compared import differing, find_runs, incomparable

    if out is not None:
        check_out(out, overwrite=overwrite, directory=True)
    runs = find_runs(places)
    names, notes = differing(runs), incomparable(runs)
    settings = [{name: run.settings()[name] for name in names} for run in runs]
    rows = [
        Row(run.name, told, run.result.verdict, run.result.seconds,
            run.samples() if out is not None and number < WITH_SAMPLES else (), run.result.harm)
        for number, (run, told) in enumerate(zip(runs, settings, strict=True))
    ]  # fmt: skip
    if out is not None:
        write_directory(out, lambda folder: _write(folder, runs, rows, notes), overwrite=overwrite)
    if as_json:
        print_json(_answer(runs, settings, notes, out))
        return
    stdout().print(_table(rows))
    for note in notes:
        warn(note)
    if out is not None:
        say(f"written to {out}")


def _answer(
    runs: Sequence["ComparedRun"], settings: Sequence[Answer], notes: Sequence[str], out: Path | None
) -> Answer:
    told = []
    for run, differs in zip(runs, settings, strict=True):
        result = run.result
        verdict = None if result.verdict is None else {"judge": result.verdict.judge, **result.verdict.as_dict()}
        about: Answer = {"run": run.name, "task": result.task, "class": result.target, "preset": result.preset}
        told.append({**about, "seed": result.seed, "seconds": result.seconds, "harm": list(result.harm),
                     "differs": differs, "verdict": verdict})  # fmt: skip
    return {"runs": told, "notes": list(notes), "out": None if out is None else str(out)}


def _table(rows: Sequence["Row"]) -> Table:
    from ganmend.report.compared_page import leading_figures

    keys, settings = leading_figures(rows), list(rows[0].settings)[:WIDEST]
    headings = ("run", *settings, *map(label, keys), "together", "time")
    table = Table(title="before -> after", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(as_it_is(heading), overflow="fold")
    for row in rows:
        told = [as_it_is(str(row.settings[name])) for name in settings]
        outcome = "no success" if row.harm else row.verdict.outcome if row.verdict else "not judged"
        cells = [_cell(row, key) for key in keys]
        table.add_row(as_it_is(row.name), *told, *cells, outcome, f"{row.seconds:.0f} s")
    return table


def _cell(row: "Row", key: str) -> str:
    if row.verdict is None:
        return "–"
    mark = {True: " better", False: " worse", None: ""}[row.verdict.is_better(key)]
    before, after = (format_figure(getattr(side, key)) for side in (row.verdict.before, row.verdict.after))
    return f"{before} -> {after}{mark}"


def _write(folder: Path, runs: Sequence["ComparedRun"], rows: Sequence["Row"], notes: Sequence[str]) -> None:
    from ganmend.report.compared_page import render_compared
    from ganmend.report.labels import annotated
    from ganmend.report.tiles import stacked

    before: dict[tuple[str, int], tuple[str, tuple[Image.Image, ...]]] = {}  # by generator and class, the first run's
    for run, row in zip(runs, rows, strict=True):
        key = run.result.after.generator, run.result.before_index
        if row.samples and key not in before:
            before[key] = f"before (of {run.name})", run.samples_before()
    facts = {"command": typed_command(), "versions": f"ganmend {version('ganmend')}"}
    page = render_compared("Runs compared", rows, notes, dict(before.values()), facts)
    (folder / "report.html").write_text(page, "utf-8")
    shown = {**dict(before.values()), **{row.name: row.samples for row in rows if row.samples}}
    annotated(stacked(list(shown.values())), list(shown)).save(folder / "samples.png")
