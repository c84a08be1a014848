"""ganmend's own format: the folded generator as it runs, in one safetensors file that loads by mapping into memory.

Kernels are stored (out, height, width, in), which is the channels-last layout: nothing is copied on loading. A compact
file, as the bundled one, has the smaller 3x3 weights of upsampling convolutions instead of their 4x4 kernels. The
metadata holds the architecture, class names, the fingerprint of the original and where it came from, as JSON.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from ganmend.errors import CheckpointError, OptionError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.paths import as_path
from ganmend.files.safetensors_file import write_safetensors
from ganmend.files.writing import whole_file
from ganmend.formats import native_parts
from ganmend.formats.native_facts import architecture_in, identity_in
from ganmend.formats.native_offsets import NativeOffsets
from ganmend.formats.native_parts import UPSAMPLING, FoldedBuilder
from ganmend.formats.plan_check import check_plan
from ganmend.formats.protocol import CLASS_NAMES, ClassTable, Format, ReadOptions
from ganmend.models.biggan.model import BigGAN
from ganmend.models.biggan.rewrites import weight_of_upsampling_kernel
from ganmend.models.protocol import Generator

NAME = "ganmend"  # of the format, and of the entry of the metadata that holds what no tensor does
TABLE = ClassTable(native_parts.TABLE, "nothing else reads this format")
AFFINE = re.compile(r"blocks\.\d+\.affines\.")
VERSION = "ganmend-generator-1"


def recognises(names: Collection[str]) -> bool:
    """Whether tensors of these names are this format's."""
    return any(AFFINE.match(name) for name in names)


def write_generator(generator: Generator, path: str | Path, source: str, *, compact: bool = False) -> None:
    """Write a generator.

    Args:
        generator: as loaded, not prepared.
        path: a .safetensors file.
        source: where it came from, for the metadata.
        compact: store upsampling kernels as the 3x3 weights that they came from: a smaller file, which is not mapped as
            it is but folded on loading.

    Raises:
        OptionError: the generator is of a family that this format does not hold, or `path` is no path.
        OutputError: the place cannot be written.
    """
    if not isinstance(generator, BigGAN):
        raise OptionError(f"a {type(generator).__name__} came; ganmend's own format holds BigGANs")
    tensors = {
        name: _stored(name, tensor.cpu(), compact).contiguous().clone()
        for name, tensor in generator.state_dict().items()
    }
    facts = {
        "format": VERSION,
        "architecture": asdict(generator.architecture),
        CLASS_NAMES: list(generator.class_names),
        "fingerprint": generator.fingerprint,
        "truncation": generator.truncation,
        "source": source,
    }
    with whole_file(as_path(path)) as partial:
        write_safetensors(partial, tensors, {NAME: json.dumps(facts)})


def _stored(name: str, tensor: Tensor, compact: bool) -> Tensor:
    """A tensor of the generator as the file has it."""
    if not name.endswith("kernel"):
        return tensor
    if compact and tensor.shape[-1] == UPSAMPLING:
        tensor = weight_of_upsampling_kernel(tensor.double()).float()
    return tensor.permute(0, 2, 3, 1)  # (out, in, height, width) -> (out, height, width, in); in and out may be turned


def names_in_metadata(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The class names in the metadata of a file that `write_generator` wrote, not checked; () where there are none."""
    facts = parse_json(metadata.get(NAME, "{}"))
    names = facts.get(CLASS_NAMES) if isinstance(facts, dict) else None
    return tuple(names) if isinstance(names, list) else ()


def renamed(metadata: Mapping[str, str], class_names: Sequence[str]) -> dict[str, str]:
    """The metadata of a file with other class names.

    Args:
        metadata: of a file that `write_generator` wrote.
        class_names: one a class.

    Returns:
        All entries, the names in ganmend's own.

    Raises:
        CheckpointError: it has no entry of ganmend's.
        UnreadableError: that entry is no JSON.
    """
    facts = parse_json(metadata.get(NAME, "null"))
    if not isinstance(facts, dict):
        raise CheckpointError("its metadata is not ganmend's; convert the original again")
    return dict(metadata) | {NAME: json.dumps(facts | {CLASS_NAMES: list(class_names)})}


def read(tensors: dict[str, Tensor], options: ReadOptions) -> BigGAN:
    """The generator of the file.

    Args:
        tensors: by name, perhaps mapped into memory: what needs no change stays so. Emptied on the way.
        options: names, and the metadata; a truncation must be the one that was folded in.

    Returns:
        The generator, as it was written.

    Raises:
        CheckpointError: metadata or tensors missing, unknown, or of shapes that do not fit together.
        OptionError: an eps or another truncation is given: they are folded in.
    """
    if options.bn_eps is not None or options.sn_eps is not None:
        raise OptionError("bn_eps and sn_eps are folded into this file; give them when you convert the original")
    try:
        facts = parse_json(options.metadata.get(NAME, "{}"))
        plan = architecture_in(facts["architecture"])  # type: ignore[index]
        names, fingerprint, truncation = identity_in(facts)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError, AttributeError, UnreadableError) as error:
        raise CheckpointError(f"its metadata is not ganmend's ({error!r:.200}); convert the original again") from error
    check_plan(plan)
    if options.truncation is not None and truncation is not None and options.truncation != truncation:
        raise OptionError(
            f"the statistics of truncation {truncation} are folded into this file; convert the original again for "
            f"{options.truncation}"
        )
    generator = FoldedBuilder(tensors, plan).build(options.class_names or names, fingerprint)
    generator.truncation = truncation
    return generator


FORMAT = Format(NAME, "ganmend", recognises, read, TABLE, renamed=renamed, offsets=NativeOffsets())
