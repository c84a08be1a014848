"""Files that anyone may have made: read without running code, without hanging, in memory bounded by their size."""

from ganmend.reading.json_text import parse_json, read_text
from ganmend.reading.numpy_file import read_numpy
from ganmend.reading.safetensors_file import read_safetensors
from ganmend.reading.torch_file import read_torch

__all__ = ["parse_json", "read_numpy", "read_safetensors", "read_text", "read_torch"]
