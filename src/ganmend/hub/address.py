"""hf:OWNER/REPO[@REVISION][/FILE]: a repository on the Hugging Face hub, or one file of it."""

import re
from dataclasses import dataclass
from pathlib import Path

from ganmend.errors import HubError

PREFIX = "hf:"


@dataclass(frozen=True)
class Address:
    """A repository, OWNER/REPO; the file in it, FOLDER/FILE; a branch, tag or commit; "" where none was named."""

    repository: str
    file: str = ""
    revision: str = ""

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        # A revision may have a slash (refs/pr/1); then only a colon tells where its name ends.
        between = ":" if "/" in self.revision else "/"
        return f"{PREFIX}{self.repository}{revision}" + (f"{between}{self.file}" if self.file else "")


def is_address(text: str | Path) -> bool:
    """Whether it is written as an address."""
    return str(text).startswith(PREFIX)


def parse_address(text: str | Path) -> Address:
    """The parts of hf:OWNER/REPO[@REVISION][/FILE].

    A colon may stand before FILE, and must where the revision has slashes; but for the hub's own refs/pr/1.

    Args:
        text: the whole address.

    Returns:
        Repository, file and revision.

    Raises:
        HubError: written otherwise, or leading out of the repository.
    """
    owner, _, rest = str(text).removeprefix(PREFIX).partition("/")
    # No repository and no revision has a colon in its name.
    match = re.fullmatch(r"([^@/:]*)(?:(@)([^:]*):(.+)|(@)(refs/pr/\d+|[^/:]*)(?:/(.*))?|[/:](.*))?", rest, re.DOTALL)
    name, at, long, behind, at_2, short, file, plain = match.groups() if match else (rest, *[None] * 7)
    check_repository(f"{owner}/{name}")
    revision = long or short or ""
    if at or at_2:
        check_revision(revision)
    found = next((part for part in (behind, file, plain) if part is not None), None)
    if found is not None:
        check_file(found)
    return Address(f"{owner}/{name}", found or "", revision)


def check_revision(revision: str) -> None:
    """Refuse what is no branch, tag or commit by Git's own rules.

    Args:
        revision: as a user wrote it.

    Raises:
        HubError: empty, or with characters or parts that no name has.
    """
    parts = revision.split("/")
    if any(not re.fullmatch(r"[\w+=][\w.+=-]*", part, re.ASCII) or ".." in part for part in parts):
        raise HubError(f"{revision!r:.80} is no revision; expected a branch, tag or commit, as in hf:OWNER/REPO@main")


def check_repository(repository: str) -> None:
    """Refuse what is not OWNER/REPO by the hub's own rule.

    Args:
        repository: as a user wrote it.

    Raises:
        HubError: a part is missing, or has characters or a length that no repository's name has.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    owner, _, name = repository.partition("/")
    try:
        validate_repo_id(repository)
        valid = bool(owner and name)  # the hub's rule also takes a name without an owner
    except HFValidationError:
        valid = False
    if not valid:
        raise HubError(f"{repository!r} is no repository's name; expected OWNER/REPO as on the hub")


def check_file(file: str) -> None:
    """Refuse a path that is not plainly inside the repository.

    Args:
        file: FILE or FOLDER/FILE, from a user or from the hub's list.

    Raises:
        HubError: absolute, with '..', '.', an empty part, a backslash or a control character.
    """
    parts = file.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\\" in file or not file.isprintable():
        raise HubError(f"{file!r} is no file in a repository; expected FILE or FOLDER/FILE, without '..'")
