"""ganmend augment: generated images beside the photographs of a training set."""

from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ganmend.cli.answers import Answer, about_classifier, about_generator, typed_command
from ganmend.cli.console import print_json, progress_bar, say, warn
from ganmend.cli.options import (
    AsJson,
    DrawingOptions,
    JudgeNames,
    Memory,
    NetworkOptions,
    Overwrite,
    Seed,
    Setting,
    expect,
)
from ganmend.cli.settings import typed_config
from ganmend.signals import INTERRUPTED

if TYPE_CHECKING:
    from ganmend.workbench.augment import TrainingClass
    from ganmend.workbench.request import MendRequest
    from ganmend.workbench.workbench import Workbench


def augment_command(
    source: DrawingOptions,
    networks: NetworkOptions,
    images: Annotated[
        Path,
        typer.Option("--images", help="The training set: a folder with a sub-folder of photographs for each class."),
    ],
    per_class: Annotated[int, typer.Option("--per-class", help="How many images to write for each class.")],
    out: Annotated[
        Path, typer.Option("--out", help="A folder for the images, with a sub-folder for each class and manifest.csv.")
    ],
    keep: Annotated[
        float, typer.Option("--keep", help="Share of the drawn images that is kept, the surest by the judge.")
    ] = 0.5,
    classifier: Annotated[
        str,
        typer.Option(
            "--classifier", help="The network that guides the searches, as in repair; default demo:search for 'demo'."
        ),
    ] = "",
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Take the photographs themselves as the target, so that no classifier is needed."),
    ] = False,
    judge: JudgeNames = None,
    edits: Annotated[
        Path | None,
        typer.Option(
            "--edits",
            help="A folder with an edit for each class; those that are missing are mended into it; default OUT-edits.",
        ),
    ] = None,
    preset: Annotated[
        str,
        typer.Option(
            "--preset", help="A name for all search settings: default, or paper for those of the paper's released code."
        ),
    ] = "default",
    memory: Memory = "",
    setting: Setting = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Make more images for a training set: mend each class, draw it, and keep what a judge is surest of."""
    from ganmend.files.cache import kept_until_done
    from ganmend.runs.class_edit_run import edit_for
    from ganmend.workbench.augment import candidates, class_labels, draw_class, training_classes
    from ganmend.workbench.augmented_folder import augmented_folder, check_augmented
    from ganmend.workbench.folder_target import FolderTarget
    from ganmend.workbench.request import MendRequest

    expect(not (probe and classifier), "--probe and --classifier exclude each other; give one")
    if not probe:
        source.expect_option(classifier, "--classifier, or --probe,")
        source.expect_option((judge or [""])[0], "--judge")
    candidates(per_class, keep)
    labels = class_labels(images)
    check_augmented(out, overwrite=overwrite)
    edits = edits or out.with_name(f"{out.name}-edits")
    folders = FolderTarget({label: str(images / label) for label in labels}) if probe else None
    classifiers, judges = networks.of([classifier] if classifier else [], judge or [])
    request = MendRequest(
        "repurpose", "", source.source(), "".join(classifiers), judges, "" if probe else str(images),
        source.precision, preset, typed_config(preset, setting, memory=memory), seed, images=folders,
    )  # fmt: skip
    bench = request.workbench(labels, allow_code=networks.allow_code)
    if bench.judge_guided_the_search:
        warn("the judge is the classifier that the search uses: it keeps what pleases the search; give another --judge")
    classes = training_classes(bench, labels, edits)
    asked = _asked(bench, request, classes, per_class, keep)
    facts: Answer = {"command": typed_command(), "generator": bench.generator.fingerprint, "seed": seed}
    drawn: dict[str, Answer] = {}
    try:
        with (
            kept_until_done("augmentation", [asked]) as kept,
            augmented_folder(out, asked, facts, overwrite=overwrite) as folder,
        ):
            for one in classes:
                with progress_bar(one.label) as show:
                    edit, result = edit_for(
                        one, bench, request, overwrite=overwrite, command=typed_command(), on_progress=show
                    )
                    rows = draw_class(
                        folder,
                        one,
                        bench,
                        edit,
                        per_class,
                        keep=keep,
                        seed=seed,
                        facts=facts,
                        on_progress=show,
                        kept=kept,
                    )
                harm = () if result is None else result.harm
                surely = mean(row.probability for row in rows)
                drawn[one.label] = {
                    "task": one.task, "edit": str(one.edit), "reused": result is None, "harm": list(harm),
                    "images": len(rows), "probability": surely,
                }  # fmt: skip
                for sentence in harm:
                    warn(f"{one.label}: {sentence}")
                if not as_json:
                    how = "its edit was there" if result is None else one.task
                    say(f"{one.label}: {how}, {len(rows)} images, probability {surely:.2f} by {bench.judges[0].name}")
    except KeyboardInterrupt:
        _end_interrupted(edits, out)
    if as_json:
        about = about_generator(bench.generator, source.generator)
        judged = {"classifier": about_classifier(bench.searching), "judge": about_classifier(bench.judge)}
        print_json({"out": str(out), "classes": drawn, "n": per_class, "keep": keep, "seed": seed,
                    "generator": about, **judged, "command": facts["command"]})  # fmt: skip
    else:
        say(f"written to {out}")


def _end_interrupted(edits: Path, out: Path) -> NoReturn:
    warn(f"interrupted: the edits are in {edits}, the images in {out}; the same command goes on from there")
    raise typer.Exit(INTERRUPTED)


def _asked(bench: "Workbench", request: "MendRequest", classes: "list[TrainingClass]", n: int, keep: float) -> Answer:
    """All that the folder's images depend on, but for the photographs themselves."""
    from importlib.metadata import version

    generator = about_generator(bench.generator, "")
    del generator["source"]  # a checkpoint may have moved
    return {
        "generator": generator,
        "classifier": about_classifier(bench.searching),
        "judge": about_classifier(bench.judge),
        "config": request.config.as_dict(),
        "classes": [[one.label, one.target, one.task] for one in classes],
        "n": n,
        "keep": keep,
        "seed": request.seed,
        "versions": {name: version(name) for name in ("ganmend", "torch")},
    }
