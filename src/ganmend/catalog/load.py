"""From a path or name to a generator."""

from collections.abc import Mapping
from pathlib import Path

from ganmend.catalog.names import usual_names
from ganmend.catalog.published import CHECKPOINT, PUBLISHED, published_checkpoint
from ganmend.demo import bundled
from ganmend.errors import CheckpointError, OptionError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.formats.huggingface import WEIGHTS
from ganmend.formats.registry import recognise
from ganmend.formats.tensors import ReadOptions, read_config, read_file
from ganmend.hub.address import is_address, parse_address
from ganmend.hub.download import fetch
from ganmend.models.protocol import Generator


def checkpoint_path(path_or_name: str | Path) -> Path:
    """The file that a path, folder, 'demo', published name or hf:OWNER/REPO[/FILE] stands for; downloaded if absent.

    Raises:
        HubError: it is neither here nor to be had.
    """
    text, path = str(path_or_name), Path(path_or_name)
    if text == "demo":
        return bundled.WEIGHTS / "generator.safetensors"
    if is_address(text):
        return fetch(parse_address(text), CHECKPOINT)
    if text in PUBLISHED and not path.exists():
        return published_checkpoint(text)
    return path / WEIGHTS if (path / WEIGHTS).is_file() else path


def load_generator(
    path_or_name: str | Path,
    *,
    bn_eps: float | None = None,
    sn_eps: float | None = None,
    truncation: float | None = None,
    class_names: tuple[str, ...] = (),
    format: str = "",
) -> Generator:
    """Load a generator checkpoint, folded and frozen.

    Args:
        path_or_name: a file, a folder with pytorch_model.bin, 'demo' for the bundled CIFAR-10 BigGAN, a name of
            PUBLISHED such as 'biggan-deep-128', or hf:OWNER/REPO[/FILE]; the last two are downloaded once.
        bn_eps: eps of the conditional norms; None takes the published checkpoints' value for the resolution.
        sn_eps: eps of the power iteration; likewise.
        truncation: in (0, 1]; kept on the generator as the default for sampling, and chooses the norms' statistics
            where the format stores them by truncation.
        class_names: one a class; none takes the file's, else ImageNet's for 1000 classes, else 'class 0', ...
        format: 'ajbrock', 'huggingface', 'studiogan' or 'ganmend'; '' recognises it from the tensors.

    Raises:
        CheckpointError: the file is missing, broken, of another kind, or would run code.
        HubError: it is to be downloaded and cannot be.
        OptionError: an option is out of range.
    """
    for name, value in (("bn_eps", bn_eps), ("sn_eps", sn_eps)):
        if value is not None and not value > 0:
            raise OptionError(f"{name} is {value}; expected a number above 0")
    if truncation is not None and not 0 < truncation <= 1:
        raise OptionError(f"truncation is {truncation}; expected a number above 0 and at most 1")
    path = checkpoint_path(path_or_name)
    tensors, metadata = read_file(path)
    try:
        names = class_names or _names_in(metadata)
        options = ReadOptions(names, bn_eps, sn_eps, truncation, read_config(path), metadata)
        generator: Generator = recognise(tensors, format).read(tensors, options)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    generator.class_names = generator.class_names or usual_names(generator.n_classes)
    _check_names(generator.class_names, generator.n_classes)
    if truncation is not None:
        generator.truncation = truncation
    return generator


def _names_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The class names in a safetensors file's metadata, none where it has none."""
    try:
        names = parse_json(metadata.get("class_names", "[]"))
    except UnreadableError as error:
        raise CheckpointError(f"its class names {error}") from error
    if not isinstance(names, list):
        raise CheckpointError(f"its class names are {type(names).__name__}, expected a list")
    return tuple(names)


def _check_names(names: tuple[str, ...], n_classes: int) -> None:
    if len(names) != n_classes:
        raise OptionError(f"{len(names)} class names came for a generator of {n_classes} classes")
    if odd := [name for name in names if not isinstance(name, str) or not name.isprintable()]:
        raise OptionError(f"{odd[0]!r:.80} is no class name: expected text that can be printed; give --class-names")
