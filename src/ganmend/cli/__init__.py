"""The command line: `ganmend VERB GENERATOR ...`. Its modules import what works only when a command runs."""

import os
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from ganmend.cli.augment import augment_command
from ganmend.cli.bench import bench_command
from ganmend.cli.compare import compare_command
from ganmend.cli.console import complain, warn
from ganmend.cli.demo import demo_command
from ganmend.cli.diagnose import diagnose_command
from ganmend.cli.examples import in_help
from ganmend.cli.export import convert_command, export_command
from ganmend.cli.groups import with_groups
from ganmend.cli.look import evaluate_command, info_command
from ganmend.cli.mend import debias_command, repair_command, repurpose_command
from ganmend.cli.mistakes import next_command, usage_line
from ganmend.cli.names import classes_command, nearest_command
from ganmend.cli.paper import paper_command
from ganmend.cli.publish import push_to_hub_command
from ganmend.cli.resume import resume_command
from ganmend.cli.sample import sample_command
from ganmend.cli.statistics import statistics_command
from ganmend.cli.streams import give_up_stdout, open_closed_streams, replace_what_cannot_be_shown
from ganmend.cli.studio import studio_command
from ganmend.cli.sweep import sweep_command
from ganmend.errors import MORE_MEMORY, GanmendError, GanmendWarning, is_out_of_memory
from ganmend.signals import INTERRUPTED, end_like_ctrl_c

app = typer.Typer(
    name="ganmend",
    help="Repair, re-purpose and de-bias class-conditional GANs by searching for better class embeddings.",
    pretty_exceptions_enable=False,
)
VERBS: dict[str, Callable[..., None]] = {
    "info": info_command,
    "classes": classes_command,
    "nearest": nearest_command,
    "diagnose": diagnose_command,
    "repair": repair_command,
    "repurpose": repurpose_command,
    "debias": debias_command,
    "sweep": sweep_command,
    "resume": resume_command,
    "sample": sample_command,
    "augment": augment_command,
    "evaluate": evaluate_command,
    "compare": compare_command,
    "statistics": statistics_command,
    "export": export_command,
    "convert": convert_command,
    "push-to-hub": push_to_hub_command,
    "paper": paper_command,
    "demo": demo_command,
    "bench": bench_command,
    "studio": studio_command,
}
MISTAKE, FAILED = 2, 1  # exit statuses: of what the user can mend in the command, and of what the system refuses

for verb, command in VERBS.items():
    app.command(verb, epilog=in_help(verb))(with_groups(command))


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"ganmend {version('ganmend')}")
        raise typer.Exit


@app.callback()
def _root(
    shown: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; a user's mistake is one line on stderr and exit status 2."""
    open_closed_streams()
    replace_what_cannot_be_shown()
    end_like_ctrl_c()
    status = _status()
    try:
        sys.stdout.flush()
    except OSError as error:
        status = _cannot_use(error)
    sys.exit(status)


def _status() -> int:
    """Run what was typed, and say in one line what went wrong.

    Returns:
        The exit status.
    """
    try:
        os.getcwd()
    except FileNotFoundError:  # before PyTorch, whose libraries end the program in such a place
        complain("ganmend: the folder that you are in was deleted; change into another one")
        return MISTAKE
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("always", category=GanmendWarning)
            told: set[str] = set()  # what several networks meet in the same folder is told once
            warnings.showwarning = lambda message, *_: _warn_once(str(message), told)
            return app(sys.argv[1:] or ["--help"], prog_name="ganmend", standalone_mode=False) or 0
    except GanmendError as error:
        complain(f"ganmend: {error}{next_command(error, sys.argv[1:])}")
    except typer.TyperException as error:
        complain(usage_line(error, sys.argv[1] if sys.argv[1:2] and sys.argv[1] in VERBS else ""))
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        return _cannot_use(error)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return _no_memory(error)
    return MISTAKE


def _no_memory(error: Exception) -> int:
    """Answer memory that ran out where nothing smaller could be tried; PyTorch adds lines on where it was."""
    said = (str(error).strip().splitlines() or ["nothing more is known"])[0]
    complain(f"ganmend: memory ran out ({said:.200}); {MORE_MEMORY}")
    return FAILED


def _cannot_use(error: OSError) -> int:
    """Answer a file that cannot be used; one without a name is standard output, whose reader may have gone.

    Args:
        error: of the system.

    Returns:
        The exit status.
    """
    if is_out_of_memory(error):
        return _no_memory(error)
    if error.filename is None and isinstance(error, FileNotFoundError):
        complain("ganmend: the folder that you are in was deleted meanwhile; change into another one")
        return FAILED
    if error.filename is None:
        give_up_stdout()
    if not isinstance(error, BrokenPipeError):
        complain(f"ganmend: cannot use {error.filename or 'standard output'}: {error.strerror}")
    return FAILED


def _warn_once(message: str, told: set[str]) -> None:
    if message not in told:
        told.add(message)
        warn(message)
