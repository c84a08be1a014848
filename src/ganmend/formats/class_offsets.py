"""Offsets of single classes, as a checkpoint holds them: what a store does, and the generator that has them."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.tensors import all_finite
from ganmend.models.protocol import Generator

ClassOffsets = Mapping[int, Tensor]  # of a class's row: (n_offsets,), as `Condition` has them


class OffsetStore(Protocol):
    """How a format's files hold offsets of classes; `put` after `take` leaves the tensors as they were."""

    def take(self, tensors: dict[str, Tensor]) -> ClassOffsets:
        """Take the offsets out of a checkpoint.

        Args:
            tensors: by name; left as they were before any class had offsets.

        Returns:
            The offsets that were there, in the order in which the file has them; nothing where there were none.

        Raises:
            CheckpointError: there are some, but tensors are missing or do not fit together.
        """
        ...

    def put(self, tensors: dict[str, Tensor], offsets: ClassOffsets) -> None:
        """Put offsets into a checkpoint.

        Args:
            tensors: by name, of a checkpoint without offsets; changed where there are any.
            offsets: of classes that its table has, one or more numbers for each channel of each norm.

        Raises:
            CheckpointError: tensors are missing or do not fit together.
        """
        ...


def give_offsets(generator: Generator, offsets: ClassOffsets) -> None:
    """Let a generator have the offsets that its checkpoint held.

    Args:
        generator: just read.
        offsets: of its classes; nothing changes nothing.

    Raises:
        CheckpointError: they are of classes or of a length that it does not have, or hold NaN or infinity.
    """
    if not offsets:
        return
    for index, of_class in offsets.items():
        if not 0 <= index < generator.n_classes or tuple(of_class.shape) != (generator.n_offsets,):
            raise CheckpointError(
                f"holds offsets {tuple(of_class.shape)} of class {index}; expected ({generator.n_offsets},) of classes "
                f"0 to {generator.n_classes - 1}"
            )
        if not all_finite(of_class):
            raise CheckpointError(f"the offsets of class {index} hold NaN or infinity; export them again")
    generator.classes_with_offsets = torch.tensor(list(offsets))
    generator.class_offsets = torch.stack(list(offsets.values())).float()
