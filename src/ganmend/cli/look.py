"""ganmend info, diagnose, evaluate: what a generator holds and how well it does."""

from typing import Annotated

import torch
import typer
from rich import box
from rich.table import Table

from ganmend.cli import opening
from ganmend.cli.console import print_json, stderr, stdout, verdict_table, warn
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
from ganmend.edits.sampling import class_row, draw
from ganmend.errors import OptionError
from ganmend.files.directories import check_writable, write_directory
from ganmend.report.figures import format_figure, label
from ganmend.report.grids import image_grid
from ganmend.workbench.diagnosis import diagnose
from ganmend.workbench.verdicts import evaluate

CONTACT_COLUMNS = 10


def info_command(
    source: GeneratorOptions,
    as_json: AsJson = False,
) -> None:
    """Say what a checkpoint holds."""
    gan = opening.open_generator(source)
    plan, table = gan.architecture, gan.class_embeddings
    facts = {
        "family": plan.family,
        "resolution": gan.resolution,
        "classes": gan.n_classes,
        "dim_z": gan.dim_z,
        "dim_embedding": gan.dim_embedding,
        "blocks": len(plan.blocks),
        "channels": [block.convolutions[-1].channels_out for block in plan.blocks],
        "attention_before_blocks": plan.first_attention,
        "attention_after_blocks": [index for index, block in enumerate(plan.blocks) if block.attention],
        "embedding_range": [round(table.min().item(), 4), round(table.max().item(), 4)],
        "fingerprint": gan.fingerprint,
        "class_names": list(gan.class_names),
    }
    if as_json:
        print_json(facts)
        return
    shown = Table("", "", show_header=False, title=source.generator)
    for name, value in facts.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        shown.add_row(name.replace("_", " "), text if len(text) < 400 else text[:400] + " ...")
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
    gan = opening.open_generator(source)
    judge = opening.open_classifier(classifier, source, "demo:judge", "--classifier")
    if out is not None:
        check_writable(out, overwrite)
    with stderr().status("scoring every class"):
        found = diagnose(gan, judge, statistics=opening.open_statistics(real, source.generator, judge), n=n, seed=seed)
    rows = [
        {"class": entry.name, "mark": entry.mark, "severity": entry.severity, **entry.figures}
        for entry in found.classes
    ]
    if as_json:
        print_json({"rule": found.rule, "classes": rows})
    else:
        keys = ("judge_accuracy", "judge_probability", "diversity", "coverage", "fid")
        table = Table("class", "mark", *map(label, keys), caption=found.rule, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for row in rows:
            table.add_row(str(row["class"]), str(row["mark"]), *(format_figure(row[key]) for key in keys))
        stdout().print(table)
    if out is not None:
        images = [next(draw(gan, class_row(gan, entry.index), CONTACT_COLUMNS, seed)) for entry in found.classes]
        sheet = image_grid(torch.cat(images), CONTACT_COLUMNS)
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
    gan = opening.open_generator(source)
    found = opening.open_embedding(embedding, gan, force=force)
    verdict_by = opening.open_judge(judge, source)
    if verdict_by is None:
        raise OptionError("--judge is needed for a generator of your own, for example --judge torchvision:resnet50")
    if found.details.get("classifier") == verdict_by.fingerprint:
        warn("the judge is the classifier that found this embedding: its verdict says nothing; give another --judge")
    wanted = target or found.target
    if not wanted:
        raise OptionError("the embedding file does not say what it shows; give --target CLASS")
    reference = opening.open_reference(real, source.generator, verdict_by, wanted)
    verdict = evaluate(gan, found, verdict_by, wanted, reference=reference, n=n, seed=seed)
    if as_json:
        print_json(verdict)
    else:
        stdout().print(verdict_table(f"{wanted}, judged by {verdict_by.name} on {n} samples", {"value": verdict}))
