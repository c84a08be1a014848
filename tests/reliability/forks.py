"""Runs of the command line in processes forked from one that has imported everything, each killed where it is told.

`python -m tests.reliability.forks` reads a run a line from standard input, as JSON, and answers each by a line. A fork
costs milliseconds where PyTorch's import costs seconds; it is safe here, since this process has one thread only.
"""

import functools
import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

# What changes a file or a folder, as Python's own audit events tell it just before it happens.
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.chmod", "os.truncate", "fcntl.flock")
IMPORTED = (  # what the runs would otherwise import one after another
    "torchmetrics.functional.image", "torchvision.transforms.functional", "pydantic", "ganmend.cli",
    "ganmend.runs.resume", "ganmend.workbench.augment", "ganmend.runs.demo_run", "ganmend.runs.sweeps.run",
    "ganmend.workbench.pictures",
    "ganmend.models.biggan.prepared", "ganmend.kernels.fast_convolution",
)  # fmt: skip
SAMPLES = 12  # that a judge sees
FASTER = 20  # times that everything is kept more often than in earnest, since the runs are short


def main() -> None:
    """Answer runs until the input ends."""
    for name in IMPORTED:
        importlib.import_module(name)
    _make_small()
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(run: dict[str, Any]) -> dict[str, Any]:
    """Fork, and wait.

    Args:
        run: 'words' of the command line, 'folder' to be in, 'log' of the work done, 'instant' to be killed at: 'kind'
            ('time', 'change', 'torn' or ''), 'at' (seconds, or a number of changes), 'left' (bytes of a torn file);
            'signal' that kills.

    Returns:
        The 'status' as subprocess gives it, negative of a signal; and 'seconds'.
    """
    began, instant = time.monotonic(), run["instant"]
    child = os.fork()
    if child == 0:
        _run(run)
    if instant["kind"] == "time":
        _wait(child, began + instant["at"])
        os.kill(child, run["signal"])  # not yet waited for, so that its number is no one else's
    _, status = os.waitpid(child, 0)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - began,
    }


def _wait(child: int, until: float) -> None:
    while time.monotonic() < until and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        time.sleep(0.005)


def _run(run: dict[str, Any]) -> None:
    """The forked process: it never returns."""
    status = 70
    try:
        os.setpgid(0, 0)
        os.chdir(run["folder"])
        for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, "stdout", 0), (2, "stderr", 0)):
            place = name if number == 0 else f"{run['log']}.{name}"
            os.dup2(os.open(place, flags or os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        _keep_often()
        _log_work(os.open(run["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND))
        sys.argv = ["ganmend", *run["words"]]
        sys.addaudithook(_killer(run))
        from ganmend.cli import main as command_line

        command_line()
    except SystemExit as stop:
        status = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _killer(run: dict[str, Any]) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that ends the process before its change number 'at', or in the midst of a file written after it."""
    instant, root, seen = run["instant"], str(Path(run["folder"])), 0

    def hook(event: str, words: tuple[Any, ...]) -> None:
        nonlocal seen
        if not _is_change(event, words, root):
            return
        seen += 1
        if instant["kind"] == "":
            os.write(counter, b".")
        if seen != instant["at"]:
            return
        if instant["kind"] == "change":
            os.kill(os.getpid(), run["signal"])
        elif instant["kind"] == "torn":  # the system ends at once what writes a file beyond this size
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (instant["left"], resource.RLIM_INFINITY))

    counter = os.open(f"{run['log']}.changes", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    return hook


def _is_change(event: str, words: tuple[Any, ...], root: str) -> bool:
    """Whether an audit event is a change to what lies in a folder."""
    if event == "ctypes.dlsym":
        return words[1] == "renameat2"
    if event == "open":
        mode, flags = words[1], words[2]
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        return bool(writes or (isinstance(mode, str) and set(mode) & set("wax+"))) and _below(words[0], root)
    if event not in CHANGES:
        return False
    return event == "fcntl.flock" or _below(words[0], root) or (len(words) > 1 and words[-1] not in (-1, None))


def _below(place: object, root: str) -> bool:
    if isinstance(place, int) or place is None:
        return False
    text = os.fsdecode(place)  # type: ignore[arg-type]
    return text.startswith(root) or not text.startswith("/")


def _make_small() -> None:
    """Let runs be short: networks of random weights under short names, small batches, few samples."""
    import ganmend.metrics.judging as judging
    import ganmend.workbench.networks as networks
    import ganmend.workbench.request as request
    import ganmend.workbench.result as result
    import ganmend.workbench.yardsticks as yardsticks
    from ganmend.edits import sampling
    from ganmend.runs import demo_run
    from tests.conftest import make_classifier

    known = {"tiny": make_classifier(), "other": make_classifier(1), "third": make_classifier(2)}
    load = networks.load_classifier
    networks.load_classifier = lambda name, **words: known[name] if name in known else load(name, **words)  # type: ignore
    request.MendRequest = functools.partial(request.MendRequest, samples=SAMPLES)  # type: ignore
    judging.SAMPLES = SAMPLES
    demo_run.EDITS, demo_run.demo_request = demo_run.EDITS[:2], _of_the_tiny_generator(demo_run.demo_request)  # type: ignore
    result.GRID_SAMPLES, yardsticks.CLASSES, sampling.BATCH = 4, 2, 4


def _of_the_tiny_generator(asked: Callable[..., Any]) -> Callable[..., Any]:
    """What a demo asks for, of a generator and networks that are faster than the bundled ones."""
    from ganmend.catalog.source import GeneratorSource
    from tests.conftest import FIXTURES

    source = GeneratorSource(str(FIXTURES / "brock_biggan_32.pth"), class_names="names.txt")
    given = {"generator": source, "classifier": "tiny", "judge": "other", "precision": "float32"}
    return lambda **options: replace(asked(**options), **given)


def _keep_often() -> None:
    """Keep all that was done more often, as the runs are short; the bounds shrink likewise."""
    import ganmend.files.cache as cache
    import ganmend.files.kept as kept
    import ganmend.runs.mend_run as mend_run
    import ganmend.search.loop as loop

    for module, name in ((kept, "KEEP_EVERY"), (mend_run, "SAVE_EVERY"), (loop, "STATE_EVERY")):
        setattr(module, name, getattr(module, name) / FASTER)
    for each in (kept.Kept, cache.CachedKept):
        each.__init__.__defaults__ = (kept.KEEP_EVERY,)


def _log_work(log: int) -> None:
    """Write down each piece of work that is done: its name, and how long it took."""
    from ganmend.edits import sampling
    from ganmend.search.run import Run

    def logged(work: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        def timed(*words: Any) -> Any:
            began = time.monotonic()
            done = work(*words)
            os.write(log, f"{name(*words)}\t{time.monotonic() - began}\n".encode())
            return done

        return timed

    Run.take_step = logged(Run.take_step, lambda run: f"step {run.search} {run.step}")  # type: ignore[method-assign]
    sampling.images_of = logged(
        sampling.images_of, lambda generator, edit, fed, condition: f"draw {edit.digest()} {fed.sum().item()}"
    )


if __name__ == "__main__":
    main()
