"""Users and passwords: what a file of them may hold, and that nobody is let in who is not named."""

import asyncio
import base64
import re
import time
from pathlib import Path

import pytest

from ganmend.errors import OptionError
from ganmend.studio.login import Login
from ganmend.studio.passwords import MOST_USERS, hashed, read_passwords


def written(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "users.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_users_are_known_by_plain_and_hashed_passwords(tmp_path: Path) -> None:
    users = read_passwords(written(tmp_path, f"# ours\n\nann:se:cret \nbob:{hashed('höher')}\n"))
    assert users.knows("ann", "se:cret ")
    assert users.knows("bob", "höher")
    for user, password in [
        ("ann", "se:cret"),
        ("ann", ""),
        ("bob", "hoher"),
        ("eve", "se:cret "),
        ("", ""),
        ("# ours", ""),
    ]:
        assert not users.knows(user, password)


def test_a_hash_does_not_tell_its_password_and_is_no_password(tmp_path: Path) -> None:
    first, second = hashed("secret"), hashed("secret")
    assert first != second
    assert "secret" not in first
    assert not read_passwords(written(tmp_path, f"ann:{first}\n")).knows("ann", first)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ann:a\nbroken secret\n", "line 2 of .* is not understood; expected USER:PASSWORD"),
        ("ann:\n", "line 1 of .* is not understood"),
        (":secret\n", "line 1 of .* is not understood"),
        (" ann:secret\n", "line 1 of .* is not understood"),
        ("ann:a\nann:secret\n", "line 2 of .* names a user whom a line before names"),
        ("ann:scrypt$secret\n", "line 1 of .* holds a broken hash"),
        ("ann:" + "secret" * 1000, "line 1 of .* is not understood"),
        ("# nobody\n", "names no user"),
        (b"ann:\xff\xfesecret\n", "is no UTF-8 text"),
        ("x" * 300_000, "larger than"),
    ],
)
def test_a_broken_file_is_told_in_one_line_that_holds_nothing_of_it(
    text: str | bytes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=said) as told:
        read_passwords(written(tmp_path, text))
    assert "secret" not in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_so_many_users_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.studio.passwords._hash", lambda *_: bytes(32))
    read_passwords(written(tmp_path, "".join(f"u{n}:p\n" for n in range(MOST_USERS))))
    with pytest.raises(OptionError, match=f"more than {MOST_USERS} users"):
        read_passwords(written(tmp_path, "".join(f"u{n}:p\n" for n in range(MOST_USERS + 1))))


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o666])
def test_a_file_that_everybody_may_read_is_refused_with_what_to_type(mode: int, tmp_path: Path) -> None:
    path = written(tmp_path, "ann:a\n", mode)
    with pytest.raises(OptionError, match=re.escape(f"type: chmod 600 {path}")):
        read_passwords(path)
    path.chmod(0o640)
    assert read_passwords(path).knows("ann", "a"), "a group may"


def test_a_missing_file_or_a_folder_is_none(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(OptionError, match="password file"):
            read_passwords(path)


def test_a_wrong_password_takes_its_time_and_a_right_one_does_not_again(tmp_path: Path) -> None:
    async def tried() -> tuple[float, float]:
        login = Login(read_passwords(written(tmp_path, "ann:a\n")), pause=0.2)
        begun = time.monotonic()
        # Eight guesses, four at a time, each for the pause or longer.
        assert not any(await asyncio.gather(*(login.user(basic(f"ann:{n}")) for n in range(8))))
        guessed = time.monotonic() - begun
        assert await login.user(basic("ann:a")) == "ann"
        begun = time.monotonic()
        assert await login.user(basic("ann:a")) == "ann"
        return guessed, time.monotonic() - begun

    guessed, again = asyncio.run(tried())
    assert guessed >= 2 * 0.2
    assert again < 0.02, "no hash is computed"


@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Bearer YW5uOmE=", basic(""), basic("ann"), basic(":a")])
def test_other_headers_are_nobody_s(header: str, tmp_path: Path) -> None:
    login = Login(read_passwords(written(tmp_path, "ann:a\n")), pause=0)
    assert asyncio.run(login.user(header)) == ""
