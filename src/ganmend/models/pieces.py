"""Work on images that is tried again where memory runs out: what the failed try held is free by then."""

import gc
import math
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import torch

from ganmend.errors import MORE_MEMORY, NoMemoryError, is_out_of_memory
from ganmend.kernels.allocator import return_freed_memory

T = TypeVar("T")


def unless_memory_runs_out(work: Callable[[], T]) -> T | None:
    """What a function gives, which is not None; None where memory ran out in it, and all that it held is free.

    Args:
        work: to be tried.

    Returns:
        What it gives, or None.
    """
    try:
        return work()
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    # Only here is the error gone, whose traceback held what the try had made.
    gc.collect()
    return_freed_memory()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    return None


def in_pieces(
    work: Callable[[int, int], T],
    n: int,
    join: Callable[[list[T]], T],
    device: torch.device,
    *,
    image_bytes: Callable[[], int],
    what: str,
) -> T:
    """What a function gives for n images, without gradient: of all at once where they fit.

    On a GPU half as many are tried, and half of these. On a CPU all are tried once more: fewer at once are computed in
    another order, so that the memory at hand would change the result.

    Args:
        work: gives what images first .. last - 1 give.
        n: how many images there are.
        join: puts the pieces together.
        device: where the work is done.
        image_bytes: tells what an image takes, for the message.
        what: is done, for the message.

    Returns:
        What all images give.

    Raises:
        NoMemoryError: they do not fit; on a GPU, one image does not.
    """
    found, done, at_once, tries = list[T](), 0, n, 0
    while done < n or not found:
        last = min(done + at_once, n)
        if (piece := unless_memory_runs_out(partial(work, done, last))) is not None:
            found, done = [*found, piece], last
        elif tries and (device.type == "cpu" or at_once == 1):
            taken = f"{at_once * image_bytes() / 1e6:.0f} MB"
            raise NoMemoryError(f"memory ran out: {what} {at_once} images at once takes {taken}; {MORE_MEMORY}")
        else:
            tries, at_once = tries + 1, at_once if device.type == "cpu" else math.ceil(at_once / 2)
    return found[0] if len(found) == 1 else join(found)
