"""ganmend info, diagnose, evaluate: what a generator holds and how well it does."""

from typing import Annotated

import typer
from rich import box
from rich.table import Table

from ganmend.cli.console import as_it_is, doubt_origin, print_json, progress_bar, stdout, verdict_table, warn
from ganmend.cli.options import (
    EMBEDDING_FILE,
    AsJson,
    ClassifierName,
    DrawingOptions,
    Force,
    GeneratorOptions,
    JudgeName,
    Out,
    Overwrite,
    Real,
    Seed,
)
from ganmend.metrics.figures import format_figure, headlines, label

CONTACT_COLUMNS = 10
LONGEST_CELL = 400


def info_command(
    source: GeneratorOptions,
    as_json: AsJson = False,
) -> None:
    """Say what a checkpoint holds."""
    facts = source.source().load().describe()
    if as_json:
        print_json(facts)
        return
    shown = Table("", "", show_header=False, title=as_it_is(source.generator))
    for name, value in facts.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        shown.add_row(
            name.replace("_", " "), as_it_is(text if len(text) < LONGEST_CELL else text[:LONGEST_CELL] + " ...")
        )
    stdout().print(shown)


def diagnose_command(
    source: DrawingOptions,
    classifier: ClassifierName = "",
    real: Real = None,
    n: Annotated[int, typer.Option("-n", help="Samples a class.")] = 200,
    out: Out = None,
    overwrite: Overwrite = False,
    seed: Seed = 1000,
    as_json: AsJson = False,
) -> None:
    """Score every class and mark the sick ones, worst first; --out writes a contact sheet."""
    from ganmend.files.directories import write_directory
    from ganmend.files.outputs import check_out
    from ganmend.workbench.workbench import Workbench

    source.expect_option(classifier, "--classifier")
    bench = Workbench(source.source(), judge=classifier or None, real=real, precision=source.precision)
    if out is not None:
        check_out(out, overwrite=overwrite, directory=True)
    with progress_bar(source.generator) as show:
        found = bench.diagnose(n=n, seed=seed, on_progress=show)
    if as_json:
        rows = [
            {"class": entry.name, "mark": entry.mark, "severity": entry.severity, **entry.verdict.as_dict()}
            for entry in found.classes
        ]
        print_json({"rule": found.rule, "classes": rows})
    else:
        keys = headlines(*(entry.verdict.as_dict() for entry in found.classes))
        columns = ("class", "mark", *map(label, keys))
        table = Table(*columns, caption=found.rule, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for entry in found.classes:
            figures = (format_figure(getattr(entry.verdict, key)) for key in keys)
            table.add_row(as_it_is(entry.name), entry.mark, *figures)
        stdout().print(table)
    if out is not None:
        from ganmend.workbench.pictures import contact_sheet

        sheet = contact_sheet(bench, [entry.index for entry in found.classes], CONTACT_COLUMNS, seed)
        write_directory(out, lambda folder: sheet.save(folder / "contact_sheet.png"), overwrite=overwrite)


def evaluate_command(
    source: DrawingOptions,
    embedding: Annotated[str, typer.Argument(metavar="CLASS|FILE", help=f"A class, {EMBEDDING_FILE}.")],
    target: Annotated[str, typer.Option("--target", help="Class that it should show; default its own.")] = "",
    judge: JudgeName = "",
    real: Real = None,
    n: Annotated[int, typer.Option("-n", help="Samples.")] = 1000,
    seed: Seed = 1000,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Judge samples of a class or an embedding, against real images where there are any."""
    from ganmend.workbench.workbench import Workbench

    source.expect_option(judge, "--judge")
    bench = Workbench(source.source(), judge=judge or None, real=real, precision=source.precision)
    found = bench.edit(embedding, force=force)
    assert bench.judge is not None
    if found.details.get("classifier") == bench.judge.fingerprint:
        warn("the judge is the classifier that found this embedding: its verdict says nothing; give another --judge")
    wanted = target or found.target
    with progress_bar(wanted or embedding) as show:
        verdict = bench.evaluate(found, target=target or None, n=n, seed=seed, force=force, on_progress=show)
    doubt_origin(embedding, found)
    if as_json:
        print_json(verdict.as_dict())
    else:
        stdout().print(verdict_table(f"{wanted}, judged by {bench.judge.name} on {n} samples", {"value": verdict}))
