"""What a file is that holds no tensors we read, by its first bytes: named, so that a user knows what to do."""

import tarfile
from codecs import getincrementaldecoder
from collections.abc import Sequence

HEAD = 512  # bytes that tell; a tar archive's first header has as many
UNPACK = "unpack it, and give the checkpoint that is in it"
ANOTHER = "give a file of PyTorch or safetensors"
# What stands at a place from the file's beginning, and what the file is then.
SIGNATURES = (
    (0, b"version https://git-lfs.github.com/spec/", "is a Git LFS pointer, not the file; run 'git lfs pull' there"),
    (0, b"/annex/objects/", "is a git-annex pointer, not the file; run 'git annex get' there"),
    (0, b"\x1f\x8b", f"is compressed by gzip; {UNPACK}"),
    (0, b"BZh", f"is compressed by bzip2; {UNPACK}"),
    (0, b"\xfd7zXZ\x00", f"is compressed by xz; {UNPACK}"),
    (0, b"\x28\xb5\x2f\xfd", f"is compressed by Zstandard; {UNPACK}"),
    (0, b"\x04\x22\x4d\x18", f"is compressed by LZ4; {UNPACK}"),
    (0, b"7z\xbc\xaf\x27\x1c", f"is a 7z archive; {UNPACK}"),
    (0, b"Rar!\x1a\x07", f"is a RAR archive; {UNPACK}"),
    (0, b"PK\x05\x06", f"is an empty zip archive; {ANOTHER}"),
    (0, b"\x93NUMPY", "is a NumPy array, which may be an embedding or a class table but is no checkpoint"),
    (0, b"\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras writes it; ganmend reads PyTorch and safetensors"),
    (0, b"GGUF", "is a GGUF file, of a language model; ganmend reads PyTorch and safetensors"),
    (0, b"\x89PNG\r\n\x1a\n", f"is a PNG image; {ANOTHER}"),
    (0, b"\xff\xd8\xff", f"is a JPEG image; {ANOTHER}"),
    (0, b"GIF8", f"is a GIF image; {ANOTHER}"),
    (8, b"WEBP", f"is a WebP image; {ANOTHER}"),
    (0, b"II*\x00", f"is a TIFF image; {ANOTHER}"),
    (0, b"MM\x00*", f"is a TIFF image; {ANOTHER}"),
    (4, b"ftyp", f"is a video or image (MP4, AVIF, HEIC); {ANOTHER}"),
    (0, b"%PDF-", f"is a PDF document; {ANOTHER}"),
    (0, b"\x7fELF", f"is a program; {ANOTHER}"),
)
# Of files that no first bytes tell.
SUFFIXES = (
    (".index", "is the index of a TensorFlow checkpoint"),
    (".meta", "is the graph of a TensorFlow checkpoint"),
    (".pb", "is a TensorFlow model"),
    (".onnx", "is an ONNX model"),
    (".msgpack", "is a Flax checkpoint"),
)
WEB_PAGE = (
    "is an HTML page, not a checkpoint: the download was answered by a web page (a login, a warning, an error); open "
    "its address in a browser, and download the file itself"
)
CONVERTED = "ganmend reads PyTorch and safetensors: look for a converted one, such as biggan-deep-128"


def what_it_is(head: bytes, name: str) -> str:
    """What to tell of a file that holds neither a PyTorch archive, nor PyTorch's pickles, nor safetensors.

    Args:
        head: its first HEAD bytes, or all where it has fewer.
        name: of the file, which tells where the bytes do not.

    Returns:
        What it is and what to do, going on from the file's name.
    """
    for start, signature, told in SIGNATURES:
        if head.startswith(signature, start):
            return told
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return "is a pickle that torch.save did not write; load it where it was made, and torch.save its state dict"
    if _is_tar(head):
        return f"is a tar archive; {UNPACK}"
    if told := _text(head):
        return told
    for suffix, told in SUFFIXES:
        if name.lower().endswith(suffix):
            return f"{told}; {CONVERTED}"
    if ".data-0" in name:
        return f"is part of a TensorFlow checkpoint; {CONVERTED}"
    if not any(head):
        return "begins with zeros: its download or copy was not finished; copy or download it again"
    return f"is neither a PyTorch nor a safetensors file: it begins with the bytes {head[:8].hex(' ')}; {ANOTHER}"


def what_the_zip_is(names: Sequence[str]) -> str:
    """What to tell of a zip archive that torch.save did not write.

    Args:
        names: of its entries.

    Returns:
        What it is and what to do, going on from the file's name; '' where torch.save may have written it.
    """
    ends = [name.partition("/")[2] for name in names]  # torch's archives keep everything in one folder
    if "constants.pkl" in ends or any(end.startswith("code/") for end in ends):
        return "is a TorchScript archive: code and weights; save the state dict of the model it was made of"
    if any("exported_program" in name or "archive_format" in name for name in names):
        return "is a program that torch.export saved; save the state dict of the model it was made of"
    if any(name.endswith(".data/extern_modules") for name in names):
        return "is an archive of torch.package, with code; save the state dict of the model in it"
    if names and all(name.endswith(".npy") for name in names):
        return "is a NumPy archive (.npz), no checkpoint; ganmend reads PyTorch and safetensors"
    if any(end == "data.pkl" for end in ends):
        return ""
    shown = ", ".join(f"{name!r:.60}" for name in names[:3])
    return f"is a zip archive that torch.save did not write (it holds {shown}); {UNPACK}"


def _is_tar(head: bytes) -> bool:
    """Whether it begins with the header of a tar archive, whose checksum is right."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _text(head: bytes) -> str:
    """What a text file is; '' where it is none."""
    try:
        text = getincrementaldecoder("utf-8-sig")().decode(head)  # the last character may be cut in two
    except UnicodeDecodeError:
        return ""
    if not all(character.isprintable() or character.isspace() for character in text):
        return ""
    start = text.lstrip().lower()
    if start.startswith(("<!doctype html", "<html", "<head", "<!--")):
        return WEB_PAGE
    if start.startswith("<"):
        return f"is XML, often the answer of a server that has no such file; {ANOTHER}"
    if start.startswith(("{", "[")):
        return f"is JSON, a description perhaps; {ANOTHER}"
    if "model_checkpoint_path:" in start:
        return f"is the list of a TensorFlow checkpoint; {CONVERTED}"
    return f"is a text file; {ANOTHER}"
