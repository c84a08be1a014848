"""What kind of picture a file is: told by its first bytes, since a suffix may lie or be missing."""

import re

HEAD = 64  # bytes that tell
# By Pillow's name of the format. Left out on purpose are those whose reader starts another program (EPS), draws by
# the system (WMF), or that no photograph comes in.
SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff",  # also JFIF, and MPO, whose first picture is read
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF.{4}WEBP",
    "BMP": rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",  # up to the length of its header, or "BMW" would be one
    "TIFF": rb"II\*\0|MM\0\*|II\+\0|MM\0\+",
    "AVIF": rb".{4}ftypavi[fs]",
    "JPEG2000": rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
    "PPM": rb"P[1-6f]\s+[#0-9]",
    "HEIF": rb".{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)",
}
PATTERNS = {kind: re.compile(signature, re.DOTALL) for kind, signature in SIGNATURES.items()}
TGA_SUFFIXES = {".tga", ".icb", ".vda", ".vst"}  # the only format that no bytes tell
RAW_SUFFIXES = {".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".pef", ".raf", ".raw", ".rw2", ".srw"}
# A file that is called so is a picture to its owner: it is counted where it cannot be read.
SUFFIXES = RAW_SUFFIXES | TGA_SUFFIXES | {
    ".apng", ".avif", ".bmp", ".dib", ".eps", ".gif", ".heic", ".heif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg",
    ".jpg", ".jxl", ".mpo", ".pbm", ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".psd", ".svg", ".tif", ".tiff", ".webp",
}  # fmt: skip


def kind_of(head: bytes, suffix: str) -> str | None:
    """The kind of picture that a file is.

    Args:
        head: its first HEAD bytes, or all where it has fewer.
        suffix: of its name, in lower case.

    Returns:
        Pillow's name of its format; '' for a picture of a kind that is not read, or a broken one; None for what is no
        picture, such as notes.
    """
    if suffix in RAW_SUFFIXES:  # most are TIFF outside, with a small preview in it
        return ""
    for kind, pattern in PATTERNS.items():
        if pattern.match(head):
            return kind
    if suffix in TGA_SUFFIXES:
        return "TGA"
    return "" if suffix in SUFFIXES else None
