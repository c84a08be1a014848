"""ganmend resume."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.console import print_json, progress_bar
from ganmend.cli.demo import run_and_tell as run_demo_and_tell
from ganmend.cli.extras import ExtraOptions
from ganmend.cli.mended import answer_of, end_if_interrupted, say_result
from ganmend.cli.options import ALLOW_CODE, AsJson, expect
from ganmend.cli.sweep import Cluster, Workers, resume_sweep

if TYPE_CHECKING:
    from ganmend.progress import OnProgress
    from ganmend.workbench.request import MendRequest


def resume_command(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="The directory of a run, a sweep or a demo that ended early; or a folder of such runs."
        ),
    ],
    allow_code: Annotated[
        bool, typer.Option("--allow-code", help=f"{ALLOW_CODE} Needed where the run was begun with it.")
    ] = False,
    workers: Workers = 0,
    cluster: Cluster = "",
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was interrupted or killed; the result equals that of an undisturbed run."""
    from ganmend.runs.sweeps.run import read_sweep

    if read_sweep(directory) is not None:
        resume_sweep(directory, workers=workers, cluster=cluster, allow_code=allow_code, as_json=as_json)
        return
    from ganmend.runs.demo_run import begun_demo
    from ganmend.runs.resume import resuming, unfinished_runs

    expect(not workers, "--workers goes with a sweep, of which there is none in this directory")
    expect(not cluster, "--cluster goes with a sweep, of which there is none in this directory")
    if (begun := begun_demo(directory)) is not None:
        run_demo_and_tell(directory, *begun, as_json=as_json)
        return
    for record in unfinished_runs(directory).values():
        ExtraOptions.typed_in(record.command).check()
    answers: dict[str, dict[str, object]] = {}
    with progress_bar(str(directory)) as show:

        def watched(request: "MendRequest") -> "OnProgress":
            return show

        for folder, result in resuming(directory, allow_code=allow_code, on_progress=watched):
            if not result.interrupted:
                ExtraOptions.typed_in(result.command).write(result, folder)
            answers.setdefault(result.task, {})[result.target] = answer_of(result, result.target, folder)
            if not as_json:
                say_result(result, result.target, folder)
    if as_json:
        print_json(answers)
    end_if_interrupted(result, folder)
