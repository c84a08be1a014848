"""What a repository holds at a revision, as the hub lists it; nothing of the answer is believed unchecked."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from ganmend.errors import HubError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.hub.address import Address
from ganmend.hub.session import headers
from ganmend.hub.transfer import Expected, receive

if TYPE_CHECKING:
    from huggingface_hub import HfApi

LARGEST_LIST = 1 << 24  # bytes; some hundred thousand files
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Listing:
    """A repository's commit, and its files by name."""

    commit: str
    files: Mapping[str, Expected]


def list_files(api: "HfApi", address: Address) -> Listing:
    """Ask for a repository's list of files.

    Args:
        api: the hub's client, which knows its address.
        address: the repository, perhaps its revision.

    Returns:
        The list.

    Raises:
        HubError: the answer is no list of files.
        OSError: no answer, or an error by its status.
    """
    url = f"{api.endpoint}/api/models/{address.repository}"
    url += f"/revision/{quote(address.revision, safe='')}" if address.revision else ""
    content = io.BytesIO()
    receive(f"{url}?blobs=true", headers(), content, LARGEST_LIST)
    try:
        answer = parse_json(content.getvalue().decode(), LARGEST_LIST)
    except (UnreadableError, UnicodeDecodeError):
        answer = None
    siblings = answer.get("siblings", []) if isinstance(answer, dict) else None
    commit = answer.get("sha") if isinstance(answer, dict) else None
    if not isinstance(siblings, list) or not isinstance(commit, str) or not COMMIT.fullmatch(commit):
        raise HubError(f"the hub's answer about {address.repository} is no list of files; check HF_ENDPOINT")
    return Listing(commit, dict(_file(address.repository, entry) for entry in siblings))


def _file(repository: str, entry: object) -> tuple[str, Expected]:
    if not isinstance(entry, dict) or not isinstance(name := entry.get("rfilename"), str):
        raise HubError(f"the hub's list of {repository} has an entry without a name; check HF_ENDPOINT")
    lfs, size = entry.get("lfs"), entry.get("size")
    sha256 = lfs.get("sha256", "") if isinstance(lfs, dict) else ""
    return name, Expected(size if type(size) is int else None, str(sha256), str(entry.get("blobId", "")))
