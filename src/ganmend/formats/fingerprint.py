"""A generator's identity: a hash of its stored weights other than the class table."""

import hashlib
from collections.abc import Collection, Mapping

import torch
from torch import Tensor


def fingerprint(tensors: Mapping[str, Tensor], table: str, modules: Collection[str] = ()) -> str:
    """16 hexadecimal digits of a generator, the same however its file came to be.

    Args:
        tensors: by name; their order does not matter.
        table: the name of the class table, which is left out.
        modules: what the names of a generator's tensors begin with, up to the first dot: training adds others, such as
            counters of steps, which are left out too. () takes all.

    Returns:
        A hash over names, shapes and bytes.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        if name != table and (not modules or name.partition(".")[0] in modules):
            tensor = tensors[name].detach().cpu().contiguous()
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
            flat = tensor.as_strided((tensor.numel(),), (1,))  # one number may have any stride, a view as bytes not
            digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]
