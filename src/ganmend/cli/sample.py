"""ganmend sample: pictures of classes and embeddings."""

import os
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ganmend.cli.answers import Answer, about_classifier, about_generator, class_in_words
from ganmend.cli.console import doubt_origin, print_json, progress_bar, say, warn
from ganmend.cli.drawn import Drawn, all_drawn, chosen, facts_of, request_of, shown_class
from ganmend.cli.options import EMBEDDING_FILE, AsJson, DrawingOptions, Force, NetworkOptions, Overwrite, expect
from ganmend.cli.sample_options import SampleOptions, parse_seeds
from ganmend.cli.sample_pictures import draw_picture, draw_sweep, write_sheets
from ganmend.signals import INTERRUPTED, not_now

if TYPE_CHECKING:
    from ganmend.files.kept import Kept
    from ganmend.workbench.samples import Samples
    from ganmend.workbench.workbench import Workbench

Chosen = dict[str, dict[int, float]]  # by label and number a judge's probability


def sample_command(
    source: DrawingOptions,
    what: Annotated[list[str], typer.Argument(metavar="CLASS|FILE...", help=f"Classes; or each {EMBEDDING_FILE}.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="A folder, which gets one PNG for each sample; or one picture: .png, .jpg or .webp; for a walk also"
            " .gif or .mp4.",
        ),
    ],
    options: SampleOptions,
    networks: NetworkOptions,
    overwrite: Overwrite = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Draw samples into a folder or one picture, keep the surest of many, or walk between classes as a film."""
    options.check(what, source.truncation)
    kind = _kind(out, options)
    _check_out(out, overwrite, picture=bool(kind))
    samples, n = (None, options.n) if options.moving else options.samples()
    if options.truncations:
        assert samples is not None
        drawn, bench = draw_sweep(out, kind, source, what, samples, options, force=force)
    else:
        bench = _workbench(source, what, options, networks)
        drawn = all_drawn(bench, what, force=force)
    end = all_drawn(bench, [options.to], force=force)[0] if options.to else None
    facts, complete, surest = facts_of(bench, options.seed), True, None
    with _kept(bench, drawn, samples, options) as kept:
        if options.chooses:
            assert samples is not None
            with progress_bar("looking for the surest") as show:
                surest = chosen(bench, drawn, samples, n, force=force, on_progress=show, kept=kept)
        if options.sheets:
            assert samples is not None
            write_sheets(out, bench, drawn, samples, surest, facts, overwrite=overwrite, force=force)
        elif kind and not options.truncations:
            draw_picture(out, kind, bench, drawn, end, samples, surest, options, facts, force=force)
        elif not kind:
            assert samples is not None
            complete = _draw_folder(
                out, bench, drawn, samples, n, surest, options, facts, overwrite=overwrite, force=force
            )
    for each in [*drawn, *([end] if end else [])]:
        doubt_origin(each.typed, each.edit)
    if as_json:
        listed = [
            {
                "label": each.label,
                "index": each.index,
                "name": each.name,
                "to": shown_class(end),
                **_surest(each, surest),
            }
            for each in drawn
        ]
        about = {"generator": about_generator(bench.generator, source.generator), "seed": options.seed, "n": n}
        judged = {"judge": about_classifier(bench.judge)} if surest is not None else {}
        answer = {"out": str(out), "drawn": listed, "complete": complete, "command": facts["command"]}
        print_json({**answer, **about, **judged})
    elif complete:
        for each in drawn:
            way = f" to {class_in_words(end.index, end.name)}" if end else ""
            say(f"{each.label}: {class_in_words(each.index, each.name)}{way}")
        say(f"written to {out}")
    if not complete:
        _end_interrupted(out)


def _workbench(
    source: DrawingOptions, what: list[str], options: SampleOptions, networks: NetworkOptions
) -> "Workbench":
    """Generator and, where one chooses, judge; what a judge does not know is refused before the generator is loaded."""
    from ganmend.edits.edit_file import is_embedding
    from ganmend.workbench.workbench import Workbench

    if options.chooses:
        source.expect_option(options.judge, "--judge")
    (judges,) = networks.of([options.judge] if options.judge else [])
    classes = [text for text in what if options.judge and not is_embedding(text)]
    return Workbench(
        source.source(), judge=judges or None, precision=source.precision, targets=classes,
        edits=[*what, options.to] if options.to else what, allow_code=networks.allow_code,
    )  # fmt: skip


def _kept(
    bench: "Workbench", drawn: list[Drawn], samples: "Samples | None", options: SampleOptions
) -> "AbstractContextManager[Kept]":
    """Where the judge's probabilities are kept, for a command that is killed while it looks for the surest."""
    from ganmend.files.cache import kept_until_done
    from ganmend.files.kept import NOTHING_KEPT

    if not options.chooses or samples is None:
        return nullcontext(NOTHING_KEPT)
    more: Answer = {"numbers": list(samples.numbers), "judge": about_classifier(bench.judge)}
    return kept_until_done("samples", [request_of(bench, drawn, len(samples.numbers), options.seed, more)])


def _surest(each: Drawn, surest: Chosen | None) -> Answer:
    """The samples that were chosen, for JSON, the surest first."""
    if surest is None:
        return {}
    return {"surest": [{"sample": number, "probability": value} for number, value in surest[each.label].items()]}


def _end_interrupted(out: Path) -> NoReturn:
    warn(f"interrupted: what was drawn is in {out}; the same command goes on from there")
    raise typer.Exit(INTERRUPTED)


def _kind(out: Path, options: SampleOptions) -> str:
    """The kind of picture, or '' for a folder: a name without a suffix, or a folder that is there."""
    from ganmend.report.picture_file import picture_kind

    is_folder = not out.suffix or os.path.isdir(out)
    if options.sheets:
        expect(is_folder, f"{out} is one picture, and --sheets writes one a class; give a folder as --out")
    if not options.moving and not options.truncations and is_folder:
        expect(not options.labels or options.sheets, "--labels are written into a picture; give a .png, or --sheets")
        return ""
    return picture_kind(out, moving=options.moving)


def _check_out(out: Path, overwrite: bool, *, picture: bool) -> None:
    """Fail before the generator is loaded; a picture's folder is made where it is missing."""
    from ganmend.files.outputs import check_out
    from ganmend.workbench.sample_folder import interrupted_record

    if picture and not os.path.isdir(out.parent):  # which a name that no system has does not stop
        check_out(out.parent, overwrite=False, directory=True)
    elif picture:
        check_out(out, overwrite=overwrite, directory=False)
    else:  # one that was interrupted is perhaps gone on with, which only the loaded generator tells
        check_out(out, overwrite=overwrite or interrupted_record(out) is not None, directory=True)


def _draw_folder(
    out: Path, bench: "Workbench", drawn: list[Drawn], samples: "Samples", n: int, surest: Chosen | None,
    options: SampleOptions, facts: Answer, *, overwrite: bool, force: bool,
) -> bool:  # fmt: skip
    """Draw an ImageFolder, or what a run that was interrupted left to draw; whether it is complete then."""
    from ganmend.files.directories import write_directory
    from ganmend.workbench.pictures import write_image_folder
    from ganmend.workbench.sample_folder import SampleRecord, goes_on, is_part_of, take_over

    more: Answer = {"seeds": parse_seeds(options.seeds)} if options.seeds else {}
    if surest is not None:
        more |= {"of": len(samples.numbers), "judge": about_classifier(bench.judge)}
    request = request_of(bench, drawn, n, options.seed, more)
    going_on = goes_on(out, request, overwrite=overwrite)
    about = {each.label: facts | {"class": each.name, "index": each.index} for each in drawn}
    edits = {each.label: each.edit for each in drawn}
    complete = True
    with ExitStack() as from_then_on:

        def fill(folder: Path) -> None:
            nonlocal complete
            SampleRecord(request, facts, complete=False).write(folder)  # of what a kill leaves
            if going_on:
                take_over(out, folder)
            try:
                with progress_bar(str(out)) as show:
                    write_image_folder(
                        folder, bench, edits, samples, chosen=surest, force=force, facts=about, on_progress=show
                    )
            except KeyboardInterrupt:
                from_then_on.enter_context(not_now())
                complete = False
                if not any(folder.glob("*/*.png")):
                    raise
            SampleRecord(request, facts, complete).write(folder)

        write_directory(out, fill, overwrite=overwrite or going_on, goes_on=lambda left: is_part_of(left, request))
    return complete
