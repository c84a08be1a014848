"""Pictures that were drawn before, for visitors who ask for the same."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence

from PIL import Image
from torch import Tensor

from ganmend.report.fragments import FACTS
from ganmend.report.tiles import tiles

MOST = 300  # sets of pictures; one of 16 samples of 256 px takes 3 MB

Pictures = tuple[Image.Image, ...]


def told(pictures: Pictures, seeds: Sequence[int], facts: Mapping[str, object]) -> Pictures:
    """Have pictures say what made them: one that a visitor saves from the page leads back when it is dropped there.

    Args:
        pictures: a sample each.
        seeds: of their latents, in the same order.
        facts: what else made them, see `made_by`.

    Returns:
        The same pictures.
    """
    for picture, seed in zip(pictures, seeds, strict=False):
        picture.info[FACTS] = {**facts, "seeds": str(seed)}
    return pictures


class KeptPictures:
    """Sets of pictures by all that they depend on; one visitor at a time draws, while the others wait."""

    def __init__(self) -> None:
        self._lock, self._kept = threading.Lock(), OrderedDict[Hashable, Pictures]()

    def drawn(self, key: Hashable, draw: Callable[[], Tensor]) -> Pictures:
        """The pictures of a key; they are drawn where they are not there.

        Args:
            key: all that they depend on.
            draw: gives images (N, 3, H, W) in [-1, 1].

        Returns:
            N of them.
        """
        if (found := self._kept.get(key)) is not None:
            return found
        with self._lock:
            if (found := self._kept.get(key)) is None:
                images = draw()
                self._kept[key] = found = tiles(images, most=len(images))
                if len(self._kept) > MOST:
                    self._kept.popitem(last=False)
            return found
