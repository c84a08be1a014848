"""An exported checkpoint differs in its class table and in nothing else, and draws what was asked for."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ganmend.catalog.load import load_generator
from ganmend.errors import EmbeddingError, OutputError
from ganmend.formats import native
from ganmend.formats.export import patch_checkpoint
from ganmend.models.protocol import Generator
from tests.conftest import FIXTURES

TINY = FIXTURES / "brock_biggan_32.pth"
HUGGINGFACE = FIXTURES / "hf_biggan_deep_64"
FAMILIES = [*sorted(FIXTURES.glob("*.pth")), HUGGINGFACE / "pytorch_model.bin"]
TOLERANCE = 1e-5  # of the readers, see test_parity.py


def golden(original: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Latents, embeddings, and images that the family's own code drew of them (huggingface: at truncation 1)."""
    of_huggingface = original.parent == HUGGINGFACE
    beside = original.with_name("expected") if of_huggingface else original.with_suffix(".expected")
    stored = load_file(f"{beside}.safetensors")
    return stored["z"].float(), stored["embedding"].float(), stored[f"images{'_truncation_1.0' * of_huggingface}"]


def extended(generator: Generator, more: int) -> tuple[list[int], tuple[str, ...]]:
    """The rows past the last, and the names of all classes."""
    rows = list(range(generator.n_classes, generator.n_classes + more))
    return rows, (*generator.class_names, *(f"new {row}" for row in rows))


def state_of(path: Path) -> dict[str, torch.Tensor]:
    content = torch.load(path, weights_only=True)
    return content.get("state_dict", content)


@pytest.mark.parametrize("wrapping", ["plain", "module", "nested", "safetensors"])
def test_all_other_tensors_stay(tmp_path: Path, wrapping: str) -> None:
    tensors, original = torch.load(TINY, weights_only=True), tmp_path / "G.pth"
    if wrapping == "safetensors":
        original = tmp_path / "G.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, original, {"a": "b"})
    elif wrapping == "module":
        torch.save({f"module.{name}": tensor for name, tensor in tensors.items()}, original)
    else:
        torch.save({"state_dict": tensors, "step": 3} if wrapping == "nested" else tensors, original)
    vector, out = torch.randn(128), tmp_path / f"out{original.suffix}"
    assert patch_checkpoint(original, 4, vector, out) == ""
    after = load_file(out) if wrapping == "safetensors" else torch.load(out, weights_only=True)
    if wrapping == "nested":
        assert after["step"] == 3
        after = after["state_dict"]
    after = {name.removeprefix("module."): tensor for name, tensor in after.items()}
    changed = [name for name in tensors if not torch.equal(tensors[name], after[name])]
    assert changed == ["shared.weight"]
    expected = tensors["shared.weight"].clone()
    expected[4] = vector
    assert torch.equal(after["shared.weight"], expected)
    assert load_generator(out).fingerprint == load_generator(TINY).fingerprint


@pytest.mark.parametrize("original", FAMILIES, ids=lambda path: path.stem)
def test_every_family_draws_the_new_row(original: Path, tmp_path: Path) -> None:
    out, before = tmp_path / original.name, load_generator(original)
    vector, z = torch.randn(before.dim_embedding), torch.randn(2, before.dim_z)
    assert patch_checkpoint(original, 1, vector, out) == ""
    after = load_generator(out)
    assert after.fingerprint == before.fingerprint
    assert torch.equal(after.class_embeddings[1], vector)
    assert torch.equal(after.class_embeddings[2:], before.class_embeddings[2:])
    assert torch.equal(after(z, after.class_embeddings[1]), before(z, vector))


@pytest.mark.parametrize("original", FAMILIES, ids=lambda path: path.stem)
def test_a_new_class_draws_the_golden_images(original: Path, tmp_path: Path) -> None:
    out, before, (z, vectors, images) = tmp_path / original.name, load_generator(original), golden(original)
    rows, names = extended(before, len(vectors))
    note = patch_checkpoint(original, rows, vectors, out, names)
    assert str(len(names)) in note
    after = load_generator(out)
    assert torch.equal(after.class_embeddings, torch.cat([before.class_embeddings, vectors]))
    assert (after(z, after.class_embeddings[rows]) - images).norm() < TOLERANCE * images.norm()
    states = [state_of(path) for path in (original, out)]
    assert [list(state) for state in states] == [list(states[0])] * 2
    changed = [name for name in states[0] if not torch.equal(states[0][name], states[1][name])]
    assert len(changed) == 1
    assert (states[0][changed[0]].dtype, states[1][changed[0]].is_contiguous()) == (states[1][changed[0]].dtype, True)
    assert after.fingerprint == before.fingerprint


@pytest.mark.parametrize(
    "original", [path for path in FAMILIES if "studiogan" in path.stem], ids=lambda path: path.stem
)
def test_optimiser_state_and_scores_stay(original: Path, tmp_path: Path) -> None:
    content = torch.load(original, weights_only=True)
    optimiser = torch.optim.Adam([torch.nn.Parameter(torch.ones(3, 2))], betas=(0.0, 0.999))
    optimiser.param_groups[0]["params"][0].grad = torch.ones(3, 2)
    optimiser.step()
    content |= {"optimizer": optimiser.state_dict(), "best_fid": 12.5, "step": 7, "run_name": "a run", "topk": None}
    torch.save(content, tmp_path / "G.pth")
    patch_checkpoint(tmp_path / "G.pth", [10], torch.ones(1, 128), tmp_path / "out.pth", ["class"] * 11)
    after = torch.load(tmp_path / "out.pth", weights_only=True)
    assert list(after) == list(content)
    kept = [key for key in content if key not in ("state_dict", "optimizer")]
    assert {key: after[key] for key in kept} == {key: content[key] for key in kept}
    assert after["optimizer"]["param_groups"] == content["optimizer"]["param_groups"]
    state, expected = after["optimizer"]["state"][0], content["optimizer"]["state"][0]
    assert list(state) == list(expected)
    assert all(torch.equal(state[key], expected[key]) for key in expected)


def test_ganmends_own_file_holds_the_new_names(tmp_path: Path) -> None:
    before = load_generator(TINY)
    native.write_generator(before, tmp_path / "G.safetensors", "here")
    vectors = torch.randn(2, 128)
    rows, names = extended(before, 2)
    assert patch_checkpoint(tmp_path / "G.safetensors", rows, vectors, tmp_path / "out.safetensors", names)
    after = load_generator(tmp_path / "out.safetensors")
    assert after.class_names == names
    z, golden_vectors, images = golden(TINY)
    patch_checkpoint(tmp_path / "out.safetensors", 11, golden_vectors[0], tmp_path / "P.safetensors")
    patched = load_generator(tmp_path / "P.safetensors")
    assert patched.class_names == names
    assert (patched(z[:1], patched.class_embeddings[[11]]) - images[:1]).norm() < TOLERANCE * images[:1].norm()
    states = [load_file(tmp_path / name) for name in ("G.safetensors", "out.safetensors")]
    assert [name for name in states[0] if not torch.equal(states[0][name], states[1][name])] == ["class_embeddings"]


def test_a_safetensors_file_of_another_family_holds_the_new_names(tmp_path: Path) -> None:
    tensors = {name: tensor.contiguous() for name, tensor in torch.load(TINY, weights_only=True).items()}
    save_file(tensors, tmp_path / "G.safetensors", {"from": "somewhere"})
    rows, names = extended(load_generator(TINY), 1)
    patch_checkpoint(tmp_path / "G.safetensors", rows, torch.ones(1, 128), tmp_path / "out.safetensors", names)
    assert load_generator(tmp_path / "out.safetensors").class_names == names
    with safe_open(tmp_path / "out.safetensors", "pt") as file:
        assert file.metadata()["from"] == "somewhere"


def test_config_json_comes_along_with_the_new_number(tmp_path: Path) -> None:
    original, out = HUGGINGFACE / "pytorch_model.bin", tmp_path / "pytorch_model.bin"
    before = json.loads((HUGGINGFACE / "config.json").read_text())
    patch_checkpoint(original, 0, torch.ones(128), out)
    assert (tmp_path / "config.json").read_bytes() == (HUGGINGFACE / "config.json").read_bytes()
    patch_checkpoint(original, 1, torch.ones(128), out)  # the same one is there already
    out.unlink()
    with pytest.raises(OutputError, match="other weights"):
        patch_checkpoint(original, [10], torch.ones(1, 128), out, ["class"] * 11)
    assert not out.exists()
    (tmp_path / "config.json").unlink()
    patch_checkpoint(original, [10], torch.ones(1, 128), out, ["class"] * 11)
    assert json.loads((tmp_path / "config.json").read_text()) == before | {"num_classes": 11}


@pytest.mark.parametrize("n_classes", [3, 10, 25])
def test_a_whole_table_of_any_length(tmp_path: Path, n_classes: int) -> None:
    table = torch.randn(n_classes, 128)
    note = patch_checkpoint(TINY, range(n_classes), table, tmp_path / "out.pth", ["class"] * n_classes)
    assert torch.equal(load_generator(tmp_path / "out.pth").class_embeddings, table)
    assert (note == "") == (n_classes == 10)


def test_a_table_of_another_type_keeps_it(tmp_path: Path) -> None:
    tensors = torch.load(TINY, weights_only=True)
    tensors["shared.weight"] = tensors["shared.weight"].half()
    torch.save(tensors, tmp_path / "G.pth")
    patch_checkpoint(tmp_path / "G.pth", 0, torch.full((128,), 0.1), tmp_path / "out.pth")
    after = torch.load(tmp_path / "out.pth", weights_only=True)["shared.weight"]
    assert torch.equal(after[1:], tensors["shared.weight"][1:])
    assert (after[0] == torch.tensor(0.1).half()).all()
    with pytest.raises(EmbeddingError, match="float16"):
        patch_checkpoint(tmp_path / "G.pth", 0, torch.full((128,), 1e6), tmp_path / "large.pth")
    assert not (tmp_path / "large.pth").exists()


def test_scores_stay_numbers_of_numpy(tmp_path: Path) -> None:
    scores = {"best_fid": np.float64(7.25), "best_step": np.int32(4000)}
    torch.save({"state_dict": torch.load(TINY, weights_only=True)} | scores, tmp_path / "G.pth")
    patch_checkpoint(tmp_path / "G.pth", 4, torch.randn(128), tmp_path / "out.pth")
    after = torch.load(tmp_path / "out.pth", weights_only=False)
    assert {name: (type(after[name]), after[name]) for name in scores} == {
        name: (type(score), score) for name, score in scores.items()
    }


def test_another_width_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="shape"):
        patch_checkpoint(TINY, 0, torch.zeros(64), tmp_path / "out.pth")
    assert list(tmp_path.iterdir()) == []
