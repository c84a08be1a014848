"""Files from the hub and from plain addresses: a local copy first, then the cache or the network."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ganmend.errors import HubError, HubUnreachableError
from ganmend.files.paths import cache_home
from ganmend.hub.address import Address, check_file
from ganmend.hub.session import asking, keep_quiet, reason

TIMEOUT = 10  # seconds until a first answer


@dataclass(frozen=True)
class Wanted:
    """What to take from a repository where no file is named.

    Attributes:
        what: its name in messages.
        usual: the file taken where it is there.
        suffixes: else the only file whose name ends so.
        beside: comes along, from the same folder, with a file of the usual one's suffix or safetensors; "" for none.
    """

    what: str
    usual: str
    suffixes: tuple[str, ...]
    beside: str = ""


def models_folder() -> Path:
    """Where local copies are looked for first: $GANMEND_MODELS, else ~/.cache/ganmend/models."""
    if own := os.environ.get("GANMEND_MODELS"):
        return Path(own).expanduser()
    return cache_home() / "ganmend" / "models"


def fetch(address: Address, wanted: Wanted, place: Path | None = None) -> Path:
    """A file on the hub, as a file here.

    Args:
        address: the repository, perhaps the file.
        wanted: chooses the file where the address names none.
        place: where a local copy is looked for; None is models_folder()/OWNER/REPO.

    Returns:
        The file in that place, or in the hub's cache.

    Raises:
        HubError: no such repository or file, several files to choose from, or not to be had: where to put it.
    """
    place = models_folder() / address.repository if place is None else place
    if local := _choose(_files_in(place), address, wanted):
        return place / local
    try:
        return _from_hub(address, wanted)
    except HubUnreachableError as error:
        cached = _snapshot(address.repository)
        if cached is not None and (name := _choose(_files_in(cached), address, wanted)):
            return cached / name
        name = address.file or wanted.usual
        files = [name, *_beside(name, wanted)]
        raise HubError(_unreachable(str(address), files, place, str(error))) from error


def fetch_urls(urls: Mapping[str, str], place: Path) -> None:
    """Download files by their full addresses into `place`, all of them or none.

    Args:
        urls: name in `place` to address; the last one is put in place last.
        place: a folder; made where it is missing.

    Raises:
        HubError: not to be had; the message says what to put where.
    """
    from huggingface_hub.errors import HTTPError
    from huggingface_hub.file_download import http_get

    keep_quiet()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as partial:
            for name, url in urls.items():
                with open(Path(partial) / name, "wb") as file:
                    http_get(url, file, displayed_filename=name)
            place.mkdir(exist_ok=True)
            for name in urls:
                os.replace(Path(partial) / name, place / name)
    except (HTTPError, OSError) as error:
        raise HubError(_unreachable(place.name, list(urls), place, reason(error))) from error


def _from_hub(address: Address, wanted: Wanted) -> Path:
    # The list of files comes first: it tells which file is meant, what is missing, and at once whether the hub answers.
    with asking(address.repository) as api:
        siblings = api.model_info(address.repository, timeout=TIMEOUT).siblings or []
        files = [sibling.rfilename for sibling in siblings]
        name = _choose(files, address, wanted)
        if not name:
            shown = ", ".join(files[:10]) or "nothing"
            raise HubError(f"{address.repository} has no {address.file or wanted.what}; it holds {shown}")
        check_file(name)
        for companion in _beside(name, wanted):
            if companion in files:
                api.hf_hub_download(address.repository, companion)
        return Path(api.hf_hub_download(address.repository, name))


def _snapshot(repository: str) -> Path | None:
    """The folder of the hub's cache that holds what was downloaded of a repository."""
    try:
        with asking(repository) as api:
            return Path(api.snapshot_download(repository, local_files_only=True))
    except HubError:
        return None


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _choose(files: Sequence[str], address: Address, wanted: Wanted) -> str:
    """Which of a repository's files is meant.

    Args:
        files: all of them.
        address: perhaps names one.
        wanted: what to take else.

    Returns:
        The file, or "" where it is not there.

    Raises:
        HubError: several could be meant.
    """
    named = address.file or wanted.usual
    if named in files:
        return named
    found = [] if address.file else [file for file in files if file.endswith(wanted.suffixes)]
    if len(found) > 1:
        shown = ", ".join(found[:10])
        raise HubError(f"{address.repository} holds several files that may be the {wanted.what}; name one: {shown}")
    return found[0] if found else ""


def _beside(name: str, wanted: Wanted) -> list[str]:
    """What comes along with a file of the usual one's kind, or of safetensors."""
    path = PurePosixPath(name)
    usual = path.suffix in (PurePosixPath(wanted.usual).suffix, ".safetensors")
    return [str(path.with_name(wanted.beside))] if wanted.beside and usual else []


def _unreachable(what: str, files: list[str], place: Path, why: str) -> str:
    """What to tell of files that could not be had."""
    return (
        f"{what} cannot be downloaded ({why}); try again, or put {' and '.join(files)} into {place}, "
        "or give the path of your own copy"
    )
