"""Pictures of many samples, and folders of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.errors import EmbeddingError
from ganmend.progress import Progress
from ganmend.report.grids import image_grid
from ganmend.workbench.pictures import DIGITS, sample_grid, write_image_folder
from ganmend.workbench.samples import Samples
from ganmend.workbench.workbench import Workbench


def samples(bench: Workbench, index: int, n: int, seed: int) -> torch.Tensor:
    return torch.cat(list(bench.sample(index, n, seed=seed)))


def same(first: Image.Image, second: Image.Image) -> bool:
    return np.array_equal(np.array(first), np.array(second))


def test_several_edits_get_a_row_each_and_one_a_square(bench: Workbench) -> None:
    edits = [class_row(bench.generator, index) for index in (1, 0)]
    both = torch.cat([samples(bench, index, 4, 5) for index in (1, 0)])
    assert same(sample_grid(bench, edits, Samples.first(4, 5)), image_grid(both, 4))
    assert same(sample_grid(bench, edits, Samples.first(4, 5), columns=8), image_grid(both, 8))
    for n, columns in ((1, 1), (4, 2), (7, 3)):
        assert same(sample_grid(bench, edits[:1], Samples.first(n, 5)), image_grid(samples(bench, 1, n, 5), columns))


def test_a_folder_for_each_label(bench: Workbench, tmp_path: Path) -> None:
    edits = {"frog": class_row(bench.generator, 6), "cat/dog": class_row(bench.generator, 3)}
    seen: list[Progress] = []
    write_image_folder(tmp_path, bench, edits, Samples.first(3, 5), on_progress=seen.append)
    names = [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*.png"))]
    assert names == [f"{label}/0000{index}.png" for label in ("cat_dog", "frog") for index in range(3)]
    for label, index in (("frog", 6), ("cat_dog", 3)):
        # -1 is byte 0, 1 is byte 255; in between, rounded down.
        expected = ((samples(bench, index, 3, 5) + 1) / 2 * 255).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
        for number in range(3):
            got = np.array(Image.open(tmp_path / label / f"0000{number}.png")).astype(int)
            # Both round down; a float32 product next to a whole number may fall to either side.
            assert np.abs(got - expected[number]).max() <= 1
            assert (got == expected[number]).mean() > 0.99
    assert [event.stage for event in seen] == ["drawing", "drawing"]


def test_numbers_have_as_many_digits_as_the_largest(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DIGITS == 5
    monkeypatch.setattr("ganmend.workbench.pictures.DIGITS", 1)
    for n, last in ((10, "9.png"), (11, "10.png")):
        folder = tmp_path / str(n)
        folder.mkdir()
        write_image_folder(folder, bench, {"a": class_row(bench.generator, 0)}, Samples.first(n, 0))
        files = sorted(path.name for path in (folder / "a").iterdir())
        assert len(files) == n, "also over several batches"
        assert files[-1] == last
        assert len({len(name) for name in files}) == 1, "so that they sort"


def test_images_of_all_batches_are_numbered_on(bench: Workbench, tmp_path: Path) -> None:
    write_image_folder(tmp_path, bench, {"a": class_row(bench.generator, 0)}, Samples.first(102, 0))
    assert {path.name for path in (tmp_path / "a").iterdir()} == {f"{index:05d}.png" for index in range(102)}


def test_edits_of_another_generator(bench: Workbench, tmp_path: Path) -> None:
    other = ClassEdit(torch.zeros(1, 128), generator="0" * 16)
    with pytest.raises(EmbeddingError, match="--force"):
        sample_grid(bench, [other], Samples.first(1, 0))
    with pytest.raises(EmbeddingError, match="--force"):
        write_image_folder(tmp_path, bench, {"a": other}, Samples.first(1, 0))
    sample_grid(bench, [other], Samples.first(1, 0), force=True)
    write_image_folder(tmp_path, bench, {"b": other}, Samples.first(1, 0), force=True)
    assert (tmp_path / "b" / "00000.png").is_file()
