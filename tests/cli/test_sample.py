"""What `ganmend sample` draws: by the index of each sample, by latent map and vectors, and from where to where."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import ClassEdit
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from tests.cli.command import TINY, names, run

# Images in float32 by other batches and products are some 1e-5 off, of 2: a level of 255 may turn by one.
LEVEL = 1
FLOAT32 = ("--precision", "float32")


@pytest.fixture(scope="module")
def gan() -> Generator:
    return load_generator(TINY)


def levels(images: Tensor) -> np.ndarray:
    """(N, 3, H, W) in [-1, 1] as (N, H, W, 3) levels 0 to 255."""
    return ((images + 1) / 2 * 255).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy().astype(int)


def in_folder(folder: str) -> np.ndarray:
    """The pictures of a folder in order of their names, (N, H, W, 3)."""
    return np.stack([np.asarray(Image.open(path)) for path in sorted(Path(folder).glob("*.png"))]).astype(int)


def in_grid(path: str) -> np.ndarray:
    """The tiles of a grid, each 32 px shown as 64 within 2 white pixels: (rows, columns, 32, 32, 3)."""
    pixels = np.asarray(Image.open(path)).astype(int)[2:, 2:]
    rows, columns = pixels.shape[0] // 66, pixels.shape[1] // 66
    tiles = pixels.reshape(rows, 66, columns, 66, 3).swapaxes(1, 2)  # (rows, columns, 66, 66, 3)
    return tiles[:, :, :64:2, :64:2]


def drawn(gan: Generator, row: int, n: int, seed: int = 0) -> Tensor:
    with torch.no_grad():
        return gan(sample_latents(seed, n, 80, truncation=gan.truncation), gan.class_embeddings[row])


def test_latent_map_and_several_vectors(gan: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = gan.class_embeddings[[2, 7, 5]]
    mixing = 0.8 * torch.eye(80).roll(1, 0)  # (M z)_i = 0.8 z_(i - 1): no symmetric map
    ClassEdit(vectors, mixing, generator=gan.fingerprint, target="frog").save("e.safetensors")
    monkeypatch.setattr("ganmend.edits.sampling.BATCH", 2)  # the turns go on over batches
    assert run(monkeypatch, "sample", TINY, "e.safetensors", "-n", "5", "--seed", "3", "--out", "o", *FLOAT32) == 0
    z = sample_latents(3, 5, 80, truncation=gan.truncation)
    fed = 0.8 * torch.cat([z[:, -1:], z[:, :-1]], 1)
    with torch.no_grad():
        expected = gan(fed, vectors[[0, 1, 2, 0, 1]])  # sample i takes vector i mod 3
    assert abs(in_folder("o/e") - levels(expected)).max() <= LEVEL


def test_a_folder_for_each_and_a_row_for_each(gan: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["sample", TINY, "frog", "2", "-n", "4", "--seed", "1", *FLOAT32, *names()]
    assert run(monkeypatch, *words, "--out", "o") == 0
    assert sorted(path.name for path in Path("o/2").iterdir()) == [f"0000{i}.png" for i in range(4)]
    frog, bird = levels(drawn(gan, 6, 4, seed=1)), levels(drawn(gan, 2, 4, seed=1))
    assert abs(in_folder("o/frog") - frog).max() <= LEVEL
    assert abs(in_folder("o/2") - bird).max() <= LEVEL
    assert run(monkeypatch, *words, "--out", "g.png") == 0
    assert abs(in_grid("g.png") - np.stack([frog, bird])).max() <= LEVEL


def test_truncation_and_seed_reach_the_latents(gan: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["sample", TINY, "6", "-n", "2", "--seed", "5", "--truncation", "0.5", *FLOAT32]
    assert run(monkeypatch, *words, "--out", "o") == 0
    with torch.no_grad():
        expected = gan(sample_latents(5, 2, 80, truncation=0.5), gan.class_embeddings[6])
    assert abs(in_folder("o/6") - levels(expected)).max() <= LEVEL


def test_a_walk_goes_from_the_class_to_that_of_to(gan: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["sample", TINY, "frog", "--to", "cat", "-n", "3", "--out", "new/folder/w.png", *FLOAT32, *names()]
    assert run(monkeypatch, *words) == 0
    tiles = in_grid("new/folder/w.png")
    assert tiles.shape[:2] == (4, 3), "four latents, three steps each"
    half = (gan.class_embeddings[6] + gan.class_embeddings[3]) / 2
    with torch.no_grad():
        middle = gan(sample_latents(0, 4, 80, truncation=gan.truncation), half)
    for column, expected in enumerate((drawn(gan, 6, 4), middle, drawn(gan, 3, 4))):
        assert abs(tiles[:, column] - levels(expected)).max() <= LEVEL


def test_several_classes_walk_to_the_same_one(gan: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["sample", TINY, "frog", "2", "--to", "cat", "-n", "2", "--seed", "7", "--out", "w.png", *FLOAT32, *names()]
    assert run(monkeypatch, *words) == 0
    tiles = in_grid("w.png")
    assert tiles.shape[:2] == (8, 2), "four latents of each"
    for rows, row in ((slice(0, 4), 6), (slice(4, 8), 2)):
        assert abs(tiles[rows, 0] - levels(drawn(gan, row, 4, seed=7))).max() <= LEVEL
        assert abs(tiles[rows, 1] - levels(drawn(gan, 3, 4, seed=7))).max() <= LEVEL


def test_a_walk_ends_in_what_both_edits_draw(gan: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several vectors row i of a walk shows the one of sample i; latent maps are walked between too."""
    table, mixing = gan.class_embeddings, 0.8 * torch.eye(80).roll(1, 0)
    first = ClassEdit(table[[2, 7, 5]], mixing, generator=gan.fingerprint, target="frog")
    last = ClassEdit(table[[1, 4]], 0.5 * torch.eye(80), weights=torch.tensor([0.9, 0.1]))
    first.save("first.safetensors")
    last.save("last.safetensors")
    words = ["sample", TINY, "first.safetensors", "--to", "last.safetensors", "-n", "3", "--out", "w.png", *FLOAT32]
    assert run(monkeypatch, *words) == 0
    tiles, z = in_grid("w.png"), sample_latents(0, 4, 80, truncation=gan.truncation)
    for column, edit in ((0, first), (2, last)):
        fed, condition = edit.condition(z)
        with torch.no_grad():
            assert abs(tiles[:, column] - levels(gan(fed, condition))).max() <= LEVEL
    (z0, c0), (z2, c2) = first.condition(z), last.condition(z)
    with torch.no_grad():
        middle = gan((z0 + z2) / 2, (c0.embedding + c2.embedding) / 2)
    assert abs(tiles[:, 1] - levels(middle)).max() <= LEVEL


def test_a_class_and_an_edit_of_its_name_are_both_drawn(gan: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    ClassEdit(gan.class_embeddings[3:4]).save("frog.npy")
    words = ["sample", TINY, "frog", "frog.npy", "frog.npy", "-n", "2", *FLOAT32, *names()]
    assert run(monkeypatch, *words, "--out", "o") == 0
    assert sorted(path.name for path in Path("o").iterdir() if path.is_dir()) == ["frog", "frog-2", "frog-3"]
    assert abs(in_folder("o/frog") - levels(drawn(gan, 6, 2))).max() <= LEVEL
    assert abs(in_folder("o/frog-2") - levels(drawn(gan, 3, 2))).max() <= LEVEL
    assert run(monkeypatch, *words, "--out", "g.png") == 0
    assert len(in_grid("g.png")) == 3


def test_labels_that_are_one_file_name_are_told_apart(gan: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class by name and by index, two results called alike, a slash, dots: each has its own folder."""
    known = ["a/b", "a_b", "A_B", "..", *Path("names.txt").read_text().split()[4:]]
    Path("odd.txt").write_text("\n".join(known))
    for parent in ("x", "y"):
        Path(parent, "mended").mkdir(parents=True)
        ClassEdit(gan.class_embeddings[5:6]).save(Path(parent, "mended", "embedding.safetensors"))
    what = ["a/b", "a_b", "A_B", "..", "frog", "6", "x/mended", "y/mended"]
    words = ["sample", TINY, *what, "-n", "1", *FLOAT32, "--class-names", "odd.txt"]
    assert run(monkeypatch, *words, "--out", "o") == 0
    folders = ["a_b", "a_b-2", "A_B-3", "_.", "frog", "6", "mended", "mended-2"]
    assert sorted(path.name for path in Path("o").iterdir() if path.is_dir()) == sorted(folders)
    for folder, row in zip(folders, (0, 1, 2, 3, 6, 6, 5, 5), strict=True):
        assert abs(in_folder(f"o/{folder}") - levels(drawn(gan, row, 1))).max() <= LEVEL
    assert run(monkeypatch, *words, "--out", "g.png") == 0
    assert in_grid("g.png").shape[:2] == (8, 1)


def test_the_contact_sheet_has_a_row_a_class_worst_first(
    gan: Generator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["diagnose", TINY, "--classifier", "tiny", "-n", "8", "--seed", "4", "--out", "sheet", *FLOAT32]
    assert run(monkeypatch, *words, "--json", *names()) == 0
    order = [entry["class"] for entry in json.loads(capsys.readouterr().out)["classes"]]
    known = Path("names.txt").read_text().split()
    with Image.open("sheet/contact_sheet.png") as sheet:  # the names stand at the left of it
        sheet.crop((sheet.width - (10 * 66 + 2), 0, sheet.width, sheet.height)).save("samples.png")
    tiles = in_grid("samples.png")
    assert tiles.shape[:2] == (10, 10)
    assert order != known
    for row, name in enumerate(order):
        expected = levels(drawn(gan, known.index(name), 10, seed=4))
        assert abs(tiles[row] - expected).max() <= LEVEL
