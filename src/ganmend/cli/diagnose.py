"""ganmend diagnose: which classes of a generator are sick."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from ganmend.cli.answers import Answer, about_classifier, about_generator, typed_command
from ganmend.cli.console import as_it_is, print_json, progress_bar, say, stdout
from ganmend.cli.options import AsJson, ClassMapFile, DrawingOptions, NetworkOptions, Only, Overwrite, Real, Seed
from ganmend.metrics.figures import format_figure, headlines, label

if TYPE_CHECKING:
    from ganmend.workbench.diagnosis import Diagnosis
    from ganmend.workbench.marks import ClassDiagnosis
    from ganmend.workbench.workbench import Workbench


def diagnose_command(
    source: DrawingOptions,
    networks: NetworkOptions,
    classifier: Annotated[
        str,
        typer.Option(
            "--classifier",
            help="The classifier that judges the classes; default demo:judge for 'demo', imagenet:judge for ImageNet's "
            "classes (extra imagenet).",
        ),
    ] = "",
    real: Real = None,
    class_map: ClassMapFile = None,
    only: Only = None,
    n: Annotated[int, typer.Option("-n", help="Samples of each class; with --sequential, at most.")] = 200,
    sequential: Annotated[
        bool | None,
        typer.Option(
            "--sequential/--no-sequential",
            help="Draw a class only until its mark is certain; default where more than 100 classes are diagnosed.",
        ),
    ] = None,
    worst: Annotated[
        int,
        typer.Option(
            "--worst",
            help="Show only the N sickest classes, drawn until they can be told from the others; 0 shows all.",
        ),
    ] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder for a page and contact sheets; default none.")
    ] = None,
    overwrite: Overwrite = False,
    seed: Seed = 2000,
    as_json: AsJson = False,
) -> None:
    """Score every class and mark the sick ones, worst first; --out writes a page that sorts, and contact sheets."""
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
        _write_diagnosis(out, bench, found, classes, source.generator, n=n, seed=seed, overwrite=overwrite)
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
        if out is not None:
            say(f"written to {out}")


def _write_diagnosis(
    out: Path,
    bench: "Workbench",
    found: "Diagnosis",
    classes: Sequence["ClassDiagnosis"],
    generator: str,
    *,
    n: int,
    seed: int,
    overwrite: bool,
) -> None:
    """Put a diagnosis's page and contact sheets into a folder."""
    from ganmend.files.directories import write_directory
    from ganmend.workbench.diagnosis_files import write_diagnosis
    from ganmend.workbench.made import made_now

    judge = bench.judge or bench.classifier
    assert judge is not None
    made = made_now(bench.generator, judge, [judge])
    facts = {
        "command": typed_command(), "generator": bench.generator.fingerprint,
        "judge": f"{judge.name} ({judge.fingerprint})", "samples a class": n, "seed": seed,
        **{name: made[name] for name in ("versions", "date", "machine")},
    }  # fmt: skip
    with progress_bar("pictures") as show:
        write_directory(
            out,
            lambda folder: write_diagnosis(
                folder, bench, found, classes, seed=seed, title=f"Diagnosis of {generator}", facts=facts,
                on_progress=show,
            ),
            overwrite=overwrite,
        )  # fmt: skip


def _as_row(entry: "ClassDiagnosis") -> Answer:
    """A class's diagnosis for JSON."""
    marked: Answer = {"index": entry.index, "class": entry.name, "mark": entry.mark, "severity": entry.severity}
    return {**marked, **entry.verdict.as_dict()}
