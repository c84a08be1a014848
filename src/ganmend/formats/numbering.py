"""How a checkpoint's blocks are numbered."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ganmend.errors import CheckpointError


def numbered(names: Iterable[str], pattern: str, what: str) -> range:
    """The numbers of a checkpoint's blocks, in order.

    Args:
        names: of its tensors.
        pattern: the beginning of the names of a block's tensors, its number as the only group.
        what: the checkpoint calls them, for the message.

    Returns:
        0 to their number less 1.

    Raises:
        CheckpointError: a number is left out.
    """
    numbers = {int(match[1]) for name in names if (match := re.match(pattern, name))}
    if numbers != set(range(len(numbers))):
        raise CheckpointError(
            f"the checkpoint's {what} are numbered {sorted(numbers)}, expected 0 to {len(numbers) - 1}"
        )
    return range(len(numbers))


@dataclass(frozen=True)
class Numbering:
    """The residual blocks of a checkpoint that counts attention as blocks of their own.

    Attributes:
        residual: their numbers, in order; at least one.
        attended: whether attention follows each.
        first_attention: whether attention stands before them all.
    """

    residual: tuple[int, ...]
    attended: tuple[bool, ...]
    first_attention: bool


def numbering(is_attention: Sequence[bool]) -> Numbering:
    """Part residual blocks from attention.

    Args:
        is_attention: whether each of a checkpoint's blocks is attention, in order.

    Returns:
        The numbers of the residual ones, and where attention stands between them.

    Raises:
        CheckpointError: none is residual.
    """
    residual = tuple(number for number, attends in enumerate(is_attention) if not attends)
    if not residual:
        raise CheckpointError("the checkpoint has no residual block: it is incomplete or altered")
    followed = [*is_attention[1:], False]
    return Numbering(residual, tuple(followed[number] for number in residual), is_attention[0])
