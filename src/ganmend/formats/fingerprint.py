"""A generator's identity: a hash of its stored weights other than the class table."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor


def fingerprint(tensors: Mapping[str, Tensor], table: str) -> str:
    """16 hexadecimal digits over names, shapes and bytes of every tensor but `table`; the order does not matter."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        if name != table:
            tensor = tensors[name].detach().cpu().contiguous()
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
            flat = tensor.as_strided((tensor.numel(),), (1,))  # one number may have any stride, a view as bytes not
            digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]
