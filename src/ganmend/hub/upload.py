"""Sending a folder to the hub as one commit."""

from pathlib import Path

from ganmend.errors import HubError, HubUnreachableError
from ganmend.hub.session import LOGIN, asking


def upload(folder: Path, repository: str, *, private: bool, overwrite: bool, message: str) -> str:
    """Make the repository where it is missing, and send every file of `folder` in one commit.

    Args:
        folder: files only.
        repository: OWNER/REPO.
        private: whether a new repository is; an existing public one is refused.
        overwrite: add a commit to a repository that exists.
        message: of the commit.

    Returns:
        The repository's address on the web.

    Raises:
        HubError: no token, no right, it exists, or it cannot be reached.
    """
    from huggingface_hub import CommitOperationAdd, get_token

    if get_token() is None:
        raise HubError(f"no token of the hub's: {LOGIN}")
    try:
        with asking(repository) as api:
            url = str(api.create_repo(repository, private=private or None, exist_ok=overwrite))
            if private and not api.model_info(repository).private:
                raise HubError(f"{url} exists and is public; give another name, or leave --private out")
    except HubUnreachableError as error:
        raise HubError(f"{repository} cannot be made on the hub ({error}); nothing was sent") from error
    additions = [CommitOperationAdd(path.name, path) for path in sorted(folder.iterdir())]
    try:
        with asking(repository) as api:
            api.create_commit(repository, additions, commit_message=message)
    except HubError as error:
        raise HubError(f"{url} stands, but the files did not arrive ({error}); try again with --overwrite") from error
    return url
