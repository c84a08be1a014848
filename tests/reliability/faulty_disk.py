"""Commands run on a disk that fails at one moment after another, and what each leaves.

python -m tests.reliability.faulty_disk FOLDER EVERY NAME ..., with faults.c preloaded; it prints JSON.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors import safe_open

from tests.conftest import CIFAR10, FIXTURES
from tests.reliability.commands import make_small
from tests.reliability.faults import CAUSES, FAULTS, FOR_EVER, Fault

TINY = "tiny.pth --class-names names.txt"
GUIDED = "--classifier tiny --judge other --set steps=2 --set latents=4 --set validation_latents=4 --set trials=1"
# What writes, by its verb; it goes to OUT, where an older result stands.
COMMANDS = {
    "diagnose": f"diagnose {TINY} --classifier tiny --only frog,cat -n 6 --out disk/out --overwrite",
    "repair": f"repair {TINY} frog {GUIDED} --out disk/out --overwrite",
    "sample": f"sample {TINY} frog cat -n 2 --out disk/out --overwrite",
    "sample, one picture": f"sample {TINY} frog -n 4 --out disk/out.png --overwrite",
    "sample, a JPEG": f"sample {TINY} frog -n 4 --out disk/out.jpg --overwrite",
    "sweep": f"sweep {TINY} --classes frog --task repair -n 20 {GUIDED} --out disk/out --overwrite",
    "augment": f"augment {TINY} --images photographs --edits edits --per-class 2 --judge other --classifier tiny"
    " --out disk/out --overwrite",
    "statistics": "statistics photographs --judge other --out disk/out.safetensors --overwrite",
    "export": f"export {TINY} edits/frog --out disk/out.pth --overwrite",
    "export, a vector": f"export {TINY} edits/frog --out disk/out.npy --overwrite",
    "convert": f"convert {TINY} --out disk/out.safetensors --overwrite",
}
MAY_GO_WELL = ("limited size", "deleted")  # where no file is larger, or the directory is not needed any more
BESIDE = ("ganmend: warning: ", "mending, done ")  # what may be said besides: warnings, how far a sweep is
HAS_SEED = ("diagnose", "repair", "sample", "augment", "sweep")
FILLED_IN_PLACE = ("augment", "sweep")  # what stood there goes first; a part of the new is gone on with


@dataclass(frozen=True)
class Outcome:
    """What a fault led to.

    Attributes:
        name: of the command.
        fault: its name.
        moment: number of the call that failed first, from 1.
        status: of the exit.
        said: on standard error, line by line.
        left: 'old', 'new' or 'part' of the new, or what is wrong.
        litter: files of ganmend's that nobody asked for.
        again: the exit status of the same command on a disk that works, and what it left.
    """

    name: str
    fault: str
    moment: int
    status: int
    said: list[str]
    left: str
    litter: list[str]
    again: tuple[int, str]


def prepare() -> None:
    """Put what the commands read into the working directory, and classifiers of random weights under short names."""
    from ganmend.catalog.load import load_generator
    from ganmend.edits.class_edit import class_row

    Path("names.txt").write_text("\n".join(CIFAR10) + "\n")
    Path("tiny.pth").symlink_to(FIXTURES / "brock_biggan_32.pth")
    generator, numbers = load_generator("tiny.pth", class_names=CIFAR10), np.random.default_rng(0)
    for name in ("frog", "cat"):
        Path("photographs", name).mkdir(parents=True)
        for index in range(20):
            pixels = numbers.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(f"photographs/{name}/{index}.png")
        Path("edits", name).mkdir(parents=True)
        class_row(generator, CIFAR10.index(name)).save(Path("edits", name, "embedding.safetensors"))
    make_small()


def run(words: list[str], fault: Fault | None = None) -> tuple[int, list[str], int]:
    """Run a command in a process of its own.

    Args:
        words: of the command.
        fault: that it meets; None none.

    Returns:
        Its exit status, what it said on standard error, and how many moments there were for the fault.
    """
    reading, told = os.pipe()  # no file: its size may be what is limited
    child = os.fork()
    if not child:
        status, count = 1, 0
        os.dup2(told, 2)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)  # the one that was there may be a file
        try:
            if fault is not None:
                fault.begin()
            status = _status(words)
        except BaseException:
            traceback.print_exc()
        finally:
            if fault is not None:
                count = fault.end()
            Path("count.txt").write_text(str(count))
            os._exit(status)
    os.close(told)
    with open(reading, errors="replace") as saying:
        said = [line for line in saying.read().splitlines() if line.strip()]
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, said, int(Path("count.txt").read_text())


def _status(words: list[str]) -> int:
    """Run a command; why a class of a sweep failed, which it says on standard output, counts as said on the other."""
    from ganmend.cli import main

    sys.argv, shown = ["ganmend", *words], io.StringIO()
    try:
        with redirect_stdout(shown):
            main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        for line in shown.getvalue().splitlines():
            if " failed: " in line:
                print(f"ganmend: {line}", file=sys.stderr)
    return 0


def faults(name: str, every: int) -> Iterator[Outcome]:
    """Let the disk fail at one moment after another of a command.

    Args:
        name: of the command.
        every: which of the moments; 1 for all.

    Yields:
        What each led to.
    """
    words = COMMANDS[name].split()
    run(words)  # so that all modules are there, and every run does the same
    old, new = _older_result(name, words), _result_of(words)
    for number, (fault, meet) in enumerate(FAULTS.items()):
        _put(old)
        moments = run(words, meet(FOR_EVER))[2]
        for moment in range(1 + number % min(every, moments), moments + 1, every):
            _put(old)
            status, said, _ = run(words, meet(moment))
            left, litter = judge(old, new), _litter()
            again = (0, "new") if snapshot() == old else (run(words)[0], judge(old, new))  # as at first, or tried
            yield Outcome(name, fault, moment, status, said, left, litter, again)


def _older_result(name: str, words: list[str]) -> dict[str, bytes]:
    """What stands at the place before a command begins: the result of another seed, or any file."""
    if name in HAS_SEED:
        return _result_of([*words, "--seed", "1"])
    place = Path(words[words.index("--out") + 1])
    return {place.name: b"of the user's"}


def _result_of(words: list[str]) -> dict[str, bytes]:
    _put({})
    status, said, _ = run(words)
    assert status == 0, said
    return snapshot()


def _put(files: dict[str, bytes]) -> None:
    shutil.rmtree("disk", ignore_errors=True)
    Path("disk").mkdir()
    for name, content in files.items():
        Path("disk", name).parent.mkdir(parents=True, exist_ok=True)
        Path("disk", name).write_bytes(content)


def snapshot() -> dict[str, bytes]:
    """All files on the disk, by their paths there."""
    return {str(path.relative_to("disk")): path.read_bytes() for path in Path("disk").rglob("*") if path.is_file()}


def judge(old: dict[str, bytes], new: dict[str, bytes]) -> str:
    """What is left: 'old' and 'new' are whole, 'part' is some whole files of the new; else what is wrong."""
    found = {name: content for name, content in snapshot().items() if not _is_about_a_run(name)}
    for name in found:
        if problem := _problem(Path("disk", name)):
            return f"{name} is broken: {problem}"
    old, new = ({name: text for name, text in files.items() if not _is_about_a_run(name)} for files in (old, new))
    if found == old:
        return "old"
    if found.keys() == new.keys():
        other = [name for name in found if name.endswith((".safetensors", ".npy", ".pth")) and found[name] != new[name]]
        return f"{other} differ from an undisturbed run's" if other else "new"
    return "part" if found.keys() <= new.keys() else f"{sorted(found)} are there"


def _is_about_a_run(name: str) -> bool:
    """Whether a file is no result: hidden, a run's record, or its work."""
    parts = Path(name).parts
    return any(part.startswith(".") for part in parts) or "work" in parts or parts[-1] == "run.json"


def _litter() -> list[str]:
    found = [path for path in Path("disk").rglob(".*") if path.name != ".ganmend.json"]
    return sorted(str(path.relative_to("disk")) for path in found)


def _problem(path: Path) -> str:
    """Why a file cannot be read by what its name says it is, or ''."""
    try:
        if path.read_bytes() == b"of the user's":
            return ""
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".png":
            Image.open(path).load()
        elif path.suffix == ".safetensors":
            safe_open(path, "np")
        elif path.suffix == ".html" and not path.read_text().rstrip().endswith("</html>"):
            return "its end is missing"
        elif path.suffix == ".npy":
            np.load(path)
    except Exception as error:
        return str(error)
    return ""


def wrong_with(outcome: Outcome) -> str:
    """What an outcome breaks of what is promised, or ''.

    A disk that takes no removals either keeps the file that was being written, hidden; the next run clears up.
    """
    # Where the directory was deleted when the result was in it already, nothing can be told.
    may_be_gone = outcome.fault == "deleted" and outcome.left == "part" and outcome.again == (0, "new")
    if outcome.status == 0 and outcome.fault in MAY_GO_WELL and (outcome.left == "new" or may_be_gone):
        return ""
    lines = [line for line in outcome.said if not line.startswith(BESIDE)]
    if outcome.status == 0 or len(lines) != 1 or not lines[0].startswith("ganmend: "):
        return "it is not told in one line and by the exit status"
    cause = os.strerror(CAUSES[outcome.fault])
    if not (cause in lines[0] or (outcome.fault == "deleted" and " is gone" in lines[0])) or "disk/" not in lines[0]:
        return "the line does not name the place and the cause"
    may_be_part = outcome.name in FILLED_IN_PLACE or outcome.fault == "deleted"
    if outcome.left not in ("old", "new") and not (may_be_part and outcome.left == "part"):
        return f"what is left is not whole: {outcome.left}"
    if outcome.litter and outcome.fault != "read-only":
        return "something was left over"
    return "" if outcome.again == (0, "new") else "the same command does not mend it"


def outcomes(folder: Path, every: int, names: Sequence[str]) -> Iterator[Outcome]:
    """Try faults in a process with a disk that can be let fail.

    Args:
        folder: empty, for it to work in.
        every: see `faults`.
        names: of commands.

    Yields:
        What each fault led to.
    """
    library, root = folder / "faults.so", Path(__file__).parents[2]
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"LD_PRELOAD": str(library), "PYTHONPATH": os.pathsep.join(paths)}
    environment |= {"XDG_CACHE_HOME": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    (folder / "work").mkdir()
    words = [sys.executable, "-m", "tests.reliability.faulty_disk", str(folder / "work"), str(every), *names]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                values = json.loads(line)
                yield Outcome(**values | {"again": tuple(values["again"])})
        except BaseException:
            process.kill()
            raise
    assert process.returncode == 0


def main() -> None:
    folder, every, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    os.chdir(folder)
    prepare()
    for name in names or COMMANDS:
        for outcome in faults(name, every):
            print(json.dumps(asdict(outcome)), flush=True)


if __name__ == "__main__":
    main()
