"""Asking the hub: one client, and its errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ganmend.errors import HubError, HubUnreachableError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

LOGIN = "log in with 'hf auth login', or set HF_TOKEN"


@contextmanager
def asking(repository: str) -> Iterator["HfApi"]:
    """The hub's client (HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are its own), for questions about one repository.

    Args:
        repository: OWNER/REPO, for messages.

    Yields:
        The client; its errors within the block become ours.

    Raises:
        HubUnreachableError: offline, no connection, or the hub's own failure; the message is only the reason.
        HubError: no such repository, or no right to it.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HTTPError, RepositoryNotFoundError

    keep_quiet()
    try:
        yield HfApi(library_name="ganmend")
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
