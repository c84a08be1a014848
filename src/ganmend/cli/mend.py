"""ganmend repair, repurpose, debias."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.answers import Answer, about_classifier, about_generator, typed_command
from ganmend.cli.balance import BalanceOptions
from ganmend.cli.console import (
    print_json,
    progress_bar,
    warn,
)
from ganmend.cli.extras import ExtraOptions
from ganmend.cli.mended import answer_of, end_if_interrupted, say_result
from ganmend.cli.options import DrawingOptions, MendOptions, NetworkOptions, expect
from ganmend.cli.settings import typed_config
from ganmend.cli.target import TargetOptions

if TYPE_CHECKING:
    from ganmend.workbench.request import MendRequest
    from ganmend.workbench.workbench import Workbench

Targets = Annotated[list[str] | None, typer.Argument(metavar="CLASS...", help="Classes to mend, by name or index.")]
Worst = Annotated[
    int,
    typer.Option(
        "--worst",
        help="Diagnose first, then mend the N sickest classes too: biased ones by debias, others by repair; 0 is none.",
    ),
]


def repair_command(
    source: DrawingOptions,
    options: MendOptions,
    target: TargetOptions,
    networks: NetworkOptions,
    extras: ExtraOptions,
    targets: Targets = None,
    worst: Worst = 0,
) -> None:
    """Mend classes that collapsed or drifted off their class."""
    extras.check()
    names = target.names(targets)
    request = _request("repair", source, options, target, networks, names)
    bench = request.workbench(names, allow_code=networks.allow_code)
    wanted = _all_by("repair", names)
    if worst:
        with progress_bar("looking for sick classes") as show:
            sick = bench.diagnose(worst=worst, on_progress=show).worst(worst)
        wanted += [(entry.task, entry.index) for entry in sick]
    _mend_all(request, bench, wanted, options, extras)


def repurpose_command(
    source: DrawingOptions,
    options: MendOptions,
    target: TargetOptions,
    networks: NetworkOptions,
    extras: ExtraOptions,
    targets: Targets = None,
) -> None:
    """Make the generator draw classes that it never saw."""
    extras.check()
    names = target.names(targets)
    request = _request("repurpose", source, options, target, networks, names)
    bench = request.workbench(names, allow_code=networks.allow_code)
    _mend_all(request, bench, _all_by("repurpose", names), options, extras)


def debias_command(
    source: DrawingOptions,
    options: MendOptions,
    target: TargetOptions,
    networks: NetworkOptions,
    attributes: BalanceOptions,
    extras: ExtraOptions,
    targets: Targets = None,
) -> None:
    """Widen classes that show only part of what they should."""
    extras.check()
    names = target.names(targets)
    request = replace(_request("debias", source, options, target, networks, names), balance=attributes.balance())
    bench = request.workbench(names, allow_code=networks.allow_code)
    _mend_all(request, bench, _all_by("debias", names), options, extras)


def _all_by(task: str, names: list[str]) -> list[tuple[str, str | int]]:
    return [(task, name) for name in names]


def _request(
    task: str,
    source: DrawingOptions,
    options: MendOptions,
    target: TargetOptions,
    networks: NetworkOptions,
    names: list[str],
) -> "MendRequest":
    """What was asked, of no class yet."""
    from ganmend.workbench.class_map import read_class_map
    from ganmend.workbench.request import MendRequest

    config = typed_config(
        options.preset, options.setting, capacity=options.capacity, init=options.init, memory=options.memory
    )
    backbone = [target.backbone] if target.backbone else []
    classifiers, judges, backbones = networks.of(options.classifier or (), options.judge or (), backbone)
    target = replace(target, backbone="".join(backbones))
    if not target.given:
        source.expect_option("".join(classifiers), "--classifier")  # before the generator is loaded
    real = "" if options.real is None else str(options.real)
    class_map = {} if options.class_map is None else read_class_map(options.class_map)
    if options.called:
        expect(len(names) == 1, f"--as goes with one class; {len(names)} came: use --class-map")
        class_map |= dict.fromkeys(names, options.called)
    return MendRequest(
        task, "", source.source(), classifiers[0] if len(classifiers) == 1 else classifiers,
        judges, real, source.precision, options.preset, config, options.seed,
        class_map=class_map, images=target.folders(names), text=target.sentence(names),
    )  # fmt: skip


def _mend_all(
    request: "MendRequest",
    bench: "Workbench",
    wanted: list[tuple[str, str | int]],
    options: MendOptions,
    extras: ExtraOptions,
) -> None:
    from ganmend.runs.mend_run import complete_result, mend_in, place_of_run
    from ganmend.runs.record import unfinished_run

    request = replace(request, show_photographs=not extras.no_photographs)
    sick = "; 'ganmend diagnose' tells which are sick" if request.task != "repurpose" else ""
    expect(bool(wanted), f"no class to {request.task} was given: name one or several after the generator{sick}")
    with progress_bar("looking at the photographs") as show:
        bench.prepare(show)
    if bench.judge_guided_the_search:
        warn("the judge is the classifier that the search uses: its verdict says nothing; give another --judge")
    # All are looked up before the first is mended.
    names = bench.target_names(wanted)
    requests = [replace(request, task=task, target=name) for (task, _), name in zip(wanted, names, strict=True)]
    folders = [_folder(one, options, several=len(names) > 1) for one in requests]
    command = typed_command()
    answers: dict[str, dict[str, object]] = {}
    # Where one of them was begun and not ended, the others that this command ended stay.
    going_on = any(unfinished_run(folder) is not None for folder in folders)
    pairs = zip(requests, folders, strict=True)
    done = {one.target: complete_result(folder, one, bench) if going_on else None for one, folder in pairs}
    with ExitStack() as places:
        for one, folder in zip(requests, folders, strict=True):
            if done[one.target] is not None:
                continue
            places.enter_context(place_of_run(folder, one, bench, overwrite=options.overwrite, command=command))
        for one, folder in zip(requests, folders, strict=True):
            result = done[one.target]
            if result is None:
                with progress_bar(f"{one.task} {one.target}") as show:
                    result = mend_in(folder, one, bench, overwrite=options.overwrite, command=command, on_progress=show)
            if not result.interrupted:
                extras.write(result, folder)
            answers.setdefault(result.task, {})[one.target] = answer_of(result, one.target, folder)
            if not options.as_json:
                say_result(result, one.target, folder)
            if result.interrupted:
                break
    if options.as_json:
        print_json({**answers, **_measured_by(request, bench)})
    assert result is not None
    end_if_interrupted(result, folder)


def _measured_by(request: "MendRequest", bench: "Workbench") -> Answer:
    """By what, and on what, the figures were measured."""
    from ganmend.metrics.judging import SEED

    return {
        "generator": about_generator(bench.generator, request.generator.path),
        "classifier": about_classifier(bench.searching),
        "judge": about_classifier(bench.judge),
        "other_judges": [about_classifier(judge) for judge in bench.judges[1:]],
        "real": request.real,
        "preset": request.preset,
        "seed": request.seed,
        "n": request.samples,
        "judging_seed": SEED,
    }


def _folder(request: "MendRequest", options: MendOptions, *, several: bool) -> Path:
    from ganmend.files.paths import file_name

    base = options.out or Path("runs") / f"{request.task}-seed{options.seed}"
    return base / file_name(request.target) if several or options.out is None else base
