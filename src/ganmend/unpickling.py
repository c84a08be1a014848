"""Reading PyTorch files without ever running what is in them."""

import warnings
from pathlib import Path

import torch


def load_plain(path: Path) -> object:
    """The tensors and plain containers of a PyTorch file, on the CPU.

    Raises:
        UnpicklingError: it asks for more than these, which could run code, or is no pickle.
        RuntimeError, EOFError, OSError, ValueError, KeyError: it is broken.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
        return torch.load(path, map_location="cpu", weights_only=True)
