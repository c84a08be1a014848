"""Pictures as files: a name's suffix decides the kind, and what a picture shows stands in its metadata."""

import importlib.util
import io
import os
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ganmend.errors import OptionError
from ganmend.files.json_text import to_json
from ganmend.files.writing import whole_file

STILL = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
MOVING = {".gif": "GIF", ".mp4": "MP4"}
LONGEST_SIDE = {"PNG": 2**31 - 1, "JPEG": 65_500, "WEBP": 16_383, "GIF": 65_535, "MP4": 4_096}  # pixels
EXIF_DESCRIPTION, EXIF_SOFTWARE = 0x010E, 0x0131
LONGEST_FACT = 20_000  # characters; all of Exif has 65,533 bytes
FRAMES_A_SECOND = 8
QUALITY = 95  # of JPEG and WebP

END_OF_PNG = b"\0\0\0\0IEND\xaeB`\x82"  # the chunk IEND of no bytes, with its checksum

Facts = Mapping[str, object]


def picture_kind(path: Path, *, moving: bool) -> str:
    """The kind of picture that a file's name asks for.

    Args:
        path: of the file, not yet written.
        moving: whether there are frames to show one after another.

    Returns:
        'PNG', 'JPEG', 'WEBP', 'GIF' or 'MP4'.

    Raises:
        OptionError: no suffix of ours, a film where nothing moves, or a film that this installation cannot write.
    """
    suffix = path.suffix.lower()
    known = STILL | MOVING
    if suffix not in known:
        films = f", {', '.join(MOVING)}" if moving else ""
        raise OptionError(f"{path} ends in {suffix or 'no suffix'}; expected {', '.join(STILL)}{films}")
    if suffix in MOVING and not moving:
        raise OptionError(f"{path} is a film, and nothing moves here; walk to another class, or write a .png")
    if suffix == ".mp4" and importlib.util.find_spec("av") is None:
        raise OptionError(f"{path} needs the package av; install ganmend[video], or write a .gif")
    return known[suffix]


def check_size(kind: str, width: int, height: int) -> None:
    """Refuse a picture that no viewer would open, or that its kind cannot hold.

    Args:
        kind: of `picture_kind`.
        width: in pixels.
        height: in pixels.

    Raises:
        OptionError: so.
    """
    most = Image.MAX_IMAGE_PIXELS or 2**26
    if max(width, height) > LONGEST_SIDE[kind] or width * height > most:
        raise OptionError(
            f"a {kind} of {width} x {height} pixels was asked for; expected sides up to {LONGEST_SIDE[kind]} and "
            f"{most} pixels in all: draw fewer, or into a folder"
        )


def command_line(words: Sequence[str]) -> str:
    """A command as it was typed, for a picture's metadata."""
    return shlex.join(words).encode(errors="replace").decode()


def save_picture(path: Path, kind: str, frames: Sequence[Image.Image], facts: Facts, *, at_once: bool = True) -> None:
    """Write a picture whole or not at all.

    Args:
        path: of the file; one that is there is replaced.
        kind: of `picture_kind`.
        frames: RGB, all of one size; a still picture has one.
        facts: what it shows, plain values by name. A PNG holds each as a text of its own, all other kinds hold them as
            one JSON object: in Exif's ImageDescription, a GIF's or MP4's comment.
        at_once: see `whole_file`.

    Raises:
        OutputError: it cannot be written.
    """
    with whole_file(path, at_once=at_once) as partial:
        # Not by the libraries: Pillow's encoders and FFmpeg keep to themselves what the system said.
        partial.write_bytes(encoded(kind, frames, facts))


def encoded(kind: str, frames: Sequence[Image.Image], facts: Facts) -> bytes:
    """The content of a picture's file, see `save_picture`.

    Args:
        kind: of `picture_kind`.
        frames: RGB, all of one size.
        facts: what it shows.

    Returns:
        Its bytes.
    """
    short = {name: value for name, value in facts.items() if len(to_json(value, None)) <= LONGEST_FACT}
    software, first, description = f"ganmend {version('ganmend')}", frames[0], to_json(short, None)
    content = io.BytesIO()
    if kind == "PNG":
        texts = PngInfo()
        for name, value in {"software": software, **facts}.items():
            texts.add_text(name.capitalize(), value if isinstance(value, str) else to_json(value, None))
        first.save(content, format=kind, pnginfo=texts)
    elif kind == "GIF":
        first.save(content, format=kind, save_all=True, append_images=frames[1:], loop=0,
                   duration=1000 // FRAMES_A_SECOND, comment=description.encode())  # fmt: skip
    elif kind == "MP4":
        _encode_film(content, frames, description)
    else:
        exif = Image.Exif()
        exif[EXIF_SOFTWARE], exif[EXIF_DESCRIPTION] = software, description
        first.save(content, format=kind, exif=exif, quality=QUALITY)
    return content.getvalue()


def is_whole_png(path: Path) -> bool:
    """Whether a file is there and ends as a PNG does: after a power cut one that was not on the disk may not."""
    try:
        with path.open("rb") as file:
            file.seek(-len(END_OF_PNG), os.SEEK_END)
            return file.read() == END_OF_PNG
    except OSError:
        return False


def _encode_film(content: io.BytesIO, frames: Sequence[Image.Image], comment: str) -> None:
    import av

    width, height = (side + side % 2 for side in frames[0].size)  # 4:2:0 halves both
    with av.open(content, "w", format="mp4") as film:
        film.metadata["comment"] = comment
        stream = film.add_stream("libx264", rate=FRAMES_A_SECOND)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            even = Image.new("RGB", (width, height), "white")
            even.paste(frame)
            film.mux(stream.encode(av.VideoFrame.from_image(even)))
        film.mux(stream.encode())
