"""Embedding files, and where a search starts."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.errors import EmbeddingError

WEIGHTS = torch.tensor([0.2, 0.3, 0.5])
FACTS = {"generator": "abc", "target": "frog", "details": {"seed": "1", "preset": "paper"}}


@pytest.mark.parametrize(
    "parts", [(), ("latent_map",), ("offsets",), ("weights",), ("latent_map", "offsets", "weights")]
)
def test_round_trip(parts: tuple[str, ...], tmp_path: Path) -> None:
    everything = {"latent_map": torch.randn(8, 8), "offsets": torch.randn(6), "weights": WEIGHTS}
    edit = ClassEdit(torch.randn(3, 16), **{name: everything[name] for name in parts}, **FACTS)  # type: ignore[arg-type]
    edit.save(tmp_path / "e.safetensors")
    back = load_edit(str(tmp_path / "e.safetensors"))
    for name in ("vectors", *everything):
        mine, theirs = getattr(back, name), getattr(edit, name)
        assert (mine is None) == (theirs is None)
        assert mine is None or torch.equal(mine, theirs)
    assert {name: getattr(back, name) for name in FACTS} == FACTS
    assert [path.name for path in tmp_path.iterdir()] == ["e.safetensors"]


@pytest.mark.parametrize("name", ["report.html", "metrics.json", "samples.png"])
def test_another_file_of_a_result_leads_to_its_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("<html>")
    with pytest.raises(EmbeddingError) as alone:
        load_edit(tmp_path / name)
    assert "give the folder" not in str(alone.value)
    ClassEdit(torch.zeros(1, 16)).save(tmp_path / "embedding.safetensors")
    with pytest.raises(EmbeddingError, match=f"{name} lies beside an edit and holds none; give the folder "):
        load_edit(tmp_path / name)


def test_other_precisions_and_layouts_are_saved_as_float32(tmp_path: Path) -> None:
    whole = torch.randn(4, 4).bfloat16()
    ClassEdit(whole.T, whole.double().T).save(tmp_path / "e.safetensors")
    back = load_edit(tmp_path / "e.safetensors")
    assert back.latent_map is not None
    assert back.vectors.dtype == back.latent_map.dtype == torch.float32
    assert torch.equal(back.vectors, whole.float().T)
    assert torch.equal(back.latent_map, whole.float().T)


@pytest.mark.parametrize("part", ["latent_map", "offsets", "weights"])
def test_a_npy_refuses_more_than_vectors(part: str, tmp_path: Path) -> None:
    more = {"latent_map": torch.eye(2), "offsets": torch.zeros(2), "weights": torch.tensor([0.5, 0.5])}[part]
    with pytest.raises(EmbeddingError, match=f"this embedding also {part}; save .safetensors"):
        ClassEdit(torch.zeros(2, 3), **{part: more}).save(tmp_path / "e.npy")
    assert list(tmp_path.iterdir()) == []


def test_the_papers_npy(tmp_path: Path) -> None:
    ClassEdit(torch.arange(128.0)[None]).save(tmp_path / "e.npy")
    array = np.load(tmp_path / "e.npy", allow_pickle=False)
    assert (array.shape, array.dtype) == ((1, 128), np.float32)
    assert torch.equal(load_edit(tmp_path / "e.npy").vectors, torch.arange(128.0)[None])


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


@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 3)])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_a_npy_holds_one_vector_or_several_of_any_precision(shape: tuple[int, ...], kind: type, tmp_path: Path) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    np.save(tmp_path / "e.npy", array)
    back = load_edit(tmp_path / "e.npy").vectors
    assert back.dtype == torch.float32
    assert back.tolist() == np.atleast_2d(array).tolist()


def test_a_npy_of_other_numbers_is_refused(tmp_path: Path) -> None:
    for array, message in (
        (np.arange(3), "the array is of int64; expected floating-point"),
        (np.full(3, 1e300), "NaN or infinity"),
        (np.zeros((1, 2, 3), np.float32), "expected .vectors, dim"),
    ):
        np.save(tmp_path / "e.npy", array)
        with pytest.raises(EmbeddingError, match=message) as refusal:
            load_edit(tmp_path / "e.npy")
        assert str(refusal.value).startswith(f"{tmp_path / 'e.npy'}: ")
        assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("tensors", "facts", "message"),
    [
        ({"vectors": torch.zeros(1, 3), "latent_map": torch.zeros(3)}, {}, "'latent_map' is no .m, n. floating-point"),
        ({"vectors": torch.zeros(1, 3), "offsets": torch.zeros(1, 3)}, {}, "'offsets' is no .n,. floating-point"),
        ({"vectors": torch.zeros(1, 3), "weights": torch.ones(1, dtype=torch.int64)}, {}, "'weights' is no .n,."),
        ({"vectors": torch.zeros(1, 1, 3)}, {}, "'vectors' is no .n,. or .m, n. floating-point"),
        ({"vectors": torch.zeros(1, 3)}, {"details": "[]"}, "details are no JSON object"),
        ({"vectors": torch.zeros(1, 3)}, {"details": "{"}, "cannot be read as JSON"),
        ({"a": torch.zeros(3), "b": torch.zeros(3)}, {}, "it holds the tensors .'a', 'b'.; expected 'vectors'"),
    ],
    ids=str,
)
def test_a_file_that_is_not_as_written_is_refused(
    tensors: dict[str, torch.Tensor], facts: dict[str, str], message: str, tmp_path: Path
) -> None:
    save_file(tensors, tmp_path / "e.safetensors", facts)
    with pytest.raises(EmbeddingError, match=message) as refusal:
        load_edit(tmp_path / "e.safetensors")
    assert str(refusal.value).startswith(f"{tmp_path / 'e.safetensors'}")
    assert len(str(refusal.value).splitlines()) == 1


def test_a_file_need_not_say_where_it_came_from(tmp_path: Path) -> None:
    save_file({"vectors": torch.zeros(1, 3)}, tmp_path / "e.safetensors", {"details": '{"seed": 7}'})
    back = load_edit(tmp_path / "e.safetensors")
    assert (back.generator, back.target, back.details) == ("", "", {"seed": "7"})
    with pytest.raises(EmbeddingError, match="no embedding file at"):
        load_edit(tmp_path / "missing.npy")
    torch.save([1, 2], tmp_path / "e.pt")
    with pytest.raises(EmbeddingError, match="it holds list; expected 'vectors'"):
        load_edit(tmp_path / "e.pt")
