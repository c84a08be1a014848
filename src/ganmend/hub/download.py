"""Files from the hub and from plain addresses: a local copy first, then the cache or the network."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from ganmend.errors import HubError, HubUnreachableError
from ganmend.files.paths import cache_home
from ganmend.hub.address import Address, check_file
from ganmend.hub.listing import Listing, list_files
from ganmend.hub.session import NAME, asking, headers, keep_quiet, reason
from ganmend.hub.transfer import Expected, is_page, receive

if TYPE_CHECKING:
    from huggingface_hub import HfApi


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
    """Where local copies are looked for first: $GANMEND_MODELS, else ~/.cache/ganmend/models.

    Returns:
        The folder, which may not be there.

    Raises:
        OutputError: this user has no home.
    """
    if own := os.environ.get("GANMEND_MODELS"):
        return Path(own).expanduser()
    return cache_home() / "ganmend" / "models"


def fetch(address: Address, wanted: Wanted, place: Path | None = None) -> Path:
    """A file on the hub, as a file here.

    Args:
        address: the repository, perhaps the file.
        wanted: chooses the file where the address names none.
        place: where a local copy is looked for; None is models_folder()/OWNER/REPO[@REVISION].

    Returns:
        The file in that place, or in the hub's cache.

    Raises:
        HubError: no such repository or file, several files to choose from, or not to be had: where to put it.
    """
    if place is None:
        revision = f"@{address.revision.replace('/', '_')}" if address.revision else ""
        place = models_folder() / f"{address.repository}{revision}"
    if local := _choose(_files_in(place), address, wanted):
        return place / local
    try:
        return _from_hub(address, wanted)
    except HubUnreachableError as error:
        cached = _snapshot(address)
        if cached is not None and (name := _choose(_files_in(cached), address, wanted)):
            if not is_page(cached / name):
                return cached / name
            raise HubError(f"{cached / name} is a web page that was kept in its place; delete it ({error})") from error
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

    keep_quiet()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as partial:
            for name, url in urls.items():
                with open(Path(partial) / name, "wb") as file:
                    receive(url, {"user-agent": f"{NAME}/{version(NAME)}"}, file, None, name)
                Expected().check(Path(partial) / name)
            place.mkdir(exist_ok=True)
            for name in urls:
                os.replace(Path(partial) / name, place / name)
    except (HTTPError, OSError) as error:
        raise HubError(_unreachable(place.name, list(urls), place, reason(error))) from error


def _from_hub(address: Address, wanted: Wanted) -> Path:
    # The list of files comes first: it tells which file is meant, what is missing, and at once whether the hub answers.
    with asking(address.repository) as api:
        listing = list_files(api, address)
        name = _choose(list(listing.files), address, wanted)
        if not name:
            shown = ", ".join(list(listing.files)[:10]) or "nothing"
            raise HubError(f"{address.repository} has no {address.file or wanted.what}; it holds {shown:.400}")
        check_file(name)
        for companion in _beside(name, wanted):
            if companion in listing.files:
                _cached(api, address, listing, companion)
        return _cached(api, address, listing, name)


def _cached(api: "HfApi", address: Address, listing: Listing, name: str) -> Path:
    """A file in the hub's cache, which other programs share; fetched where it is not there, or is another one.

    It is fetched here and not by huggingface_hub, which names what it keeps after the answer's ETag, whatever that is
    (2.4.0: an ETag of '../../x' is written outside the cache).
    """
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=address.repository, repo_type="model")
    path, expected = folder / "snapshots" / listing.commit / name, listing.files[name]
    if not path.is_file() or is_page(path) or expected.size not in (None, path.stat().st_size):
        path.parent.mkdir(parents=True, exist_ok=True)
        url = f"{api.endpoint}/{address.repository}/resolve/{listing.commit}/{quote(name)}"
        partial = path.with_name(f"{path.name}.{os.getpid()}.incomplete")
        try:
            with partial.open("wb") as file:
                receive(url, headers(), file, expected.size, name)
            expected.check(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    revision = address.revision or "main"
    if revision != listing.commit:  # which commit that is, for work without a network
        (folder / "refs" / revision).parent.mkdir(parents=True, exist_ok=True)
        (folder / "refs" / revision).write_text(listing.commit)
    return path


def _snapshot(address: Address) -> Path | None:
    """The folder of the hub's cache that holds what was downloaded of a repository."""
    try:
        with asking(address.repository) as api:
            return Path(
                api.snapshot_download(address.repository, revision=address.revision or None, local_files_only=True)
            )
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
