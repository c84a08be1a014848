"""Runs that are killed and gone on with, again and again, and what must hold at each kill and at the end."""

import csv
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from PIL import Image
from safetensors import safe_open

from tests.conftest import FIXTURES
from tests.reliability.forks import FASTER

TWICE = 20.0 / FASTER  # seconds of work that may be done twice after a kill
KINDS = ("time", "change", "torn")
DONE = 0
BEGUN = ("run.json", "sweep.json")  # what says that there is something to resume
UNFINISHED = ".cache/ganmend/unfinished"  # all else in the cache is meant to stay, or other packages'


@dataclass(frozen=True)
class Instant:
    """When a run is killed.

    Attributes:
        kind: 'time', after so many seconds; 'change', before its change number `at` to what is on the disk; 'torn', in
            the first file after that change that grows beyond `left` bytes; '' never.
        at: seconds, or a number of changes, counted from 1.
        left: bytes that a torn file may have.
    """

    kind: str = ""
    at: float = 0
    left: int = 0


@dataclass(frozen=True)
class Ended:
    """How a run ended: its status, negative of a signal; how long it took; its changes; what it printed.

    And the pieces of work that it did, by name: some are done more than once by an undisturbed run too.
    """

    status: int
    seconds: float
    changes: int
    said: str
    work: Counter[str] = field(default_factory=Counter)


class Forks:
    """The process that runs are forked from: see `tests.reliability.forks`.

    Args:
        base: a folder for runs.
    """

    def __init__(self, base: Path) -> None:
        self.base, self.log = base, base / "log"
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(base / "here" / ".cache")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.forks"],
            cwd=Path(__file__).parents[2], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, folder: Path, words: Sequence[str], instant: Instant = Instant(), by: int = signal.SIGKILL) -> Ended:
        """Run `ganmend WORDS` in a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"words": list(words), "folder": str(folder), "log": str(self.log), "signal": int(by)}
        self._process.stdin.write(json.dumps(asked | {"instant": asdict(instant)}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        changes = self.log.with_name("log.changes").stat().st_size
        said = "".join(self.log.with_name(f"log.{name}").read_text() for name in ("stdout", "stderr"))
        return Ended(answer["status"], answer["seconds"], changes, said)

    def work(self) -> list[tuple[str, float]]:
        """Pieces of work that were logged since the last call: name and seconds."""
        lines = self.log.read_text().splitlines(keepends=True) if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        whole = [line.split("\t") for line in lines if line.endswith("\n")]  # the last one may be torn too
        return [(name, float(seconds)) for name, seconds in whole]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.communicate()


@dataclass(frozen=True)
class Case:
    """A command that is killed.

    Attributes:
        name: of the case.
        words: of the command line.
        prepare: puts what the command needs into a folder.
        resumes: the directory that `ganmend resume` goes on with, or ''.
    """

    name: str
    words: tuple[str, ...]
    resumes: str = ""
    prepare: Callable[[Forks, Path], None] = field(default=lambda forks, folder: None)


@dataclass
class Count:
    """What was seen in all kills: how many of each kind, and the most work that was done twice, in seconds."""

    kills: Counter[str] = field(default_factory=Counter)
    most_twice: float = 0.0
    chains: int = 0


def undisturbed(forks: Forks, case: Case) -> tuple[dict[str, bytes], Ended]:
    """What a run leaves that nothing disturbs, and how it ended."""
    folder = _fresh(forks, case)
    ended = forks.run(folder, case.words)
    assert ended.status == DONE, ended.said
    assert_all_whole(folder)
    return contents(folder), replace(ended, work=Counter(name for name, _ in forks.work()))


def kill_again_and_again(
    forks: Forks, case: Case, expected: dict[str, bytes], first: Ended, chance: random.Random, count: Count,
    kills: int = 5,
) -> None:  # fmt: skip
    """Kill a run up to so many times, going on each time, and compare what it leaves in the end.

    Args:
        forks: that runs.
        case: the command.
        expected: what an undisturbed run leaves.
        first: how that ended.
        chance: chooses the instants, and how the run is gone on with.
        count: of all kills so far, which is added to.
        kills: at most.
    """
    folder = _fresh(forks, case)
    mine = _put_mine(folder)
    before = contents(folder)
    words, history, done = case.words, [], defaultdict[str, list[float]](list)
    for number in range(kills + 1):
        instant = Instant() if number == kills else _instant(first, chance)
        ended = forks.run(folder, words, instant)
        history.append((words[0], instant, ended.status))
        for name, seconds in forks.work():
            done[name].append(seconds)
        told = f"{case.name} {history}\n{ended.said}"
        assert_all_whole(folder, told)
        _assert_older_whole(before, folder, expected, told)
        assert contents(folder).items() >= mine.items(), f"what is the user's was changed: {told}"
        if ended.status >= 0:
            break
        count.kills[instant.kind] += 1
        words = _words_to_go_on(case, folder, chance)
    finished = ended.status == DONE or "is complete" in ended.said or " exists; give" in ended.said
    assert finished, f"it does not go on: {told}"
    left = {name: content for name, content in contents(folder).items() if name not in mine}
    assert left.keys() == expected.keys(), f"{left.keys() ^ expected.keys()} {told}"
    for name, content in left.items():
        assert content == expected[name], f"{name} differs{_where(content, expected[name])}: {told}"
    # Each piece at the mean of what it took.
    twice = sum(max(0, len(times) - first.work[name]) * sum(times) / len(times) for name, times in done.items())
    count.most_twice = max(count.most_twice, twice / max(1, len(history) - 1))
    assert twice <= TWICE * len(history), f"{twice} s of work done twice: {told}"
    count.chains += 1


def _where(found: bytes, expected: bytes) -> str:
    """Where two contents begin to differ."""
    pairs = enumerate(zip(found, expected, strict=False))
    place = next((place for place, (one, other) in pairs if one != other), min(len(found), len(expected)))
    return f" at {found[max(0, place - 30) : place + 40]!r}, expected {expected[max(0, place - 30) : place + 40]!r}"


def _instant(first: Ended, chance: random.Random) -> Instant:
    kind = chance.choice(KINDS)
    if kind == "time":
        return Instant(kind, chance.uniform(0, first.seconds))
    return Instant(kind, chance.randint(1, first.changes), chance.choice((0, 1, 100, 1000, 5000, 50_000)))


def _words_to_go_on(case: Case, folder: Path, chance: random.Random) -> tuple[str, ...]:
    """The same command, or where there is something to resume, by chance that."""
    begun = case.resumes and any(path.name in BEGUN for path in (folder / case.resumes).rglob("*.json"))
    return ("resume", case.resumes) if begun and chance.random() < 0.5 else case.words


def _fresh(forks: Forks, case: Case) -> Path:
    """The folder that all runs are in, with what the case needs; always the same, since files tell it."""
    folder, prepared = forks.base / "here", forks.base / "prepared" / case.name
    shutil.rmtree(folder, ignore_errors=True)
    if prepared.exists():
        return Path(shutil.copytree(prepared, folder))
    folder.mkdir(parents=True)
    (folder / "names.txt").write_text("airplane automobile bird cat deer dog frog horse ship truck".replace(" ", "\n"))
    case.prepare(forks, folder)
    shutil.copytree(folder, prepared)
    return folder


def _put_mine(folder: Path) -> dict[str, bytes]:
    """Files of the user's, beside what is written."""
    names = ("thesis.txt", ".out.notes", ".out.1.partial", "out.json")
    for name in names:
        (folder / name).write_text("mine")
    return dict.fromkeys(names, b"mine")


def contents(folder: Path) -> dict[str, bytes]:
    """All files and empty folders in a folder, by name, but for when things were done and what is only cached."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        cached = name.startswith(".cache") and not name.startswith(UNFINISHED)
        if not cached and (path.is_file() or not any(path.iterdir())):
            found[name] = _without_times(path) if path.is_file() else b"an empty folder"
    return found


def _without_times(path: Path) -> bytes:
    """A file's content, but for its date and the seconds that a search took."""
    content = path.read_bytes()
    if path.suffix in (".json", ".html"):
        content = re.sub(rb"\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?", b"a date", content)
    if path.suffix == ".json":
        return re.sub(rb'"seconds": [0-9.e-]+', b'"seconds": 0', content)
    if path.suffix == ".html":
        content = re.sub(rb"(seconds</th><td>)\d+", rb"\g<1>0", content)
        return re.sub(rb"\b\d+(\.\d)? (s|seconds?|minutes?)\b", b"0 s", content)
    if path.name == "sweep.csv":
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        return repr([{**row, "seconds": 0} for row in rows]).encode()
    return content


def assert_all_whole(folder: Path, told: str = "") -> None:
    """Assert that every file under its final name can be read to its end."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts[:-1])
        if path.is_file() and not hidden and (not path.name.startswith(".") or path.name == ".ganmend.json"):
            try:
                _read(path)
            except Exception as error:
                raise AssertionError(f"{path} is not whole ({error!r}): {told}") from error


def _read(path: Path) -> None:
    if path.name in ("out.json", "names.txt"):  # the user's
        return
    if path.suffix == ".json":
        json.loads(path.read_text())
    elif path.suffix == ".jsonl":
        assert all(json.loads(line) for line in path.read_text().splitlines())
    elif path.suffix == ".safetensors":
        with safe_open(path, "pt") as file:
            assert all(file.get_tensor(name) is not None for name in file.keys())  # noqa: SIM118
    elif path.suffix == ".png":
        with Image.open(path) as picture:
            picture.load()
    elif path.suffix == ".html":
        assert path.read_text().rstrip().endswith("</html>")
    elif path.suffix == ".csv":
        with path.open(newline="") as file:
            assert len({len(row) for row in csv.reader(file)}) == 1


def _assert_older_whole(before: dict[str, bytes], folder: Path, expected: dict[str, bytes], told: str) -> None:
    """Assert that an older result is there whole, or a newer one in its place: never parts of both."""
    ours = {name for name in before if name in expected and name.startswith("out/") and before[name] != expected[name]}
    own = {name for name in ours if Path(name).name not in ("run.json", ".ganmend.json")}
    now = contents(folder)
    still = {name for name in own if now.get(name) == before[name]}
    assert still in (set(), own), f"parts of an older result: {sorted(still)}, {told}"


TINY = str(FIXTURES / "brock_biggan_32.pth")
NAMED = ("--class-names", "names.txt", "--precision", "float32")
QUICK = (
    *NAMED, "--classifier", "tiny", "--judge", "other", "--set", "steps=8", "--set", "latents=4", "--set",
    "validation_latents=4", "--set", "trials=2", "--set", "validate_every=2",
)  # fmt: skip
