"""Places for results: nothing of a user's is deleted, whatever stands there and whoever else writes there."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ganmend.errors import OutputError
from ganmend.files.directories import write_directory
from ganmend.files.mark import MARK, foreign_files
from ganmend.files.outputs import check_out, reserved


def fill(folder: Path) -> None:
    (folder / "result.txt").write_text("new")
    (folder / "frog").mkdir()
    (folder / "frog" / "00000.png").write_text("new")


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A result of ours."""
    return write_directory(tmp_path / "out", fill, overwrite=False)


def refusal(out: Path, *, overwrite: bool = True, directory: bool = True) -> str:
    before = content(out.parent)
    with pytest.raises(OutputError) as error:
        write_directory(out, fill, overwrite=overwrite) if directory else check_out(
            out, overwrite=overwrite, directory=False
        )
    assert content(out.parent) == before
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []
    return str(error.value)


def test_what_ganmend_did_not_write_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "d" / "deep").mkdir(parents=True)
    (tmp_path / "d" / "deep" / "thesis.txt").write_text("five years")
    assert "was not written by ganmend" in refusal(tmp_path / "d")
    (tmp_path / "d" / MARK).write_text("{}")
    assert "was not written by ganmend" in refusal(tmp_path / "d")
    (tmp_path / "file").write_text("mine")
    assert "is a file" in refusal(tmp_path / "file")


@pytest.mark.parametrize("place", ["notes.txt", "frog/notes.txt"])
def test_a_users_file_in_a_result_keeps_it_from_being_replaced(out: Path, place: str) -> None:
    (out / place).write_text("mine")
    assert place in refusal(out)
    (out / place).unlink()
    (out / "link").symlink_to(out.parent)
    assert "link" in refusal(out)


def test_a_result_is_replaced_when_asked(out: Path) -> None:
    assert "--overwrite" in refusal(out, overwrite=False)
    (out / "result.txt").write_text("edited by hand, but ours")
    write_directory(out, lambda folder: (folder / "other.txt").write_text("newer") and None, overwrite=True)
    found = content(out)
    assert found.pop(MARK)
    assert found == {"other.txt": "newer"}
    assert foreign_files(out) == []
    assert os.listdir(out.parent) == ["out"]


def test_an_empty_directory_is_filled_when_asked(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert "--overwrite" in refusal(tmp_path / "out", overwrite=False)
    assert content(write_directory(tmp_path / "out", fill, overwrite=True))["result.txt"] == "new"


def test_links_and_the_folder_one_is_in_are_refused(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (out.parent / "link").symlink_to(out)
    assert "is a link" in refusal(out.parent / "link")
    (out.parent / "link").unlink()
    monkeypatch.chdir(out)
    with pytest.raises(OutputError, match="the folder that you are in"):
        write_directory(Path(), fill, overwrite=True)


def test_a_failure_leaves_what_was_there(out: Path) -> None:
    before = content(out)

    def fail(folder: Path) -> None:
        fill(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_directory(out, fail, overwrite=True)
    assert content(out) == before
    assert os.listdir(out.parent) == ["out"]


def test_folders_that_nothing_was_written_to_do_not_stay(tmp_path: Path) -> None:
    with reserved(tmp_path / "a" / "b" / "out", overwrite=False, directory=True):
        assert (tmp_path / "a" / "b").is_dir()
    assert list(tmp_path.iterdir()) == []


def test_two_runs_cannot_have_one_place(tmp_path: Path) -> None:
    code = textwrap.dedent(
        """
        import sys; from pathlib import Path; from ganmend.files.outputs import reserved
        with reserved(Path(sys.argv[1]), overwrite=False, directory=True):
            print("held", flush=True); sys.stdin.readline()
        """
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "out"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(OutputError, match=f"written by process {holder.pid} "):
        write_directory(tmp_path / "out", fill, overwrite=True)
    write_directory(tmp_path / "other", fill, overwrite=False)
    holder.kill()  # a crash leaves no lock behind
    holder.communicate()
    write_directory(tmp_path / "out", fill, overwrite=False)
    assert sorted(os.listdir(tmp_path)) == ["other", "out"]


def test_holding_twice_in_one_process(tmp_path: Path) -> None:
    with reserved(tmp_path / "out", overwrite=False, directory=True):
        write_directory(tmp_path / "out", fill, overwrite=False)
    assert os.listdir(tmp_path) == ["out"]
    with pytest.raises(OutputError, match="exists"), reserved(tmp_path / "out", overwrite=False, directory=True):
        pass
