"""A user's own images: which files are read, in which order, and what becomes of their pixels."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganmend.errors import GanmendWarning, ImageFolderError
from ganmend.photographs.reading import Photographs
from tests.photographs.at_once import read_images


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


def grey(level: int) -> np.ndarray:
    return np.full((4, 4, 3), level)


def test_pixels_fill_the_range(tmp_path: Path) -> None:
    columns = np.broadcast_to(np.array([0, 51, 204, 255])[None, :, None], (4, 4, 3)).copy()
    columns[..., 2] = 255
    save(tmp_path / "a.png", columns)
    images = read_images(tmp_path, 4)
    assert (images.shape, images.dtype) == ((1, 3, 4, 4), torch.float32)
    # A byte b is b / 127.5 - 1.
    torch.testing.assert_close(images[0, 0, 2], torch.tensor([-1, -0.6, 0.6, 1]))
    torch.testing.assert_close(images[0, 2], torch.ones(4, 4))


@pytest.mark.parametrize(("height", "width"), [(20, 41), (41, 20), (20, 50)])
def test_the_centre_is_cropped(height: int, width: int, tmp_path: Path) -> None:
    places = np.arange(height)[:, None] * 3 + np.arange(width)  # every pixel's place shows
    save(tmp_path / "a.png", np.repeat(places[..., None], 3, 2))
    top, left = (height - 20) // 2, (width - 20) // 2
    expected = torch.from_numpy(places[top : top + 20, left : left + 20]) / 127.5 - 1
    torch.testing.assert_close(read_images(tmp_path, 20)[0, 1], expected.float())


@pytest.mark.parametrize("side", [64, 32])
def test_reducing_is_anti_aliased(side: int, tmp_path: Path) -> None:
    """Stripes of black and white, one pixel wide, become grey; nearest neighbours would give one of the two."""
    stripes = np.broadcast_to(np.tile([0, 255], side // 2)[None, :, None], (side, side, 3))
    save(tmp_path / "a.png", stripes)
    inner = read_images(tmp_path, 8)[..., 1:-1, 1:-1]
    # A window of three lobes over 4 or 8 pixels each passes next to nothing of a wave of 2 pixels.
    assert inner.abs().max() < 0.05


def test_the_filter_is_lanczos(tmp_path: Path) -> None:
    """Three lobes: sharper than the bicubic filter, which is PIL's own choice."""
    pixels = np.random.default_rng(0).integers(0, 256, (24, 24, 3))
    save(tmp_path / "a.png", pixels)
    resized = Image.fromarray(pixels.astype(np.uint8)).resize((10, 10), Image.Resampling.LANCZOS)
    expected = torch.from_numpy(np.array(resized)).permute(2, 0, 1) / 127.5 - 1
    torch.testing.assert_close(read_images(tmp_path, 10)[0], expected)


def test_images_come_in_order_of_their_paths(tmp_path: Path) -> None:
    for name, level in (("c.png", 30), ("a.png", 10), ("b/z.png", 20), ("d.png", 40)):
        save(tmp_path / name, grey(level))
    levels = ((read_images(tmp_path, 4)[:, 0, 0, 0] + 1) * 127.5).round()
    assert levels.tolist() == [10, 20, 30, 40]


def test_which_files_are_images(tmp_path: Path) -> None:
    save(tmp_path / "UPPER.PNG", grey(255))
    Image.new("L", (4, 4), 255).save(tmp_path / "of_one_colour.png")
    (tmp_path / "notes.txt").write_text("no image, and no broken one")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images = read_images(str(tmp_path), 4)
    torch.testing.assert_close(images, torch.ones(2, 3, 4, 4))


def test_broken_ones_are_counted(tmp_path: Path) -> None:
    save(tmp_path / "whole.png", np.random.default_rng(0).integers(0, 256, (64, 64, 3)))
    content = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.jpg").write_text("no image")
    with pytest.warns(GanmendWarning) as caught:
        images = read_images(tmp_path, 16)
    assert len(images) == 1
    (warning,) = caught
    first = tmp_path / "text.jpg"
    said = f"skipped 2 of 3 files in {tmp_path}: 2 broken or of a kind that is not read; the first is {first}"
    assert str(warning.message) == said


def test_a_folder_without_images(tmp_path: Path) -> None:
    with pytest.raises(ImageFolderError, match=r"no picture that can be read \(found none at all\)"):
        read_images(tmp_path, 16)
    (tmp_path / "a.jpg").write_text("no image")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ImageFolderError, match=r"found 2 broken"):
        read_images(tmp_path, 16)
    with pytest.raises(ImageFolderError, match="no folder"):
        read_images(tmp_path / "absent", 16)
    with pytest.raises(ImageFolderError, match="no folder"):
        read_images(tmp_path / "a.jpg", 16)


@pytest.fixture
def levels(tmp_path: Path) -> Path:
    """Seven grey pictures, 0 to 6, of which number 2 is broken when it is decoded."""
    for level in range(7):
        save(tmp_path / f"{level}.png", grey(level))
    (tmp_path / "2.png").write_bytes((tmp_path / "2.png").read_bytes()[:40])
    return tmp_path


def greys(images: torch.Tensor) -> list[int]:
    return ((images[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()


def test_batches_hold_so_many_and_say_how_many_files_are_done(levels: Path) -> None:
    with pytest.warns(GanmendWarning, match="skipped 1 of 7 files"):
        batches = [(greys(images), done) for images, done in Photographs(levels, 4).batches(2)]
    assert batches == [([0, 1], 2), ([3, 4], 5), ([5, 6], 7)]


def test_a_part_is_chosen_before_reading(levels: Path) -> None:
    """The broken file is missing in its own part only, and the other part never opens it."""
    with pytest.warns(GanmendWarning, match="skipped 1 of 7 files"):
        first = [greys(images) for images, _ in Photographs(levels, 4, slice(0, None, 2)).batches(9)]
    second = [greys(images) for images, _ in Photographs(levels, 4, slice(1, None, 2)).batches(9)]
    assert (first, second) == ([[0, 4, 6]], [[1, 3, 5]])


def test_what_is_no_file_is_told_with_the_first_part_only(levels: Path) -> None:
    (levels / "2.png").unlink()
    (levels / "broken.jpg").write_text("no image")
    with pytest.warns(GanmendWarning, match="skipped 1 of 7 files"):
        list(Photographs(levels, 4, slice(0, None, 2)).batches(9))
    assert len(list(Photographs(levels, 4, slice(1, None, 2)).batches(9))) == 1, "without a warning"


def test_only_one_batch_is_decoded_ahead(levels: Path) -> None:
    (levels / "2.png").unlink()
    batches = Photographs(levels, 4).batches(2)
    assert greys(next(batches)[0]) == [0, 1]
    save(levels / "5.png", grey(99))  # which nothing has opened yet
    assert [greys(images) for images, _ in batches] == [[3, 4], [99, 6]]


def test_some_are_read_again_by_their_numbers_among_those_that_could_be_read(levels: Path) -> None:
    photographs = Photographs(levels, 4)
    with pytest.warns(GanmendWarning, match="skipped 1 of 7 files"):
        whole = torch.cat([images for images, _ in photographs.batches(9)])
    assert torch.equal(photographs.again([4, 1, 2]), whole[[4, 1, 2]])
    assert greys(photographs.again([4, 1, 2])) == [5, 1, 3]
    (levels / "3.png").unlink()
    with pytest.raises(ImageFolderError, match="has changed since it was read"):
        photographs.again([2])


def test_some_are_shown_spread_over_all_without_what_cannot_be_read(tmp_path: Path) -> None:
    for number in range(10):
        save(tmp_path / f"{number}.png", grey(10 * number))
    photographs = Photographs(tmp_path, 4)

    def levels(most: int) -> list[int]:
        # (N, 3, 4, 4) -> the byte of the first pixel of each
        return [round((level + 1) * 127.5) for level in photographs.spread(most)[:, 0, 0, 0].tolist()]

    assert levels(4) == [0, 20, 50, 70]
    assert levels(99) == list(range(0, 100, 10))
    (tmp_path / "2.png").write_bytes(b"\x89PNG broken")
    assert levels(4) == [0, 50, 70]
    for path in tmp_path.iterdir():
        path.unlink()
    assert photographs.spread(4).shape == (0, 3, 4, 4), "a folder that is gone ends nothing"
