"""A user's file of a network's weights, read; and what it is where it is something else."""

from collections.abc import Collection, Mapping
from pathlib import Path

from torch import Tensor

from ganmend.errors import ClassifierError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.paths import as_path
from ganmend.files.skipping import Skipped
from ganmend.files.weights import check_file, index_of, read_weights
from ganmend.formats.finding import WRAPPERS, dictionaries
from ganmend.formats.registry import FORMATS
from ganmend.hub.address import is_address, parse_address
from ganmend.hub.download import Wanted, fetch

WEIGHTS = Wanted("weights", "model.safetensors", (".safetensors", ".pth", ".pt", ".bin"))
GENERATOR = "holds a generator, no classifier; give it as the GENERATOR, and a classifier's file here"


def read_checkpoint(file: str | Path) -> object:
    """What a file of weights holds; objects in it are left out, and no code of it is run.

    Args:
        file: of PyTorch or safetensors, or the index of several.

    Returns:
        Dictionaries, lists, text, numbers and tensors; a safetensors file's metadata stand beside its tensors.

    Raises:
        ClassifierError: it is not there, or cannot be read.
        HubError: it is to be downloaded and cannot be.
    """
    path = index_of(weights_path(file))
    try:
        check_file(path)
        content, metadata = read_weights(path, objects=True)
    except FileNotFoundError as error:
        raise ClassifierError(
            f"no file of weights at {path}; give its path behind '@', and settings behind it"
        ) from error
    except UnreadableError as error:
        raise ClassifierError(f"{path} {error}") from error
    return {**_read(metadata, content), **content} if metadata and isinstance(content, dict) else content


def weights_path(file: str | Path) -> Path:
    """Where a file of weights is: at a path, or at hf:OWNER/REPO[/FILE], from which it is downloaded once.

    Args:
        file: a path or an address.

    Returns:
        Its path, at which nothing may be.

    Raises:
        HubError: it is to be downloaded and cannot be.
    """
    return fetch(parse_address(str(file)), WEIGHTS) if is_address(str(file)) else as_path(file)


def plain_names(holder: Mapping[str, object]) -> dict[str, str]:
    """Names of a dictionary's tensors without what wrappers put into them, to its keys."""
    keys = [key for key, value in holder.items() if type(key) is str and isinstance(value, Tensor)]
    return {WRAPPERS.sub("", key): key for key in keys}


def what_it_holds(content: object) -> str:
    """What to tell of a file that holds nothing of the network that was named.

    Args:
        content: of the file.

    Returns:
        What it is and what to do, going on from the file's name.
    """
    holders = [plain_names(holder) for _, holder in dictionaries(content)]
    if any(form.recognises(names) for form in FORMATS for names in holders):
        return GENERATOR
    if named := [name for names in holders for name in names]:
        return f"holds another network: it has tensors such as {named[0]!r:.80}"
    if isinstance(content, Mapping):
        shown = ", ".join(f"{key!r:.40}" for key in list(content)[:5]) or "nothing"
        return f"holds no tensors by name (it has {shown}); save the network's state dict"
    if isinstance(content, Skipped):
        return f"holds an object of the class {content.skipped!r:.80}, no state dict; save model.state_dict() instead"
    shown = f"a {type(content).__name__}"
    return f"holds {shown}, no state dict; save model.state_dict() instead"


def weights_alone(content: object) -> str:
    """What to tell of a file that was given as a whole network, and is no program; going on from its name."""
    told = what_it_holds(content)
    if "another network" not in told:
        return told
    return (
        "holds weights, but not which network they are of; give it as timm:NAME@FILE, torchvision:NAME@FILE or "
        "robustness:NAME@FILE"
    )


def _read(metadata: Mapping[str, str], content: Collection[object]) -> dict[str, object]:
    """Entries of a safetensors file's metadata, JSON read."""
    found: dict[str, object] = {}
    for key, text in metadata.items():
        try:
            found[key] = parse_json(text)
        except UnreadableError:
            found[key] = text
    return found
