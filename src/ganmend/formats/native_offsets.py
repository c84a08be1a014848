"""Offsets of classes in ganmend's own files: beside the class table, as the generator has them."""

import torch
from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.class_offsets import ClassOffsets

CLASSES, OFFSETS = "classes_with_offsets", "class_offsets"  # the tensors: (k,) whole numbers, and (k, n_offsets)


class NativeOffsets:
    """An `OffsetStore`; no other tensor changes."""

    def take(self, tensors: dict[str, Tensor]) -> ClassOffsets:
        """Take both tensors out of a checkpoint; see `OffsetStore`.

        Args:
            tensors: by name.

        Returns:
            The offsets (n_offsets,) of each class that has any.

        Raises:
            CheckpointError: one of the two is missing, or they do not fit together.
        """
        classes = tensors.pop(CLASSES, torch.empty(0, dtype=torch.int64))
        offsets = tensors.pop(OFFSETS, torch.empty(0, 0))
        right_types = classes.dtype == torch.int64 and offsets.is_floating_point()
        if not right_types or classes.dim() != 1 or offsets.dim() != 2 or len(classes) != len(offsets):
            shapes = f"{tuple(classes.shape)} and {tuple(offsets.shape)}"
            raise CheckpointError(f"holds {CLASSES!r} and {OFFSETS!r} of shapes {shapes}; export it again")
        found = dict(zip(classes.tolist(), offsets, strict=True))
        if len(found) < len(classes):
            raise CheckpointError("holds offsets of one class twice; export it again")
        return found

    def put(self, tensors: dict[str, Tensor], offsets: ClassOffsets) -> None:
        """Put both tensors into a checkpoint; see `OffsetStore`."""
        if offsets:
            tensors[CLASSES] = torch.tensor(list(offsets))
            tensors[OFFSETS] = torch.stack([each.float() for each in offsets.values()])
