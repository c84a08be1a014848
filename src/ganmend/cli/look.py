"""ganmend info, diagnose, evaluate: what a generator holds and how well it does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
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
    ClassMapFile,
    DrawingOptions,
    Force,
    GeneratorOptions,
    JudgeNames,
    NetworkOptions,
    Only,
    Overwrite,
    Real,
    Seed,
    expect,
)
from ganmend.cli.target import TargetOptions
from ganmend.metrics.figures import format_figure, headlines, label

if TYPE_CHECKING:
    from ganmend.workbench.marks import ClassDiagnosis

CONTACT_COLUMNS = 10
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


def diagnose_command(
    source: DrawingOptions,
    networks: NetworkOptions,
    classifier: Annotated[
        str, typer.Option("--classifier", help="Scores the classes, as a judge; default demo:judge for 'demo'.")
    ] = "",
    real: Real = None,
    class_map: ClassMapFile = None,
    only: Only = None,
    n: Annotated[int, typer.Option("-n", help="Samples a class; of many classes the most of them.")] = 200,
    sequential: Annotated[
        bool | None,
        typer.Option(
            "--sequential/--no-sequential",
            help="Draw a class only until its mark is settled; default where more than 100 classes are diagnosed.",
        ),
    ] = None,
    worst: Annotated[
        int,
        typer.Option("--worst", help="Show the N sickest classes only, told from the others by enough samples; 0 all."),
    ] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for a contact sheet; default none.")] = None,
    overwrite: Overwrite = False,
    seed: Seed = 2000,
    as_json: AsJson = False,
) -> None:
    """Score every class and mark the sick ones, worst first; --out writes a contact sheet."""
    from ganmend.files.directories import write_directory
    from ganmend.files.outputs import check_out
    from ganmend.workbench.class_map import read_class_map
    from ganmend.workbench.workbench import Workbench

    source.expect_option(classifier, "--classifier")
    named = None if class_map is None else read_class_map(class_map)
    ((judge,),) = networks.of([classifier]) if classifier else (("",),)
    bench = Workbench(
        source.source(),
        judge=judge or None,
        real=real,
        precision=source.precision,
        class_map=named,
        allow_code=networks.allow_code,
    )
    if out is not None:
        check_out(out, overwrite=overwrite, directory=True)
    with progress_bar(source.generator) as show:
        found = bench.diagnose(only=only, n=n, seed=seed, sequential=sequential, worst=worst, on_progress=show)
    classes = found.worst(worst) if worst else found.classes
    if out is not None:
        from ganmend.workbench.pictures import contact_sheet

        sheet = contact_sheet(bench, [entry.index for entry in classes], CONTACT_COLUMNS, seed)
        write_directory(out, lambda folder: sheet.save(folder / "contact_sheet.png"), overwrite=overwrite)
    if as_json:
        by = about_classifier(bench.judge or bench.classifier)
        drawn: Answer = {"generator": about_generator(bench.generator, source.generator), "seed": seed, "n": n}
        against: Answer = {"rule": found.rule, "notes": list(found.notes), "median_of": list(found.compared)}
        print_json({**against, "classes": [_as_row(entry) for entry in classes], "judge": by, **drawn})
    else:
        keys = headlines(*(entry.verdict.as_dict() for entry in classes))
        columns = ("index", "class", "mark", *map(label, keys))
        table = Table(
            *columns, caption="\n".join((found.rule, *found.notes)), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
        )
        for entry in classes:
            figures = (format_figure(getattr(entry.verdict, key)) for key in keys)
            table.add_row(str(entry.index), as_it_is(entry.name), entry.mark, *figures)
        stdout().print(table)


def evaluate_command(
    source: DrawingOptions,
    networks: NetworkOptions,
    embedding: Annotated[str, typer.Argument(metavar="CLASS|FILE", help=f"A class, {EMBEDDING_FILE}.")],
    photographs: TargetOptions,
    target: Annotated[str, typer.Option("--target", help="Class that it should show; default its own.")] = "",
    judge: JudgeNames = None,
    real: Real = None,
    n: Annotated[int, typer.Option("-n", help="Samples.")] = 1000,
    seed: Seed = 1000,
    fid: Annotated[
        str, typer.Option("--fid", help="judge, or inception: also figures that papers give, against --real FOLDER.")
    ] = "judge",
    inception_weights: Annotated[
        Path | None, typer.Option("--inception-weights", help="A file of Inception's weights; default downloads them.")
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


def _as_row(entry: "ClassDiagnosis") -> Answer:
    """A class's diagnosis for JSON."""
    marked: Answer = {"index": entry.index, "class": entry.name, "mark": entry.mark, "severity": entry.severity}
    return {**marked, **entry.verdict.as_dict()}
