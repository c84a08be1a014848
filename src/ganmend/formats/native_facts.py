"""What the metadata of ganmend's own files says of a generator, checked: anyone may have written it."""

import re
from typing import Any

from ganmend.formats.layout import BIGGAN, BIGGAN_DEEP
from ganmend.formats.protocol import CLASS_NAMES
from ganmend.models.biggan.architecture import Architecture, Block, Convolution


def identity_in(facts: dict[str, Any]) -> tuple[tuple[str, ...], str, float | None]:
    """Class names, fingerprint and truncation of the metadata.

    Args:
        facts: what anyone may have written there.

    Returns:
        The three, checked but for the names' number and text.

    Raises:
        TypeError: one is of another type.
        ValueError: one is what no generator has.
    """
    names, fingerprint, truncation = facts[CLASS_NAMES], facts["fingerprint"], facts["truncation"]
    if not isinstance(names, list) or not isinstance(fingerprint, str):
        raise TypeError("class names that are no list, or a fingerprint that is no text")
    if not re.fullmatch("[0-9a-f]{16}", fingerprint):  # it becomes part of a file's name
        raise ValueError("a fingerprint that is not 16 hexadecimal digits")
    if truncation is not None and (type(truncation) not in (int, float) or not 0 < truncation <= 1):
        raise ValueError("a truncation outside 0 to 1")
    return tuple(names), fingerprint, truncation


def architecture_in(facts: dict[str, Any]) -> Architecture:
    """The architecture of the metadata.

    Args:
        facts: what anyone may have written there.

    Returns:
        The plan, of which types and signs were checked, not yet whether it can be run.

    Raises:
        KeyError: an entry is missing.
        TypeError: one is of another type, or unknown.
        ValueError: one is what no generator has.
    """
    blocks = tuple(
        Block(
            tuple(Convolution(**convolution) for convolution in block["convolutions"]),
            block["projects"],
            tuple(block["z_slice"]),
            block["attention"],
        )
        for block in facts["blocks"]
    )
    plan = Architecture(**facts | {"blocks": blocks, "first_z_slice": tuple(facts["first_z_slice"])})
    # JSON may hold true for 1, 1.0 for 1, or numbers below 0.
    sizes: list[Any] = [plan.resolution, plan.dim_z, plan.dim_embedding, plan.first_size]
    ends: list[Any] = [*plan.first_z_slice]
    flags: list[Any] = [plan.first_sees_embedding, plan.first_attention]
    for block in blocks:
        sizes += [n for convolution in block.convolutions for n in convolution.weight_shape]
        ends += block.z_slice
        flags += [block.projects, block.attention, *(convolution.upsample for convolution in block.convolutions)]
        if len(block.z_slice) != 2 or not block.convolutions:
            raise ValueError("a block without convolutions or latent part")
    if not blocks or len(plan.first_z_slice) != 2 or not all(type(flag) is bool for flag in flags):
        raise ValueError("no blocks, or flags that are neither true nor false")
    if not all(type(n) is int for n in sizes + ends) or min(sizes) < 1 or plan.family not in (BIGGAN, BIGGAN_DEEP):
        raise ValueError("sizes that no generator has")
    return plan
