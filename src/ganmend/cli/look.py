"""ganmend info, evaluate: what a file holds, and how well a class does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ganmend.cli.answers import Answer, about_class, about_classifier, about_generator, class_in_words
from ganmend.cli.console import (
    as_it_is,
    doubt_origin,
    print_json,
    progress_bar,
    say,
    say_doubts,
    say_others,
    stdout,
    verdict_table,
)
from ganmend.cli.options import (
    EMBEDDING_FILE,
    AsJson,
    DrawingOptions,
    Force,
    GeneratorOptions,
    JudgeNames,
    NetworkOptions,
    Real,
    Seed,
    expect,
)
from ganmend.cli.target import TargetOptions

if TYPE_CHECKING:
    pass

LONGEST_CELL = 400


def info_command(
    source: GeneratorOptions,
    as_json: AsJson = False,
) -> None:
    """Say what a checkpoint holds, or an embedding's file, reference statistics or a result directory."""
    from ganmend.workbench.about_file import about_file

    # 'demo' is the bundled generator, also where a folder of that name stands, as `ganmend demo` leaves it.
    found = None if source.generator == "demo" else about_file(Path(source.generator))
    facts = found or source.source().load().describe()
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


def evaluate_command(
    source: DrawingOptions,
    networks: NetworkOptions,
    embedding: Annotated[str, typer.Argument(metavar="CLASS|FILE", help=f"A class, {EMBEDDING_FILE}.")],
    photographs: TargetOptions,
    target: Annotated[
        str, typer.Option("--target", help="The class that the samples should show; default its own.")
    ] = "",
    judge: JudgeNames = None,
    real: Real = None,
    n: Annotated[int, typer.Option("-n", help="How many samples are judged.")] = 1000,
    seed: Seed = 1000,
    fid: Annotated[
        str,
        typer.Option(
            "--fid",
            help="judge: figures in the judge's features; inception: also figures as papers give them, against "
            "--real FOLDER.",
        ),
    ] = "judge",
    inception_weights: Annotated[
        Path | None,
        typer.Option("--inception-weights", help="A file with Inception's weights; default downloads them."),
    ] = None,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Judge samples of a class or an embedding, against real images where there are any."""
    from ganmend.catalog.names import find_class, index_of, is_index
    from ganmend.edits.edit_file import class_shown
    from ganmend.workbench.workbench import Workbench

    called = photographs.names([])
    if photographs.given:
        expect(len(called) == 1 and not target, "one folder of --images says what is judged; give --name, not --target")
        target = called[0]
    else:
        source.expect_option("".join(judge or ()), "--judge")
    bench = Workbench(
        source.source(),
        judge=networks.of(judge or ())[0] or None,
        real=real,
        images=photographs.folders(called),
        precision=source.precision,
        allow_code=networks.allow_code,
        targets=[target] if target else [],
        edits=[embedding],
    )
    found = bench.edit(embedding, force=force)
    judged = found.target or embedding if target == "" else target
    with progress_bar(judged) as show:
        bench.prepare(show)
        assessed = bench.assess(
            embedding,
            target=target or None,
            n=n,
            seed=seed,
            fid=fid,
            inception_weights=inception_weights,
            force=force,
            on_progress=show,
        )
    doubt_origin(embedding, found)
    notes, names = bench.notes, bench.generator.class_names
    shown, wanted = class_shown(embedding, found, names), (index_of(assessed.target, names), assessed.target)
    if target == "":
        wanted = shown
    elif is_index(target):
        wanted = (index := find_class(target, names)), names[index]
    if as_json:
        classes: Answer = {"class": about_class(*shown), "target": about_class(*wanted), "embedding": embedding}
        drawn: Answer = {"generator": about_generator(bench.generator, source.generator), "seed": seed}
        others = [
            {**other.verdict.as_dict(), "judge": about_classifier(judge)}
            for other, judge in zip(assessed.others, bench.judges[1:], strict=True)
        ]
        beside: Answer = {
            **assessed.yardsticks.as_dict(),
            "notes": list(notes),
            "doubts": list(assessed.doubts),
            "other_judges": others,
        }
        print_json({**assessed.verdict.as_dict(), **beside, **classes, "judge": about_classifier(bench.judge), **drawn})
    else:
        as_another = "" if shown == wanted else f" as {class_in_words(*wanted)}"
        title = f"{class_in_words(*shown)}{as_another}, judged by {assessed.judge} on {n} samples"
        for note in notes:
            say(note)
        stdout().print(verdict_table(title, {"value": assessed.verdict, **assessed.yardsticks.columns()}))
        say_others(assessed.others)
        say_doubts(assessed.doubts)
