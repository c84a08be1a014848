"""`ganmend studio`: what it refuses before it loads anything, and how it ends."""

import importlib.util
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ganmend.studio.passwords import read_passwords
from tests.cli.command import run

needs_gradio = pytest.mark.skipif(importlib.util.find_spec("gradio") is None, reason="install ganmend[studio]")


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users.txt"
    path.touch(0o600)
    path.write_text("ann:secret\n")
    return path


Refused = Callable[..., tuple[int, str]]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command; gives its exit status and what it said on standard error."""

    def answer(*words: str) -> tuple[int, str]:
        return run(monkeypatch, *words), capsys.readouterr().err.strip()

    return answer


@needs_gradio
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "localhost.example"])
def test_other_machines_need_a_password(host: str, refused: Refused) -> None:
    status, said = refused("studio", "demo", "--host", host)
    assert status == 2
    assert f"--host {host} lets other machines use the studio; add --auth FILE" in said


@needs_gradio
def test_a_port_in_use_is_one_line(users: Path, refused: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, said = refused("studio", "demo", "--port", str(port), "--auth", str(users))
    line = f"ganmend: cannot listen on 127.0.0.1, port {port} (Address already in use); give another --port, or 0"
    assert status == 2
    assert said.startswith(line)


@needs_gradio
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "70000"], "--port is 70000; expected 0 to 65535"),
        (["--threads", "0"], "--threads is 0; expected 1 or more"),
        (["--auth", "none.txt"], "the password file none.txt cannot be read"),
        (["--new-password", "a:b"], "--new-password 'a:b' names no user"),
        (["--host", "no such host"], "lets other machines use the studio"),
        (["--real", "no-photographs"], "no folder at no-photographs: --real expects a folder of real images"),
    ],
)
def test_what_does_not_fit_is_one_line_before_anything_is_loaded(words: list[str], said: str, refused: Refused) -> None:
    status, line = refused("studio", "missing.pth", *words)
    assert status == 2
    assert said in line
    assert not Path("runs").exists(), "nothing is written"


def test_without_the_extra_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: None if name == "gradio" else find(name, *more))
    status, said = refused("studio", "demo")
    assert status == 2
    assert said.startswith("ganmend: the studio needs gradio; install ganmend[studio]")


def test_a_line_for_the_password_file_is_printed(users: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ganmend", "studio", "--new-password", "bob"], input="höher\n", capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert "höher" not in done.stdout
    users.write_text(users.read_text() + done.stdout)
    assert read_passwords(users).knows("bob", "höher")


@pytest.mark.long
@needs_gradio
def test_ctrl_c_ends_a_server_with_an_open_page_within_3_seconds(server: tuple[subprocess.Popen[str], str]) -> None:
    process, address = server
    with urllib.request.urlopen(address + "gradio_api/heartbeat/abc", timeout=5):  # as a page that is open asks
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert time.monotonic() - begun < 3
    assert process.stderr is not None
    assert process.stderr.read().strip() == "", "no traceback"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A studio of the bundled generator in a process, and its address."""
    words = [sys.executable, "-m", "ganmend", "studio", "--port", "0", "--dir", str(tmp_path / "studio")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"(http://127\.0\.0\.1:\d+/) is the studio's page; Ctrl-C ends it\n", line)
            assert found is not None, line
            wait_for(found[1])
            yield process, found[1]
        finally:
            process.kill()


def wait_for(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(address + "config", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("no answer")
