"""The command line: `ganmend VERB GENERATOR ...`. Its modules import what works only when a command runs."""

import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from ganmend.cli.bench import bench_command
from ganmend.cli.console import stderr, warn
from ganmend.cli.demo import demo_command
from ganmend.cli.export import convert_command, export_command
from ganmend.cli.groups import with_groups
from ganmend.cli.look import diagnose_command, evaluate_command, info_command
from ganmend.cli.mend import debias_command, repair_command, repurpose_command
from ganmend.cli.names import classes_command, nearest_command
from ganmend.cli.publish import push_to_hub_command
from ganmend.cli.sample import sample_command
from ganmend.cli.signals import end_like_ctrl_c
from ganmend.errors import GanmendError, GanmendWarning

app = typer.Typer(
    name="ganmend",
    help="Repair, re-purpose and de-bias class-conditional GANs by searching for better class embeddings.",
    no_args_is_help=True,
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
    "sample": sample_command,
    "evaluate": evaluate_command,
    "export": export_command,
    "convert": convert_command,
    "push-to-hub": push_to_hub_command,
    "demo": demo_command,
    "bench": bench_command,
}
for verb, command in VERBS.items():
    app.command(verb)(with_groups(command))


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
    end_like_ctrl_c()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("always", category=GanmendWarning)
            warnings.showwarning = lambda message, *_: warn(str(message))
            app()
    except GanmendError as error:
        text = " ".join(str(error).split())
        stderr().print(f"ganmend: {text}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
