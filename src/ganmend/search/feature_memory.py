"""How much of a step is kept for the way back: as much as fits, and half of it once it did not."""

import math
from collections.abc import Callable, Sequence

import torch

from ganmend.errors import MORE_MEMORY, NoMemoryError


class FeatureMemory:
    """Decides how many parts of a step keep their features; those of the others are computed again (`Observer`).

    Attributes:
        divided: by what the size of a part is divided: 1, but on a GPU that no part fits into.
    """

    divided: int

    def __init__(self, free: Callable[[], float] = lambda: math.inf) -> None:
        """Decide by what is free.

        Args:
            free: tells the bytes that features may take; asked at each step, since limits change and others come.
        """
        self.free, self.divided = free, 1
        self._kept, self._most, self._images, self._image_bytes = 1, math.inf, 1, 0

    def parts_kept(self, sizes: Sequence[int], image_bytes: int) -> int:
        """How many parts keep their features.

        Args:
            sizes: of the step's parts, in images.
            image_bytes: that the features of an image take.

        Returns:
            From 1 to all of them.
        """
        self._images, self._image_bytes = max(sizes), image_bytes
        # What is free is not asked where it decides nothing.
        fit = 1.0 if len(sizes) == 1 else min(len(sizes), self._most, self.free() / (max(sizes) * image_bytes))
        self._kept = max(1, int(fit))
        return self._kept

    def take_less(self, device: torch.device, tries: int) -> None:
        """Memory ran out in a step: keep half as many parts from now on.

        A single part is tried once more. On a GPU it is divided then, which rounds otherwise. On a CPU it is not: there
        the memory at hand never changes what a search finds.

        Args:
            device: where the step is done.
            tries: of this step until now.

        Raises:
            NoMemoryError: a single part does not fit; on a GPU, a single image.
        """
        if self._kept > 1:
            self._most = self._kept // 2
        elif tries > 1 and device.type != "cpu" and self._images > 1:
            self.divided *= 2
        elif tries > 1:
            taken = f"{self._images * self._image_bytes / 1e6:.0f} MB"
            raise NoMemoryError(
                f"memory ran out: a step of the search takes {taken} for the features of {self._images} images at "
                f"once, beside what the networks take; {MORE_MEMORY}"
            )
