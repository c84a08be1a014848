"""Places for results: nothing of a user's is deleted, whatever stands there and whoever else writes there."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ganmend.errors import OutputError
from ganmend.files import outputs
from ganmend.files.directories import write_directory
from ganmend.files.mark import MARK, foreign_files
from ganmend.files.outputs import check_out, reserved
from ganmend.files.writing import whole_file


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


@pytest.mark.parametrize("directory", [True, False])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("x" * 201, "longer than 200 bytes"),
        ("\u00fc" * 101, "longer than 200 bytes"),
        ("x" * 300 + "/y", "name too long"),
        ("a/" * 3000 + "y", "name too long"),
        ("a\0b", "null byte"),
        ("/", "was not written by ganmend|is a directory; expected a file"),
        ("/dev/full", "is a device or a pipe"),
    ],
    ids=["201 letters", "101 letters of two bytes", "long folder", "long path", "NUL", "root", "device"],
)
def test_places_that_no_system_has(name: str, why: str, directory: bool, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=f"(?i)({why}).*; give another --out") as refused:
        check_out(tmp_path / name, overwrite=False, directory=directory)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("directory", [True, False])
@pytest.mark.parametrize("there", ["a file", "an empty folder", "a folder of the user's", "a result"])
def test_overwrite_is_advised_where_it_would_do(there: str, directory: bool, tmp_path: Path) -> None:
    place = tmp_path / "out"
    if there == "a file":
        place.write_text("mine")
    elif there == "a result":
        write_directory(place, fill, overwrite=False)
    else:
        place.mkdir()
        if there == "a folder of the user's":
            (place / "mine.txt").write_text("mine")
    with pytest.raises(OutputError) as refused:
        check_out(place, overwrite=False, directory=directory)
    if "--overwrite" in str(refused.value):
        check_out(place, overwrite=True, directory=directory)
    else:
        with pytest.raises(OutputError):
            check_out(place, overwrite=True, directory=directory)


def test_the_longest_name_that_is_taken_can_be_written(tmp_path: Path) -> None:
    write_directory(tmp_path / ("x" * 200), fill, overwrite=False)
    with whole_file(tmp_path / ("y" * 200)) as partial:
        partial.write_text("new")
    assert {len(path.name) for path in tmp_path.iterdir()} == {200}


@pytest.mark.parametrize("directory", [True, False])
@pytest.mark.parametrize("place", ["/", "/dev/full"])
def test_what_is_no_result_is_not_replaced(place: str, directory: bool) -> None:
    with pytest.raises(OutputError):
        check_out(Path(place), overwrite=True, directory=directory)


def test_a_file_never_takes_the_place_of_a_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="a device or a pipe"), whole_file(tmp_path / "pipe") as partial:
        partial.write_text("new")
    assert (tmp_path / "pipe").is_fifo()
    with pytest.raises(OutputError, match="a device or a pipe"):
        check_out(tmp_path / "pipe", overwrite=True, directory=False)


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    if os.geteuid() == 0:  # who may read everything
        tmp_path.chmod(0o755)
        os.seteuid(65534)
    try:
        with pytest.raises(OutputError, match=r"\(Permission denied\); give another --out"):
            check_out(tmp_path / "closed" / "out", overwrite=False, directory=True)
    finally:
        os.seteuid(os.getuid())


def test_a_working_directory_that_was_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(OutputError, match=r"\(No such file or directory\); give another --out"):
        check_out(Path("out"), overwrite=False, directory=True)


def test_a_directory_that_goes_while_it_is_looked_at_is_not_called_a_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").touch()
    monkeypatch.setattr(outputs, "is_marked", lambda directory: bool(shutil.rmtree(directory)))
    check_out(tmp_path / "out", overwrite=True, directory=True)
    assert not (tmp_path / "out").exists()
