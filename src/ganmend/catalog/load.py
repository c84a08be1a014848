"""From a path or name to a generator."""

import math
import os
import warnings
from pathlib import Path

from ganmend.catalog.folder import choose, what_is_in
from ganmend.catalog.names import usual_names
from ganmend.catalog.published import CHECKPOINT, PUBLISHED, published_checkpoint
from ganmend.demo import bundled
from ganmend.errors import CheckpointError, GanmendWarning, OptionError, UnreadableError
from ganmend.files.paths import as_path
from ganmend.files.weights import index_of
from ganmend.formats.checkpoint_file import read_file
from ganmend.formats.class_offsets import give_offsets
from ganmend.formats.config_file import config_without, read_config
from ganmend.formats.protocol import ReadOptions, class_names_in
from ganmend.hub.address import is_address, parse_address
from ganmend.hub.download import fetch
from ganmend.models.protocol import Generator


def checkpoint_path(path_or_name: str | Path) -> Path:
    """The file that a path, folder, 'demo', published name or hf:OWNER/REPO[/FILE] stands for; downloaded if absent.

    Args:
        path_or_name: a file or folder, 'demo', a key of PUBLISHED, or hf:OWNER/REPO[/FILE].

    Returns:
        The file, or the index of the files that the tensors lie in; nothing says yet that it is there, or a checkpoint.

    Raises:
        CheckpointError: a folder holds several, and their names do not tell which is meant.
        HubError: it is neither here nor to be had.
        OptionError: neither text nor a path.
    """
    text, path = str(path_or_name), as_path(path_or_name)
    if text == "demo":
        return bundled.WEIGHTS / "generator.safetensors"
    if is_address(text):
        return fetch(parse_address(text), CHECKPOINT)
    if text in PUBLISHED and not os.path.lexists(path):
        return published_checkpoint(text)
    choice = choose(path) if os.path.isdir(path) else None
    return index_of(choice.file if choice else path)


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
        path_or_name: a file, a folder as BigGAN-PyTorch, PyTorch-StudioGAN or transformers leaves it, 'demo' for the
            bundled CIFAR-10 BigGAN, a name of PUBLISHED such as 'biggan-deep-128', or hf:OWNER/REPO[/FILE]; the last
            two are downloaded once.
        bn_eps: eps of the conditional norms; None takes the published checkpoints' value for the resolution.
        sn_eps: eps of the power iteration; None takes the published checkpoints' value for the resolution.
        truncation: in (0, 1]; kept on the generator as the default for sampling, and chooses the norms' statistics
            where the format stores them by truncation.
        class_names: one a class; none takes the file's, else ImageNet's for 1000 classes, else 'class 0', ...
        format: 'ajbrock', 'huggingface', 'studiogan' or 'ganmend'; '' recognises it from the tensors.

    Returns:
        The generator, on the CPU.

    Raises:
        CheckpointError: the file is missing, broken, of another kind, or would run code.
        HubError: it is to be downloaded and cannot be.
        OptionError: an option is out of range or of another type.
    """
    _check_options({"bn_eps": bn_eps, "sn_eps": sn_eps}, truncation)
    path = checkpoint_path(path_or_name)
    if os.path.isdir(path):
        raise CheckpointError(what_is_in(path))
    stored = read_file(path, format)
    _say_which(Path(path_or_name), path, stored.note)
    form, metadata = stored.form, stored.metadata
    try:
        names = tuple(class_names) or class_names_in(metadata)
        offsets = form.offsets.take(stored.tensors) if form.offsets else {}
        config = config_without(len(offsets), read_config(path, form.folder), form, stored.tensors)
        generator = form.read(stored.tensors, ReadOptions(names, bn_eps, sn_eps, truncation, config, metadata))
        give_offsets(generator, offsets)
    except (CheckpointError, UnreadableError) as error:
        raise CheckpointError(f"{path}: {error}") from error
    generator.class_names = generator.class_names or usual_names(generator.n_classes)
    _check_names(generator.class_names, generator.n_classes)
    if truncation is not None:
        generator.truncation = truncation
    return generator


def _say_which(given: Path, path: Path, note: str) -> None:
    """Warn where one of several generators was taken: of the files in a folder, or of the networks in a file.

    Args:
        given: by the user; a folder of the name 'demo' is none that was looked into.
        path: of the file that was taken.
        note: what to tell of that file, or ''.
    """
    choice = choose(given) if given in path.parents else None
    for told in (choice.told() if choice else "", f"{path} {note}" if note else ""):
        if told:
            warnings.warn(told, GanmendWarning, stacklevel=3)


def _check_options(eps: dict[str, float | None], truncation: float | None) -> None:
    """Fail before anything is read or downloaded.

    Args:
        eps: by name; above 0, or None.
        truncation: in (0, 1], or None.

    Raises:
        OptionError: one is no number, or out of range.
    """
    for name, value in eps.items():
        if value is not None and not (isinstance(value, float | int) and 0 < value < math.inf):
            raise OptionError(f"{name} is {value!r:.80}; expected a number above 0")
    if truncation is not None and not (isinstance(truncation, float | int) and 0 < truncation <= 1):
        raise OptionError(f"truncation is {truncation!r:.80}; expected a number above 0 and at most 1")


def _check_names(names: tuple[str, ...], n_classes: int) -> None:
    """Refuse names that are not one a class, or that could write on a terminal.

    Args:
        names: given, or from a file that anyone may have made.
        n_classes: of the generator.

    Raises:
        OptionError: another number, no text, or text that cannot be printed.
    """
    if len(names) != n_classes:
        raise OptionError(f"{len(names)} class names came for a generator of {n_classes} classes")
    if odd := [name for name in names if not isinstance(name, str) or not name.isprintable()]:
        raise OptionError(f"{odd[0]!r:.80} is no class name: expected text that can be printed; give --class-names")
