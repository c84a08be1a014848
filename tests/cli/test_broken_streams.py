"""Standard streams that are closed, full, broken off or of another encoding: right output or one line, no traceback."""

import io
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.command import TINY, run
from tests.conftest import CIFAR10


def with_stream(monkeypatch: pytest.MonkeyPatch, name: str, file: str | int, *words: str) -> int:
    """Exit status of `ganmend WORDS` whose stdout or stderr is a file, given by its path or number."""
    with suppress(OSError), open(file, "w") as stream, monkeypatch.context() as patch:
        patch.setattr(f"sys.{name}", stream)
        status = run(monkeypatch, *words)
    return status


@pytest.mark.parametrize("words", [["classes", TINY], ["classes", TINY, "--json"], ["info", TINY], ["--help"]])
def test_a_full_disk_is_one_line(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert with_stream(monkeypatch, "stdout", "/dev/full", *words) == 1
    assert capsys.readouterr().err == "ganmend: cannot use standard output: No space left on device\n"


@pytest.mark.parametrize("words", [["classes", TINY], ["classes", TINY, "--json"], ["info", TINY], ["--help"]])
def test_a_reader_that_went_away_is_no_mistake(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    assert with_stream(monkeypatch, "stdout", writer, *words) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("closed", "status", "said"),
    [
        (">&-", 1, "ganmend: cannot use standard output: Bad file descriptor\n"),
        ("2>&-", 0, ""),
        (">&- 2>&- <&-", 1, ""),
    ],
)
def test_closed_streams(closed: str, status: int, said: str) -> None:
    ran = subprocess.run(
        f'"{sys.executable}" -m ganmend --help {closed}', shell=True, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (status, said)
    assert ("Usage: ganmend" in ran.stdout) == (status == 0)


def test_a_mistake_that_cannot_be_told_is_still_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert with_stream(monkeypatch, "stderr", "/dev/full", "info", "absent.pth") == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("words", [["classes", TINY], ["info", TINY], ["nearest", TINY, "0", "-n", "10"]])
def test_characters_that_an_encoding_lacks_are_replaced(
    words: list[str], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("odd.txt").write_text("\n".join(["Bärtige Nelke", "日本", *CIFAR10[2:]]), "utf-8")
    shown = io.BytesIO()
    stream = io.TextIOWrapper(shown, encoding=encoding, errors="strict", write_through=True)
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", stream)
        assert run(monkeypatch, *words, "--class-names", "odd.txt") == 0
    expected = "Bärtige Nelke".encode(encoding, "replace")
    assert expected in shown.getvalue()
    assert "日本".encode(encoding, "replace") in shown.getvalue()
