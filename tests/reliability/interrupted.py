"""A process that runs commands, sends each a signal on the way, and writes down how it ended and what it left.

python -m tests.reliability.interrupted FOLDER, with FOLDER/cases.json: a list of `Case`s as dictionaries. It writes a
line of JSON a case, an `Ended` as a dictionary, in their order, to FOLDER/ended.jsonl.
"""

import json
import os
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from ganmend import __main__ as program
from ganmend.workbench.tasks import evaluate
from tests.reliability.commands import make_small


@dataclass(frozen=True)
class Case:
    """A command, and when a signal comes: when a stage tells its progress for the k-th time, or after some seconds.

    Attributes:
        words: of the command, which is run in the folder.
        number: of the signal.
        stage: '' where seconds count.
        nth: progress of the stage, from 1.
        seconds: after the start.
        again: whether the same command is run once more afterwards.
    """

    words: list[str]
    number: int
    stage: str = ""
    nth: int = 1
    seconds: float = 0.0
    again: bool = True


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        status: its exit status; below 0 the signal that killed it.
        said: on standard error.
        left: hidden files and directories that it left behind.
        again: the exit status of the same command afterwards; None where it was not run.
        said_again: on standard error.
    """

    status: int
    said: str
    left: list[str]
    again: int | None = None
    said_again: str = ""


def end(case: Case, cache: Path) -> Ended:
    """Run a case, and the same command once more, both with a cache of their own."""
    before = set(Path().rglob(".*"))
    status, said = run(case.words, cache, case)
    # The marks of directories, and what holds a place while it is written, are hidden too.
    left = [str(path) for path in set(Path().rglob(".*")) - before if path.name != ".ganmend.json"]
    again = run(case.words, cache, None) if case.again else ()
    return Ended(status, said, sorted(left), *again)


def run(words: list[str], cache: Path, case: Case | None) -> tuple[int, str]:
    """Exit status of `ganmend WORDS` in a process of its own, and what it says on standard error."""
    said = cache.with_suffix(".txt")
    child = os.fork()
    if not child:
        _become(words, said, cache, case)
    if case is not None and not case.stage:
        time.sleep(case.seconds)
        os.kill(child, case.number)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.read_text()


def _become(words: list[str], said: Path, cache: Path, case: Case | None) -> None:
    """The command, in the process that was just forked; it never returns."""
    status = 1
    try:
        with said.open("w") as told, open(os.devnull, "w") as nothing:
            os.dup2(told.fileno(), 2)
            os.dup2(nothing.fileno(), 1)
        os.environ["XDG_CACHE_HOME"] = str(cache)
        sys.argv = ["ganmend", *words]
        if case is not None and case.stage:
            _send_at(case)
        program.main()
    except SystemExit as stop:
        status = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _send_at(case: Case) -> None:
    """Let the signal come when the stage tells its progress."""
    from ganmend.progress import Progress

    begin, told = Progress.__init__, 0

    def counted(progress: Progress, stage: str, *given: object) -> None:
        nonlocal told
        begin(progress, stage, *given)  # type: ignore[arg-type]
        told += stage == case.stage
        if stage == case.stage and told == case.nth:
            os.kill(os.getpid(), case.number)

    Progress.__init__ = counted  # type: ignore[method-assign, assignment]


def main() -> None:
    folder = Path(sys.argv[1])
    cases = [Case(**entry) for entry in json.loads((folder / "cases.json").read_text())]
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a process of several threads is not to be forked
    make_small()
    program.keep_freed_memory = lambda: None  # type: ignore[attr-defined]  # it would begin this program again
    os.chdir(folder / "work")
    evaluate("demo", "frog", n=6)  # what all commands import is there when they are forked
    with (folder / "ended.jsonl").open("w", buffering=1) as ended:
        for number, case in enumerate(cases):
            print(json.dumps(asdict(end(case, folder / f"cache-{number}"))), file=ended)


if __name__ == "__main__":
    main()
