"""Asking the hub: one client, and its errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from ganmend.errors import HubError, HubUnreachableError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

NAME = "ganmend"
LOGIN = "log in with 'hf auth login', or set HF_TOKEN"


@contextmanager
def asking(repository: str) -> Iterator["HfApi"]:
    """The hub's client (HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are its own), for questions about one repository.

    Within the block the client tells nothing but its own, ganmend's and Python's version, and asks nothing else.

    Args:
        repository: OWNER/REPO, for messages.

    Yields:
        The client; its errors within the block become ours.

    Raises:
        HubUnreachableError: offline, no connection, or the hub's own failure; the message is only the reason.
        HubError: no such repository, or no right to it.
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HTTPError, RepositoryNotFoundError

    keep_quiet()
    told, constants.HF_HUB_DISABLE_TELEMETRY = constants.HF_HUB_DISABLE_TELEMETRY, True
    try:
        yield HfApi(library_name=NAME, library_version=version(NAME))
    except GatedRepoError as error:
        page = f"https://huggingface.co/{repository}"
        raise HubError(f"{repository} is gated: accept its terms at {page}, then {LOGIN}") from error
    except RepositoryNotFoundError as error:
        raise HubError(f"no repository {repository} on the hub, or private: check the name, or {LOGIN}") from error
    except HfHubHTTPError as error:
        refusal = _refusal(repository, error.response.status_code, error)
        raise refusal from error
    except (HTTPError, OSError, RuntimeError, ValueError) as error:  # RuntimeError: the hub's transfer library
        raise HubUnreachableError(reason(error.__cause__ or error)) from error
    finally:
        constants.HF_HUB_DISABLE_TELEMETRY = told


def headers(*, signed: bool = True) -> dict[str, str]:
    """Of a request: who asks, and, to the hub only, the user's token where there is one.

    Args:
        signed: whether the token goes along.

    Returns:
        The headers.
    """
    from huggingface_hub.utils import build_hf_headers

    made: dict[str, str] = build_hf_headers(
        token=None if signed else False, library_name=NAME, library_version=version(NAME)
    )
    return made


def _refusal(repository: str, status: int, error: Exception) -> HubError:
    """Our error for the hub's answer with an HTTP status of 400 or more."""
    if status in (401, 403):
        return HubError(f"the hub refuses {repository} (status {status}): {LOGIN}, with a right to it")
    if status == 409:
        return HubError(f"{repository} exists on the hub; give another name, or --overwrite to add a commit to it")
    if status == 429 or status >= 500:
        return HubUnreachableError(f"the hub answers with status {status}")
    return HubError(f"the hub refuses {repository}: {reason(error)}")


def keep_quiet() -> None:
    """No warnings of the hub's library beside our one line; progress bars stay."""
    from huggingface_hub.utils.logging import set_verbosity_error

    set_verbosity_error()


def reason(error: BaseException) -> str:
    """What went wrong in one short line."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set"
    return (str(error).strip() or type(error).__name__).splitlines()[0].split(" (Request ID")[0].rstrip(".")
