"""What ends a program, and who else writes where it writes: nothing found is lost, nothing of a user's is deleted."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganmend.edits.edit_file import load_edit
from ganmend.signals import ENDING
from tests.cli.command import QUICK, TINY, names, run

REPAIR = ["repair", TINY, "frog", "--classifier", "tiny", "--out", "o", *QUICK, *names()]


@pytest.fixture(autouse=True)
def _signals_as_in_a_terminal() -> Iterator[None]:
    """A test run in the background, or under nohup, ignores some of them; the command line lets those be."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_what_is_ignored_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    assert run(monkeypatch, "info", TINY) == 0
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_IGN, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_ends_a_program_saves_the_best_so_far(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ganmend.search import run as search_run

    calls = []

    def interrupted(*words: object) -> object:
        calls.append(words)
        if len(calls) == 3:
            os.kill(os.getpid(), number)
        return scores(*words)  # type: ignore[arg-type]

    scores = search_run.score_trials
    monkeypatch.setattr(search_run, "score_trials", interrupted)
    assert run(monkeypatch, *REPAIR, "--set", "steps=50") == 130
    assert "interrupted: the best so far is in o" in capsys.readouterr().err
    assert json.loads(Path("o/config.json").read_text())["interrupted"] is True
    assert load_edit("o/embedding.safetensors").target == "frog"


@pytest.mark.parametrize("number", ENDING)
def test_what_comes_before_there_is_a_command(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the command line itself is imported."""
    from ganmend import __main__ as program

    monkeypatch.setattr(program, "turn_off", lambda: os.kill(os.getpid(), number))
    with pytest.raises(SystemExit) as stop:
        program.main()
    assert stop.value.code == 130


def test_ctrl_c_while_the_judge_works_keeps_the_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk = []

    def interrupted(*_: object, **__: object) -> None:
        on_disk.append(Path("o/embedding.safetensors").read_bytes())
        raise KeyboardInterrupt

    monkeypatch.setattr("ganmend.workbench.comparing.judge_by_all", interrupted)
    assert run(monkeypatch, *REPAIR, "--judge", "other") == 130
    assert json.loads(Path("o/config.json").read_text())["interrupted"] is True
    assert "after" not in json.loads(Path("o/metrics.json").read_text())
    assert load_edit("o/embedding.safetensors").target == "frog"
    assert len(on_disk) == 1, "it was there before the judge began"


def test_ctrl_c_while_a_result_is_written_comes_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from ganmend.report import directory

    def interrupted(*words: object, **options: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return write(*words, **options)  # type: ignore[arg-type]

    write = directory.write_directory
    monkeypatch.setattr(directory, "write_directory", interrupted)
    assert run(monkeypatch, *REPAIR) == 130
    assert load_edit("o/embedding.safetensors").target == "frog"


def test_two_runs_into_one_place(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code = "import sys; from pathlib import Path; from ganmend.files.outputs import reserved\n"
    code += "with reserved(Path('o'), overwrite=False, directory=True): print(flush=True); sys.stdin.readline()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert run(monkeypatch, *REPAIR) == 2
        assert f"written by process {holder.pid}" in capsys.readouterr().err
    assert run(monkeypatch, *REPAIR) == 0


@pytest.mark.parametrize("verb", [REPAIR[:5], ["sample", TINY, "frog"], ["demo"]], ids=lambda words: words[0])
def test_a_users_folder_is_never_replaced(
    verb: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("five years")
    overwrite = [] if verb == ["demo"] else ["--overwrite", *names()]
    assert run(monkeypatch, *verb, "--out", "mine", *overwrite) == 2
    assert "was not written by ganmend" in capsys.readouterr().err
    assert Path("mine/thesis.txt").read_text() == "five years"
