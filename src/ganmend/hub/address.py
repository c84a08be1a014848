"""hf:OWNER/REPO[/FILE]: a repository on the Hugging Face hub, or one file of it."""

from dataclasses import dataclass
from pathlib import Path

from ganmend.errors import HubError

PREFIX = "hf:"


@dataclass(frozen=True)
class Address:
    """A repository, OWNER/REPO, and the file in it, FOLDER/FILE, or "" where none was named."""

    repository: str
    file: str = ""

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}" + (f"/{self.file}" if self.file else "")


def is_address(text: str | Path) -> bool:
    """Whether it is written as an address."""
    return str(text).startswith(PREFIX)


def parse_address(text: str | Path) -> Address:
    """The parts of hf:OWNER/REPO[/FILE].

    Args:
        text: the whole address.

    Returns:
        Repository and file.

    Raises:
        HubError: written otherwise, or leading out of the repository.
    """
    owner, _, rest = str(text).removeprefix(PREFIX).partition("/")
    name, slash, file = rest.partition("/")
    check_repository(f"{owner}/{name}")
    if slash:
        check_file(file)
    return Address(f"{owner}/{name}", file)


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
