"""One picture as a viewer shows it: depth, transparency, profiles, turned upright; in bounded memory."""

import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from ganmend.photographs import picture
from ganmend.photographs.kinds import kind_of
from ganmend.photographs.picture import UnreadablePictureError, read_picture

RAMP = np.linspace(0, 1, 16)[None].repeat(16, 0)  # black on the left, white on the right


def read(path: Path, resolution: int = 16) -> np.ndarray:
    """Pixels (resolution, resolution, 3)."""
    kind = kind_of(path.read_bytes()[:64], path.suffix)
    assert kind
    return read_picture(path, kind, resolution).permute(1, 2, 0).numpy()


def as_ramp(pixels: np.ndarray) -> bool:
    """Whether pixels are RAMP in grey, to within rounding."""
    return bool((np.abs(pixels - 255 * RAMP[..., None]) <= 1).all())


def test_it_is_bytes_of_colours_first(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9), (10, 20, 30)).save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png", "PNG", 4)
    assert (found.shape, found.dtype) == ((3, 4, 4), torch.uint8)
    assert found[:, 0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("name", "dtype", "white"),
    [
        ("a.png", np.uint16, 65535),
        ("a.tif", np.uint16, 65535),
        ("a.tif", np.dtype(">u2"), 65535),
        ("a.pgm", np.uint16, 65535),
        ("a.jp2", np.uint16, 65535),
        ("a.tif", np.int32, 255),
        ("a.tif", np.int32, 65535),
        ("a.tif", np.int32, 2**31 - 1),
        ("a.tif", np.float32, 1),
        ("a.tif", np.float32, 255),
        ("a.tif", np.float32, 65535),
    ],
)
def test_deep_greys_reach_from_black_to_white(name: str, dtype: type, white: int, tmp_path: Path) -> None:
    Image.fromarray((RAMP * white).astype(dtype)).save(tmp_path / name)
    assert as_ramp(read(tmp_path / name))


def test_whole_numbers_without_a_sign(tmp_path: Path) -> None:
    """Pillow writes and reads them as if they had one, whatever the file says."""
    Image.fromarray((RAMP * (2**32 - 1)).astype(np.uint32)).save(tmp_path / "a.tif")
    entry = [np.array([339, 3, 1, 0, kind, 0], "<u2").tobytes() for kind in (2, 1)]
    content = (tmp_path / "a.tif").read_bytes()
    assert content.count(entry[0]) == 1
    (tmp_path / "a.tif").write_bytes(content.replace(*entry))
    assert as_ramp(read(tmp_path / "a.tif"))


def test_a_dark_picture_of_16_bits_stays_dark(tmp_path: Path) -> None:
    """Its depth decides and not its brightest pixel."""
    Image.fromarray((RAMP * 255).astype(np.uint16)).save(tmp_path / "a.png")
    assert read(tmp_path / "a.png").max() == 1


def test_floats_that_overshoot_or_are_no_numbers(tmp_path: Path) -> None:
    values = RAMP.astype(np.float32)
    values[0, 0], values[0, 1], values[0, 2] = 1.5, -0.5, np.nan
    Image.fromarray(values).save(tmp_path / "a.tif")
    found = read(tmp_path / "a.tif")
    assert found[0, :3, 0].tolist() == [255, 0, 0]
    found[0, :3] = 255 * RAMP[0, :3, None]
    assert as_ramp(found)


def test_white_may_be_zero(tmp_path: Path) -> None:
    Image.fromarray((65535 * (1 - RAMP)).astype(np.uint16)).save(tmp_path / "a.tif", tiffinfo={262: 0})
    assert as_ramp(read(tmp_path / "a.tif"))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "PA", "tRNS"])
def test_transparency_shows_white(mode: str, tmp_path: Path) -> None:
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[..., 0], pixels[:, 8:] = 255, (40, 40, 40, 255)  # red that nobody sees on the left
    image = Image.fromarray(pixels)
    if mode == "tRNS":
        image = Image.fromarray(pixels[..., :3])
        image.save(tmp_path / "a.png", transparency=(255, 0, 0))
    elif mode == "PA":
        image.convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "a.gif", transparency=0)
        index = image.convert("P", palette=Image.Palette.ADAPTIVE).getpixel((0, 0))
        image.convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "a.gif", transparency=index)
    elif mode == "P":
        image.quantize(4).save(tmp_path / "a.png")
    else:
        image.convert(mode).save(tmp_path / "a.png")
    found = read(next(tmp_path.iterdir())).astype(int)
    assert (found[:, :8] == 255).all()
    assert (np.abs(found[:, 8:] - 40) <= 1).all()


def test_half_transparent_is_half_way_to_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 100, 200, 51)).save(tmp_path / "a.png")
    # 51 of 255 is a fifth: 255 + (c - 255) / 5.
    assert read(tmp_path / "a.png", 8)[0, 0].tolist() == [204, 224, 244]


def profile(red_is_green: bool = False) -> bytes:
    """sRGB, or one whose primaries stand the other way round, under a name of its own."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    if not red_is_green:
        return made
    content = bytearray(made.replace(b"s\0R\0G\0B\0", b"s\0w\0a\0p\0").replace(b"\0s\0R\0G\0B", b"\0s\0w\0a\0p"))
    entries = {bytes(content[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(content[128:132]), 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    content[red + 4 : red + 12], content[green + 4 : green + 12] = (
        content[green + 4 : green + 12],
        content[red + 4 : red + 12],
    )
    return bytes(content)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_profiles_are_converted_to_srgb(mode: str, tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), (204, 51, 102))
    image = image.quantize(2) if mode == "P" else image.convert(mode)
    image.save(tmp_path / "a.png", icc_profile=profile(red_is_green=True))
    assert np.abs(read(tmp_path / "a.png", 8)[0, 0].astype(int) - (51, 204, 102)).max() <= 2


@pytest.mark.parametrize("content", [b"no profile", profile()[:200], profile()], ids=["none", "cut", "srgb"])
def test_broken_profiles_and_srgb_change_nothing(content: bytes, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (200, 30, 60)).save(tmp_path / "a.png", icc_profile=content)
    assert read(tmp_path / "a.png", 8)[0, 0].tolist() == [200, 30, 60]


def test_a_profile_of_other_colours_is_ignored(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 77).save(tmp_path / "a.png", icc_profile=profile(red_is_green=True))
    assert read(tmp_path / "a.png", 8)[0, 0].tolist() == [77, 77, 77]


def test_cmyk_and_lab(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=100)
    red, green, blue = read(tmp_path / "a.jpg", 8)[0, 0].astype(int)
    assert (red > 240, green < 15, blue < 15) == (True, True, True)
    Image.new("LAB", (8, 8), (255, 128, 128)).save(tmp_path / "b.tif")
    assert read(tmp_path / "b.tif", 8)[0, 0].min() >= 253


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_as_their_tag_says(orientation: int, tmp_path: Path) -> None:
    """EXIF 2.32, tag 274: the tag says where the stored picture's first row and column belong."""
    shown = np.arange(24 * 16).reshape(24, 16) % 251
    stored = {
        1: shown, 2: shown[:, ::-1], 3: shown[::-1, ::-1], 4: shown[::-1],
        5: shown.T, 6: np.rot90(shown), 7: shown[::-1, ::-1].T, 8: np.rot90(shown, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(np.ascontiguousarray(stored).astype(np.uint8)).save(tmp_path / "a.png", exif=exif)
    assert (read(tmp_path / "a.png", 16)[..., 0] == shown[4:20]).all()


def test_an_orientation_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (200, 30, 60)).save(tmp_path / "a.png", exif=b"Exif\0\0MM\0*\0\0\xff\xff broken")
    assert read(tmp_path / "a.png", 8)[0, 0].tolist() == [200, 30, 60]


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_of_several_frames_the_first_is_read(name: str, tmp_path: Path) -> None:
    first, second = (Image.new("RGB", (8, 8), (level,) * 3) for level in (255, 0))
    first.save(tmp_path / name, save_all=True, append_images=[second])
    assert read(tmp_path / name, 8).min() >= 250


def test_no_other_reader_sees_a_file(tmp_path: Path) -> None:
    """PostScript under another name would start Ghostscript."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.eps")
    for kind in ("PNG", "JPEG", "TIFF"):
        with pytest.raises(UnreadablePictureError, match="broken or of a kind"):
            read_picture(tmp_path / "a.eps", kind, 8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "PPM", "TGA"])
def test_a_cut_file_is_unreadable(kind: str, tmp_path: Path) -> None:
    """But for JPEG 2000, where what is there is a coarser picture."""
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "whole", format=kind)
    content = (tmp_path / "whole").read_bytes()
    assert read_picture(tmp_path / "whole", kind, 16).float().std() > 5
    (tmp_path / "cut").write_bytes(content[: len(content) // 2])
    with pytest.raises(UnreadablePictureError):
        read_picture(tmp_path / "cut", kind, 16)


def one_bit_png(side: int) -> bytes:
    """Black, a byte for eight pixels: 20,000 x 20,000 take 50 KB."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    header = side.to_bytes(4) * 2 + bytes([1, 0, 0, 0, 0])
    body = zlib.compress(bytes(1 + side // 8) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_000, 20_000])
def test_bombs_are_unreadable(side: int, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(one_bit_png(side))
    with pytest.raises(UnreadablePictureError, match="of more than 89 megapixels"):
        read_picture(tmp_path / "a.png", "PNG", 16)


def test_a_large_jpeg_is_decoded_at_a_smaller_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is the same picture, to within less than half a level on average."""
    place = np.arange(512)
    pixels = np.stack([128 + 100 * np.sin(place[:, None] / n + place / 60) for n in (20, 40, 70)], 2).astype(np.uint8)
    image = Image.fromarray(pixels)
    image.save(tmp_path / "a.jpg", quality=95)
    image.save(tmp_path / "whole.jpg", quality=95, progressive=True)
    image.save(tmp_path / "small.jpg", quality=95)
    few = pixels.shape[0] ** 2 // 4
    reduced, whole = read(tmp_path / "a.jpg", 32).astype(int), read(tmp_path / "whole.jpg", 32).astype(int)
    assert np.abs(reduced - whole).mean() < 0.5
    monkeypatch.setattr(picture, "MOST_PIXELS", few)
    assert (read(tmp_path / "a.jpg", 32) == reduced).all(), "128 x 128 are 4 times 32 x 32"
    with pytest.raises(UnreadablePictureError):  # 256 x 256, a half, are too few for 128 x 128
        read(tmp_path / "a.jpg", 128)
    with pytest.raises(UnreadablePictureError):
        read(tmp_path / "whole.jpg", 32)
    monkeypatch.setattr(picture, "MOST_PIXELS_REDUCED", few)
    with pytest.raises(UnreadablePictureError):
        read(tmp_path / "a.jpg", 32)


def test_heic_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    with pytest.raises(UnreadablePictureError, match=r"HEIC, .*ganmend\[heic\]"):
        read_picture(tmp_path / "a.heic", "HEIF", 8)
