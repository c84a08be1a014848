"""ganmend sweep: many classes at once."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from ganmend.cli.answers import typed_command
from ganmend.cli.console import as_it_is, print_json, say, stdout, warn
from ganmend.cli.options import ALLOW_CODE, DrawingOptions, MendOptions, expect
from ganmend.cli.settings import typed_config
from ganmend.metrics.figures import format_figure, label
from ganmend.signals import INTERRUPTED

if TYPE_CHECKING:
    from ganmend.runs.sweeps.request import SweepRequest
    from ganmend.runs.sweeps.rows import Row
    from ganmend.runs.sweeps.run import SweepDone

FAILED = 1  # exit status where some classes could not be mended
SHOWN = 30  # rows of the table that is printed
Workers = Annotated[
    int,
    typer.Option(
        "--workers",
        help="Processes of this machine that share the work; 0 does it in this process. Results do not depend on it.",
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        "--cluster",
        metavar="local|auto|HOST:PORT",
        help="Do the work on a Ray cluster: local begins one on this machine for this run, with --workers workers, "
        "else one for each processor; auto takes the cluster that this machine belongs to; HOST:PORT the one whose "
        "head is there. Results do not depend on it. Needs the extra ray; default none.",
    ),
]
Export = Annotated[
    Path | None,
    typer.Option(
        "--export",
        help="Write the generator's checkpoint with all classes that became better: a file like the original, or a "
        "folder. Added to the command of a sweep that is done, it exports without computing anything again; default "
        "none.",
    ),
]


def sweep_command(
    source: DrawingOptions,
    options: MendOptions,
    classes: Annotated[
        str,
        typer.Option(
            "--classes",
            help="The classes: all; worst:N, the N sickest of all; names, indices and ranges with commas between them, "
            "such as frog,7,100-199; or a text file, one a line. Class names of a network of your own go behind its "
            "name: ,classes=FILE.",
        ),
    ],
    task: Annotated[
        str,
        typer.Option(
            "--task",
            help="What is done to the classes: auto diagnoses them and mends the sick ones, biased ones by debias and "
            "others by repair; repair, debias or repurpose is done to each, sick or not.",
        ),
    ] = "auto",
    trials: Annotated[int, typer.Option("--trials", help="Starts searched for each class; the best edit is kept.")] = 5,
    group: Annotated[
        int,
        typer.Option(
            "--trials-at-once",
            help="How many of these starts are searched side by side, as one piece of work. Results depend on it, "
            "since each such group ends its search by itself.",
        ),
    ] = 5,
    n: Annotated[int, typer.Option("-n", help="Samples that the judge sees of each class, before and after.")] = 1000,
    threads: Annotated[
        int,
        typer.Option(
            "--threads", help="Threads that each process computes with. The last digits of results depend on it."
        ),
    ] = 1,
    workers: Workers = 0,
    cluster: Cluster = "",
    mirror: Annotated[
        str,
        typer.Option(
            "--mirror",
            metavar="URL",
            help="A second folder for all that is written down, from which the same command on another machine goes "
            "on: a URL that fsspec knows, such as s3://BUCKET/FOLDER; default none.",
        ),
    ] = "",
    export: Export = None,
    allow_code: Annotated[bool, typer.Option("--allow-code", help=ALLOW_CODE)] = False,
) -> None:
    """Mend many classes. What is done is kept: after an interruption or a kill the same command goes on."""
    from ganmend.runs.sweeps.request import SweepRequest

    expect(not options.called, "--as goes with one class; use --class-map")
    config = typed_config(
        options.preset,
        [f"trials={trials}", *(options.setting or ())],
        capacity=options.capacity,
        init=options.init,
        memory=options.memory,
    )
    request = SweepRequest(
        source.source(), classes, task, tuple(options.classifier or ()), tuple(options.judge or ()),
        "" if options.real is None else str(options.real), source.precision, options.preset, config, group, threads,
        options.seed, n, _class_map(options.class_map),
    )  # fmt: skip
    out = options.out or Path("runs") / f"sweep-seed{options.seed}"
    run_and_tell(
        out, request, typed_command(), overwrite=options.overwrite, workers=workers, cluster=cluster,
        mirror=mirror, allow_code=allow_code, export=export, as_json=options.as_json,
    )  # fmt: skip


def resume_sweep(directory: Path, *, workers: int, cluster: str, allow_code: bool, as_json: bool) -> None:
    """Go on with the sweep in a directory, from the folder that it was begun in.

    Args:
        directory: of the sweep.
        workers: processes that share the work; 0 does it in this one.
        cluster: of Ray, that does it, or ''.
        allow_code: run Python code that a classifier's name leads to.
        as_json: print one JSON object.

    Raises:
        GanmendError: it cannot go on.
        Exit: a class could not be mended, or it was interrupted.
    """
    from ganmend.runs.record import in_folder
    from ganmend.runs.sweeps.request import SweepRequest
    from ganmend.runs.sweeps.run import read_sweep

    record, place = read_sweep(directory), directory.absolute()
    assert record is not None
    with in_folder(record.folder):
        request = SweepRequest.from_dict(record.request)
        run_and_tell(
            place, request, record.command, workers=workers, cluster=cluster, allow_code=allow_code, as_json=as_json
        )


def run_and_tell(
    out: Path,
    request: "SweepRequest",
    command: str,
    *,
    workers: int,
    cluster: str,
    allow_code: bool,
    as_json: bool,
    mirror: str = "",
    overwrite: bool = False,
    export: Path | None = None,
) -> None:
    """Run a sweep, or what is left of it, and say what became of each class.

    Args:
        out: its directory.
        request: what is asked for.
        command: as it was typed.
        workers: processes that share the work; 0 does it in this one.
        cluster: of Ray, that does it, or ''.
        allow_code: run Python code that a classifier's name leads to.
        as_json: print one JSON object.
        mirror: see `sweep_in`.
        overwrite: whether something else of ganmend's at `out` may be replaced.
        export: where the checkpoint with the better classes goes, or None.

    Raises:
        Exit: a class could not be mended, or it was interrupted.
        GanmendError: it cannot begin or go on.
    """
    from ganmend.cli.live import live_table
    from ganmend.files.outputs import check_out
    from ganmend.runs.sweeps.run import sweep_in

    expect(0 <= workers <= 1000, f"--workers is {workers}; expected 0 to 1000 processes, at most {os.cpu_count()} here")
    expect(
        not workers or cluster in ("", "local"), f"--workers {workers} came with --cluster {cluster}, which has its own"
    )
    if export is not None:
        check_out(export, overwrite=overwrite, directory=not export.suffix)
    try:
        with live_table() as watch:
            done = sweep_in(
                out,
                request,
                workers=workers,
                cluster=cluster,
                mirror=mirror,
                overwrite=overwrite,
                command=command,
                allow_code=allow_code,
                watch=watch,
            )
    except KeyboardInterrupt:
        warn(f"interrupted: what was done is in {out}; go on by: ganmend resume {out}")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        asked = {"out": str(out), "seed": request.seed, "n": request.samples}
        print_json({"rows": done.rows, "left_out": done.left_out, **asked})
    else:
        _say(done)
    if export is not None:
        _export(done, export, overwrite=overwrite, quiet=as_json)
    if done.failed:
        warn(f"{len(done.failed)} of {len(done.rows)} classes failed; they are tried again by: ganmend resume {out}")
        raise typer.Exit(FAILED)


def _class_map(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    from ganmend.workbench.class_map import read_class_map

    return {str(name): called for name, called in read_class_map(path).items()}


def _say(done: "SweepDone") -> None:
    """The classes that gained most, and where the rest is."""
    from ganmend.cli.live import in_words

    rows = done.rows[:SHOWN]
    known = [key for row in rows for key, value in _figures(row, "after").items() if value is not None]
    keys = list(dict.fromkeys(known))
    headings = ("class", "mark", "task", *map(label, keys), "outcome", "time")
    table = Table(*headings, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in rows:
        figures = (
            f"{format_figure(_figures(row, 'before')[key])} -> {format_figure(_figures(row, 'after')[key])}"
            if key in _figures(row, "after")
            else ""
            for key in keys
        )
        outcome = str(row["outcome"] or row["status"])
        texts = (as_it_is(str(row[key])) for key in ("class", "mark", "task"))
        table.add_row(*texts, *figures, outcome, in_words(float(str(row["seconds"]))))
    stdout().print(table)
    for row in done.failed[:SHOWN]:
        say(f"{row['class']} failed: {row['reason']}")
    if done.left_out:
        say(f"{done.left_out} classes were left out: the judge knows none of their names; --class-map tells it some")
    better = sum(row["outcome"] == "better" for row in done.rows)
    say(f"{better} of {len(done.rows)} classes became better; all of them: {done.directory / 'report.html'}")


def _figures(row: "Row", which: str) -> dict[str, object]:
    figures = row.get(which)
    return figures if isinstance(figures, dict) else {}


def _export(done: "SweepDone", out: Path, *, overwrite: bool, quiet: bool) -> None:
    """Put all edits that made their class better into the checkpoint.

    Args:
        done: the sweep.
        out: where the checkpoint goes.
        overwrite: whether something there may be replaced.
        quiet: print nothing.

    Raises:
        GanmendError: no class became better, or the checkpoint cannot be written.
    """
    from ganmend.runs.sweeps.export import export_better

    classes = export_better(done, out, overwrite=overwrite)
    if not quiet:
        say(
            f"{out} holds {len(classes)} better classes: {', '.join(classes[:SHOWN])}{', ...' * (len(classes) > SHOWN)}"
        )
