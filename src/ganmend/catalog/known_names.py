"""The names of a generator's classes, as far as they are known before its weights are read."""

import os
from pathlib import Path

from ganmend.catalog.load import checkpoint_path
from ganmend.catalog.names import IMAGENET_CLASSES, usual_names
from ganmend.catalog.published import PUBLISHED
from ganmend.catalog.source import GeneratorSource, names_in
from ganmend.errors import GanmendError
from ganmend.files.safetensors_file import is_safetensors, read_metadata
from ganmend.formats.native import names_in_metadata
from ganmend.formats.protocol import class_names_in
from ganmend.hub.address import is_address


def known_names(source: GeneratorSource) -> tuple[str, ...]:
    """What the classes are called, without downloading or reading weights.

    Args:
        source: of the generator.

    Returns:
        The names that were given, that a file's header holds, or a published generator's; () where only the weights
        tell, or the file cannot be read, which loading it explains.

    Raises:
        OptionError: the names that were given cannot be read.
    """
    if given := names_in(source.class_names):
        return given
    if is_address(source.path):
        return ()
    if source.path in PUBLISHED and not os.path.lexists(source.path):
        return usual_names(IMAGENET_CLASSES)
    try:
        return _in_header(checkpoint_path(source.path))
    except GanmendError:
        return ()


def _in_header(path: Path) -> tuple[str, ...]:
    """The class names in the header of a safetensors file; () where it is none, or holds none."""
    if not path.is_file() or not is_safetensors(path):
        return ()
    metadata = read_metadata(path)
    names = class_names_in(metadata) or names_in_metadata(metadata)
    return names if all(isinstance(name, str) for name in names) else ()
