"""The precisions that convolutions can work in, and which one is the faster on a device."""

from collections.abc import Mapping
from types import MappingProxyType

import torch

PRECISIONS: Mapping[str, torch.dtype] = MappingProxyType({"float32": torch.float32, "bfloat16": torch.bfloat16})


def best_precision(device: torch.device) -> str:
    """What 'auto' stands for: 'bfloat16' where the device has instructions for it, else 'float32'."""
    if device.type == "cuda":
        capable = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        capable = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bfloat16" if capable else "float32"
