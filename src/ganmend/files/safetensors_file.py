"""Safetensors: the header's size is checked here, its offsets by the library."""

from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ganmend.errors import UnreadableError

LARGEST_HEADER = 1 << 20  # bytes; a thousand tensors and a thousand class names take some two hundred thousand


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file, mapped into memory, and its metadata.

    Args:
        path: of the file.

    Returns:
        Tensors by name, on the CPU; and text by name, none where the file has no metadata.

    Raises:
        UnreadableError: no safetensors file, truncated, or with a header larger than LARGEST_HEADER.
    """
    try:
        with path.open("rb") as file:
            if int.from_bytes(file.read(8), "little") > LARGEST_HEADER:
                raise UnreadableError(f"is no safetensors file, or has a header of more than {LARGEST_HEADER} bytes")
        with safe_open(path, "pt") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}, opened.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError, RuntimeError, ValueError, TypeError, OverflowError, AttributeError) as error:
        reason = str(error).splitlines()[0][:200]
        raise UnreadableError(f"is not a whole safetensors file ({reason}); copy or download it again") from error
