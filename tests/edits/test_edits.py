"""Embedding files, and where a search starts."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganmend.edits.bounds import project, table_bounds
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.edits.starts import initial_embeddings
from ganmend.errors import EmbeddingError, OptionError
from ganmend.models.protocol import Generator


def test_round_trip(tmp_path: Path) -> None:
    embedding = ClassEdit(torch.randn(3, 16), torch.randn(8, 8), generator="abc", target="frog", details={"seed": "1"})
    embedding.save(tmp_path / "e.safetensors")
    back = load_edit(tmp_path / "e.safetensors")
    assert torch.equal(back.vectors, embedding.vectors)
    assert back.latent_map is not None
    assert torch.equal(back.latent_map, embedding.latent_map)
    assert (back.generator, back.target, back.details) == ("abc", "frog", {"seed": "1"})
    assert [path.name for path in tmp_path.iterdir()] == ["e.safetensors"]


def test_the_papers_npy(tmp_path: Path) -> None:
    ClassEdit(torch.arange(128.0)[None]).save(tmp_path / "e.npy")
    array = np.load(tmp_path / "e.npy", allow_pickle=False)
    assert (array.shape, array.dtype) == ((1, 128), np.float32)
    assert torch.equal(load_edit(tmp_path / "e.npy").vectors, torch.arange(128.0)[None])


def test_nan_is_refused() -> None:
    with pytest.raises(EmbeddingError, match="NaN"):
        ClassEdit(torch.tensor([[1.0, torch.nan]]))


@pytest.mark.parametrize("name", ["e.npy", "e.safetensors"])
def test_truncated_files_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    ClassEdit(torch.randn(1, 128)).save(path)
    whole = path.read_bytes()
    for size in (0, 7, 40, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(EmbeddingError):
            load_edit(path)


def test_a_pickled_npy_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(EmbeddingError):
        load_edit(tmp_path / "e.npy")


def test_an_archive_of_arrays_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "e.npz", a=np.zeros(128, np.float32))
    (tmp_path / "e.npz").rename(tmp_path / "e.npy")
    with pytest.raises(EmbeddingError, match="archive"):
        load_edit(tmp_path / "e.npy")


@pytest.mark.parametrize("name", ["e.bin", "e.pt", "e.safetensors"])
def test_a_dictionary_of_one_tensor(tmp_path: Path, name: str) -> None:
    vector = torch.randn(128)
    save = save_file if name.endswith("safetensors") else torch.save
    save({"<my-cat>": vector}, tmp_path / name)
    found = load_edit(tmp_path / name)
    assert torch.equal(found.vectors, vector[None])
    assert found.target == "my-cat"
    save({"a": vector, "b": vector.clone()}, tmp_path / name)
    with pytest.raises(EmbeddingError, match="one tensor"):
        load_edit(tmp_path / name)
    save({"a": torch.arange(3)}, tmp_path / name)
    with pytest.raises(EmbeddingError, match="floating-point"):
        load_edit(tmp_path / name)


def test_an_embedding_never_runs_code(tmp_path: Path) -> None:
    trace, path = tmp_path / "it ran", tmp_path / "e.pt"
    path.write_bytes(pickle.dumps(Bomb(trace)))
    with pytest.raises(EmbeddingError):
        load_edit(path)
    assert not trace.exists()


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_fit_is_checked(tiny_generator: Generator) -> None:
    width, fingerprint = tiny_generator.dim_embedding, tiny_generator.fingerprint
    ClassEdit(torch.zeros(1, width), generator=fingerprint).check(tiny_generator)
    with pytest.raises(EmbeddingError, match="width 16"):
        ClassEdit(torch.zeros(1, 16)).check(tiny_generator, force=True)
    with pytest.raises(EmbeddingError, match="latent map of width 7"):
        ClassEdit(torch.zeros(1, width), torch.eye(7)).check(tiny_generator, force=True)
    with pytest.raises(EmbeddingError, match="offsets of length 3"):
        ClassEdit(torch.zeros(1, width), offsets=torch.zeros(3)).check(tiny_generator, force=True)
    foreign = ClassEdit(torch.zeros(1, width), generator="other")
    with pytest.raises(EmbeddingError, match="--force"):
        foreign.check(tiny_generator)
    foreign.check(tiny_generator, force=True)


def test_several_vectors_take_turns() -> None:
    embedding = ClassEdit(torch.tensor([[0.0], [1.0], [2.0]]))
    assert embedding.condition(torch.zeros(5, 4))[1].embedding.flatten().tolist() == [0, 1, 2, 0, 1]
    assert embedding.condition(torch.zeros(2, 4), start=4)[1].embedding.flatten().tolist() == [1, 2]


def test_initialisations() -> None:
    table, ranking = torch.randn(5, 4), torch.tensor([3, 1, 4, 0, 2])

    def start(method: str, trials: int = 3, **options: object) -> torch.Tensor:
        found = {"target_row": 2, "ranking": ranking, "candidates": table[[4, 0]]}
        settings = {"noise": 0.0, "seed": 0} | found | options
        return initial_embeddings(table, method, trials, **settings)  # type: ignore[arg-type]

    assert torch.allclose(start("mean"), table.mean(0).expand(3, -1))
    assert torch.equal(start("best"), table[[4, 0, 4]])
    assert torch.equal(start("top"), table[[3, 1, 4]])
    assert torch.equal(start("target"), table[[2, 2, 2]])
    assert len(start("random").unique(dim=0)) == 3
    assert torch.equal(start("top", 7)[5], table[3]), "rows repeat when there are more trials than rows"
    assert torch.equal(start("mean", noise=0.3), start("mean", noise=0.3))
    assert not torch.equal(start("mean", noise=0.3), start("mean", noise=0.3, seed=1))
    assert not torch.equal(start("target", noise=None), start("target")), "the released recipe adds noise here"
    with pytest.raises(OptionError, match="expected one of"):
        start("nearest")
    with pytest.raises(OptionError, match="target"):
        start("target", target_row=None)


def test_projection_onto_the_tables_range() -> None:
    table = torch.tensor([[-0.5, 0.25], [0.125, 0.75]])
    projected = project(torch.tensor([[-3.0, 0.5], [2.0, -0.5]]), table_bounds(table))
    assert projected.tolist() == [[-0.5, 0.5], [0.75, -0.5]]
