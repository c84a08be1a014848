"""ganmend studio: a page in the browser that mends classes."""

import getpass
import importlib.util
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.console import progress_bar, say
from ganmend.cli.options import DrawingOptions, JudgeNames, NamedGenerator, NetworkOptions, expect
from ganmend.signals import INTERRUPTED

if TYPE_CHECKING:
    from ganmend.workbench.request import MendRequest

NEEDED = ("gradio", "fastapi", "uvicorn")  # packages of the extra


@dataclass(frozen=True)
class StudioGenerator(DrawingOptions):
    """The generator whose classes are mended: the bundled one, where none is named."""

    generator: NamedGenerator = "demo"
    others: Annotated[
        list[str] | None,
        typer.Argument(metavar="OTHERS", help="More generators, each with a page of its own; default none."),
    ] = None

    def each(self) -> "list[StudioGenerator]":
        """The same for each of the generators, which share all other options."""
        return [replace(self, generator=one) for one in dict.fromkeys([self.generator, *(self.others or [])])]


@dataclass(frozen=True)
class ServerOptions:
    """Where the studio listens, and for whom."""

    host: Annotated[
        str,
        typer.Option("--host", help="The address to listen on. Anything but this machine's own needs --auth."),
    ] = "127.0.0.1"
    port: Annotated[int, typer.Option("--port", help="The port to listen on; 0 takes one that is free.")] = 7860
    auth: Annotated[
        Path | None,
        typer.Option(
            "--auth",
            metavar="FILE",
            help="Let only the users in whom a file names, with USER:PASSWORD in each line; default everybody on this "
            "machine.",
        ),
    ] = None
    new_password: Annotated[
        str,
        typer.Option(
            "--new-password",
            metavar="USER",
            help="Ask for a password, print a line for the file of --auth that hides it, and end; default none.",
        ),
    ] = ""
    directory: Annotated[
        Path, typer.Option("--dir", help="A folder for its jobs and their results; they outlive the server.")
    ] = Path("runs/studio")
    opens: Annotated[bool, typer.Option("--open", help="Show the page in a browser of this machine.")] = False
    threads: Annotated[
        int | None, typer.Option("--threads", help="Threads of the process that mends; default as PyTorch has them.")
    ] = None


def studio_command(
    source: StudioGenerator,
    networks: NetworkOptions,
    server: ServerOptions,
    classifier: Annotated[
        list[str] | None,
        typer.Option("--classifier", help="The network that guides searches, as in repair; default as in repair."),
    ] = None,
    judge: JudgeNames = None,
    real: Annotated[
        Path | None, typer.Option("--real", help="Photographs of the classes, as in repair; default as in repair.")
    ] = None,
    sentences: Annotated[
        str,
        typer.Option(
            "--sentences",
            metavar="MODEL",
            help="A model of images and texts, such as clip:ViT-B-32/laion2b_s34b_b79k: visitors may then say in a "
            "sentence how a class should look; default none.",
        ),
    ] = "",
) -> None:
    """Serve a page in the browser on which classes are mended."""
    if server.new_password:
        _print_line(server.new_password)
        return
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    expect(not missing, f"the studio needs {', '.join(missing)}; install ganmend[studio]")
    expect(server.threads is None or server.threads > 0, f"--threads is {server.threads}; expected 1 or more")
    # Else each visitor's job would be the first to say so.
    expect(real is None or real.exists(), f"no folder at {real}: --real expects a folder of real images")
    from ganmend.studio.login import Login
    from ganmend.studio.passwords import read_passwords
    from ganmend.studio.server import address, listen, open_browser, serve
    from ganmend.studio.settings import StudioSettings

    settings = StudioSettings(server.directory, server.host, server.port)
    login = None if server.auth is None else Login(read_passwords(server.auth))
    with listen(settings, safe=login is not None) as listening:
        from ganmend.studio.bench import Bench
        from ganmend.studio.queue import Jobs

        if sentences:  # what cannot be had is told now, and not to the first visitor
            from ganmend.targets.sentences.clip import load_clip

            load_clip(sentences)
        requests = [_request(one, networks, classifier or [], judge or [], real) for one in source.each()]
        jobs = Jobs(settings.directory, threads=server.threads, allow_code=networks.allow_code)
        jobs.start()
        try:
            benches = [
                Bench(one.workbench(allow_code=networks.allow_code), one, sentence_model=sentences) for one in requests
            ]
            with progress_bar("looking at the photographs") as show:
                for bench in benches:
                    bench.workbench.prepare(show)
            url = address(listening, settings)

            def tell() -> None:
                say(f"{url} is the studio's page; Ctrl-C ends it")
                sys.stdout.flush()
                if server.opens:
                    open_browser(url)

            try:
                serve(benches, jobs, settings, login, listening, ready=tell)
            except KeyboardInterrupt:
                jobs.close()
                _end_now()
        finally:
            jobs.close()


def _request(
    source: StudioGenerator, networks: NetworkOptions, classifier: list[str], judge: list[str], real: Path | None
) -> "MendRequest":
    """What all jobs share: of no class yet."""
    from ganmend.workbench.request import MendRequest

    classifiers, judges = networks.of(classifier, judge)
    return MendRequest(
        "repair", "", source.source(), classifiers[0] if len(classifiers) == 1 else classifiers, judges,
        "" if real is None else str(real), source.precision,
    )  # fmt: skip


def _end_now() -> None:
    """End the process, once all is closed: Python's own end looks for garbage in all that was loaded, for seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def _print_line(user: str) -> None:
    """Ask for a password, twice where somebody types it, and print a line for the file of --auth."""
    from ganmend.studio.passwords import hashed

    expect(":" not in user and user == user.strip(), f"--new-password {user!r:.60} names no user; expected no colon")
    if sys.stdin.isatty():
        password = again = ""
        with suppress(EOFError):
            password = getpass.getpass(f"password of {user}: ", sys.stderr)
            again = getpass.getpass("once more: ", sys.stderr)
        expect(password == again, "the two passwords differ; try again")
    else:
        password = sys.stdin.readline().rstrip("\n")
    expect(bool(password), "no password came; type one, or send it on standard input")
    say(f"{user}:{hashed(password)}")
