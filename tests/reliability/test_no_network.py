"""No verb opens a connection that the user did not ask for: each is run in a process that has no network, and watched.

See no_network.py. What a user asks for is noticed: the last tests say so, or the others would prove nothing.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ganmend.cli import VERBS
from tests.reliability.commands import COMMANDS, prepare
from tests.reliability.no_network import can_refuse_everywhere, refuse_everywhere, refuse_in_python

ASKED_FOR = {
    "a generator on the hub": "info hf:someone/frog",
    "a classifier that is downloaded": "evaluate demo frog -n 20 --judge torchvision:alexnet",
}
SERVERS = {"studio"}  # whose own address is a network; tests/studio/test_browser.py sees that its page asks no other
REFUSED = {"push-to-hub"}  # without a token, before anything is sent


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """How each command ended: 'status', 'said' on standard error, and 'asked', what asked for a network."""
    folder = tmp_path_factory.mktemp("offline")
    with contextlib.chdir(folder):
        prepare(folder)
    commands = {
        name: words.replace("OUT", f"out-{name.replace(', ', '-').replace(' ', '-')}").split()
        for name, words in {**COMMANDS, **ASKED_FOR}.items()
    }
    (folder / "commands.json").write_text(json.dumps(commands))
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache"), "HF_HOME": str(folder / "hub")}
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment |= {"TORCH_HOME": str(folder / "torch"), "PYTHONPATH": os.pathsep.join(paths)}
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.every_verb", str(folder)], env=environment, check=False
    )
    asked = (folder / "asked.txt").read_text()
    assert done.returncode == 0, f"ended by {done.returncode}; it asked for: {asked}"
    lines = map(json.loads, (folder / "ended.jsonl").read_text().splitlines())
    return {line["name"]: line for line in lines}


def test_every_verb_is_tried() -> None:
    assert {name.partition(",")[0] for name in COMMANDS} == set(VERBS) - SERVERS, "commands.py has one of each verb"


@pytest.mark.parametrize("name", COMMANDS)
def test_no_verb_asks_for_a_network(name: str, ended: dict[str, dict[str, object]]) -> None:
    assert ended[name]["asked"] == ""
    assert ended[name]["status"] == (2 if name in REFUSED else 0), ended[name]["said"]


@pytest.mark.parametrize("name", ASKED_FOR)
def test_what_a_user_asks_for_is_noticed(name: str, ended: dict[str, dict[str, object]]) -> None:
    assert "socket.getaddrinfo" in str(ended[name]["asked"])
    assert ended[name]["status"] == 2
    assert len(str(ended[name]["said"]).strip().splitlines()) == 1


def test_a_server_by_its_number_is_noticed(tmp_path: Path) -> None:
    told = _in_a_process(tmp_path, "python", lambda: socket.create_connection(("127.0.0.1", 9)))[1]
    assert told.startswith("socket.")


@pytest.mark.skipif(not can_refuse_everywhere(), reason="seccomp's numbers are not known for this machine")
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_what_goes_round_python_is_noticed(family: int, tmp_path: Path) -> None:
    status, told = _in_a_process(tmp_path, "system", lambda: ctypes.CDLL(None).socket(family, socket.SOCK_DGRAM, 0))
    assert status == -signal.SIGSYS
    assert "test_no_network.py" in told, "the lines that were being run"


@pytest.mark.parametrize("watched", ["python", "system"])
def test_processes_of_this_machine_may_speak_with_each_other(watched: str, tmp_path: Path) -> None:
    if watched == "system" and not can_refuse_everywhere():
        pytest.skip("seccomp's numbers are not known for this machine")
    assert _in_a_process(tmp_path, watched, socket.socketpair) == (0, "")


def _in_a_process(folder: Path, watched: str, work: Callable[[], object]) -> tuple[int, str]:
    """How a process that has no network ended after some work, and what asked for one."""
    child = os.fork()
    if not child:
        told = (folder / "asked.txt").open("w", buffering=1)
        try:
            if watched == "python":
                refuse_in_python(lambda line: print(line, file=told))
            else:
                refuse_everywhere(told)
            work()
        finally:
            os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, (folder / "asked.txt").read_text()
