"""Who may use a studio beyond this machine: a file of users and passwords, which may be hashed."""

import hashlib
import hmac
import re
import secrets
import stat
from pathlib import Path

from ganmend.errors import OptionError, UnreadableError
from ganmend.files.json_text import read_text

SCHEME = "scrypt"
SALT_BYTES, HASH_BYTES = 16, 32
HASHED = re.compile(rf"{SCHEME}\$([0-9a-f]{{{2 * SALT_BYTES}}})\$([0-9a-f]{{{2 * HASH_BYTES}}})")
MOST_USERS = 200  # each plain password is hashed when the file is read, which takes some 30 ms
LONGEST = 1000  # characters of a line
LARGEST_FILE = 1 << 18  # bytes
LINE = "expected USER:PASSWORD"

Entry = tuple[bytes, bytes]  # salt and hash


class Passwords:
    """Users and their passwords, of which only salted hashes are in memory.

    Args:
        entries: by user.
    """

    def __init__(self, entries: dict[str, Entry]) -> None:
        self._entries = entries
        self._nobody = secrets.token_bytes(SALT_BYTES), bytes(HASH_BYTES)

    def knows(self, user: str, password: str) -> bool:
        """Whether a password is a user's; a user who is not known takes as long as one who is.

        Args:
            user: any text.
            password: any text.

        Returns:
            Whether it is.
        """
        salt, expected = self._entries.get(user, self._nobody)
        fits = hmac.compare_digest(_hash(password, salt), expected)
        return fits and user in self._entries


def read_passwords(path: Path) -> Passwords:
    """The users of a file with a line USER:PASSWORD each; empty lines and those that begin with # are passed over.

    Args:
        path: of the file, UTF-8; a password may be what `hashed` gives.

    Returns:
        The passwords.

    Raises:
        OptionError: it cannot be read, others may read it, or a line is none; no message says what a line holds.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise OptionError(f"the password file {path} cannot be read ({error.strerror}); {LINE} in each line") from error
    if not stat.S_ISREG(mode):
        raise OptionError(f"the password file {path} is no file; give one with USER:PASSWORD in each line")
    if mode & stat.S_IRWXO:
        raise OptionError(f"everybody on this machine may read or change {path}; type: chmod 600 {path}")
    try:
        text = read_text(path, LARGEST_FILE)
    except UnreadableError as error:
        raise OptionError(f"the password file {path} {error}") from error
    entries: dict[str, Entry] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            user, entry = _entry(line)
        except ValueError as error:
            raise OptionError(f"line {number} of {path} {error}") from None
        if user in entries:
            raise OptionError(f"line {number} of {path} names a user whom a line before names; keep one of them")
        entries[user] = entry
        if len(entries) > MOST_USERS:
            raise OptionError(f"{path} names more than {MOST_USERS} users; expected fewer")
    if not entries:
        raise OptionError(f"{path} names no user; {LINE} in each line")
    return Passwords(entries)


def hashed(password: str) -> str:
    """A password as a file may hold it, from which it cannot be had back.

    Args:
        password: to be hashed.

    Returns:
        'scrypt$', a new salt and the hash, both as hexadecimal digits.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    return f"{SCHEME}${salt.hex()}${_hash(password, salt).hex()}"


def _entry(line: str) -> tuple[str, Entry]:
    """The user and password of a line.

    Args:
        line: of the file.

    Returns:
        The user, the salt and the hash.

    Raises:
        ValueError: it is none; the message goes on from the line's number.
    """
    user, colon, password = line.partition(":")
    if not (colon and user and password) or len(line) > LONGEST or user != user.strip():
        raise ValueError(f"is not understood; {LINE}, without spaces around USER")
    if not password.startswith(f"{SCHEME}$"):
        salt = secrets.token_bytes(SALT_BYTES)
        return user, (salt, _hash(password, salt))
    if (found := HASHED.fullmatch(password)) is None:
        raise ValueError("holds a broken hash; make it again: ganmend studio --new-password USER")
    return user, (bytes.fromhex(found[1]), bytes.fromhex(found[2]))


def _hash(password: str, salt: bytes) -> bytes:
    """Scrypt (RFC 7914) with 16 MB of memory, so that guessing is slow."""
    return hashlib.scrypt(password.encode(errors="replace"), salt=salt, n=2**14, r=8, p=1, dklen=HASH_BYTES)
