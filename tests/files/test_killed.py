"""A process killed at any moment of replacing a result leaves the old one or the new one, whole."""

import os
import signal
import sys
import traceback
from pathlib import Path

import pytest

from ganmend.files import directories
from ganmend.files.directories import write_directory

OLD, NEW = "old " * 50, "new " * 50
# What Python says before each operation on files; see sys.addaudithook.
EVENTS = ("open", "os.", "shutil.", "tempfile.", "fcntl.", "ctypes.")


def filled(text: str, folder: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(text)


def killed_at(moment: int, out: Path) -> bool:
    """Replace the result in a process that dies before its operation number `moment`; whether it died."""
    child = os.fork()
    if not child:
        count = 0

        def hook(event: str, _: object) -> None:
            nonlocal count
            if event.startswith(EVENTS) and event != "os.kill":
                count += 1
                if count > moment:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(hook)
            write_directory(out, lambda folder: filled(NEW, folder), overwrite=True)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, -signal.SIGKILL)
    return ended != 0


@pytest.mark.parametrize("can_exchange", [True, pytest.param(False, marks=pytest.mark.long)])
def test_killed_before_every_operation(can_exchange: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not can_exchange:
        monkeypatch.setattr(directories, "_exchange", lambda *_: False)
    seen = set()
    moment, died = 0, True
    while died:
        out = tmp_path / str(moment) / "out"
        write_directory(out, lambda folder: filled(OLD, folder), overwrite=False)
        died = killed_at(moment, out)
        moment += 1
        if can_exchange or out.exists():
            texts = {path.name: path.read_text() for path in out.glob("*.txt")}
            assert texts in ({"a.txt": OLD, "b.txt": OLD}, {"a.txt": NEW, "b.txt": NEW}), f"killed at {moment}"
            seen.add(texts["a.txt"])
        # The next run finds its way, whatever was left, and leaves nothing of it.
        write_directory(out, lambda folder: filled(NEW, folder), overwrite=True)
        assert os.listdir(out.parent) == ["out"], f"killed at {moment}"
        assert {path.read_text() for path in out.glob("*.txt")} == {NEW}
    assert seen == {OLD, NEW}
    assert moment > 20
