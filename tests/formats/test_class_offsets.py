"""An exported edit's offsets are drawn by every family's own code and by ours, and leave all other classes alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ganmend.catalog.load import load_generator
from ganmend.edits.bounds import table_bounds
from ganmend.edits.class_edit import class_row
from ganmend.edits.nearest import nearest_by_norms
from ganmend.errors import CheckpointError
from ganmend.formats import native
from ganmend.formats.checkpoint_file import read_file
from ganmend.formats.export import NOTE, patch_checkpoint
from ganmend.formats.protocol import ReadOptions
from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator
from tests.conftest import FIXTURES
from tests.formats.test_export import FAMILIES, HUGGINGFACE, TINY, TOLERANCE, extended, golden, state_of

ONE_OF_EACH = [TINY, FIXTURES / "studiogan_big_resnet_32.pth", HUGGINGFACE / "pytorch_model.bin"]
WITHOUT_EMBEDDING_IN_THE_LINEAR = [path for path in FAMILIES if "deep" not in str(path)]
EDITED, MORE = 1, 4  # classes


def edit_of(generator: Generator, seed: int = 0) -> tuple[Tensor, Tensor]:
    """A vector, and offsets of a tenth to a half of the gains and biases: a searched edit's are as large."""
    numbers = torch.Generator().manual_seed(seed)
    offsets = 0.3 * torch.randn(generator.n_offsets, generator=numbers)
    return torch.randn(generator.dim_embedding, generator=numbers), offsets


def latents(generator: Generator) -> Tensor:
    z = torch.randn(2, generator.dim_z, generator=torch.Generator().manual_seed(5))
    return z.to(generator.class_embeddings)


def drawn(generator: Generator, index: int) -> Tensor:
    return generator(*class_row(generator, index).condition(latents(generator)))


def as_others_read_it(path: Path) -> Generator:
    """By our reader, which does what the family's code does, but knows nothing of flags: a wider generator."""
    stored = read_file(path)
    return stored.form.read(stored.tensors, ReadOptions())


def relative_error(images: Tensor, expected: Tensor) -> float:
    return ((images - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("original", FAMILIES, ids=lambda path: path.stem)
def test_ours_draws_the_edit_and_everything_else_as_before(original: Path, tmp_path: Path) -> None:
    out, before = tmp_path / original.name, load_generator(original)
    vector, offsets = edit_of(before)
    patch_checkpoint(original, EDITED, vector, out, offsets={EDITED: offsets})
    after = load_generator(out)
    expected = before(latents(before), Condition(vector, offsets))
    assert relative_error(drawn(after, EDITED), expected) < TOLERANCE
    assert relative_error(expected, before(latents(before), vector)) > 0.01, "the offsets matter"
    # The flags are gone, bit for bit: nothing but the class's own row and offsets is different.
    changed = {name: tensor for name, tensor in after.state_dict().items() if name not in before.state_dict()}
    assert set(changed) == {"classes_with_offsets", "class_offsets"}
    assert changed["classes_with_offsets"].tolist() == [EDITED]
    torch.testing.assert_close(changed["class_offsets"][0], offsets, rtol=1e-6, atol=1e-7)
    for name, tensor in before.state_dict().items():
        expected = tensor.clone()
        if name == "class_embeddings":
            expected[EDITED] = vector
        assert torch.equal(after.state_dict()[name], expected), name
    assert after.fingerprint == before.fingerprint
    assert after.function_digest() != before.function_digest()


@pytest.mark.parametrize("original", FAMILIES, ids=lambda path: path.stem)
def test_others_draw_it_too_as_a_generator_of_one_more_number(original: Path, tmp_path: Path) -> None:
    out, before = tmp_path / original.name, load_generator(original)
    vector, offsets = edit_of(before)
    patch_checkpoint(original, EDITED, vector, out, offsets={EDITED: offsets})
    others, before = as_others_read_it(out).double(), before.double()  # to be free of the rounding of sums
    assert others.dim_embedding == before.dim_embedding + 1
    z = latents(before)
    # With the published package the latent grows, too; the new number has no effect.
    fed = torch.cat([z, torch.full((2, others.dim_z - before.dim_z), 3.0)], 1)
    assert fed.shape[1] == before.dim_z + (original.parent == HUGGINGFACE)
    expected = before(z, Condition(vector.double(), offsets.double()))
    assert relative_error(others(fed, others.class_embeddings[EDITED]), expected) < TOLERANCE
    images = before(z, before.class_embeddings[MORE])
    assert relative_error(others(fed, others.class_embeddings[MORE]), images) < 1e-8


@pytest.mark.parametrize("original", WITHOUT_EMBEDDING_IN_THE_LINEAR, ids=lambda path: path.stem)
def test_offsets_that_do_what_another_embedding_does_draw_the_golden_images(original: Path, tmp_path: Path) -> None:
    out, before, (z, vectors, images) = tmp_path / original.name, load_generator(original), golden(original)
    rows, names = extended(before, len(vectors))
    start = before.class_embeddings[0]
    differences = (vectors - start)[:, None].expand(-1, len(before.conditional_layers), -1)  # (rows, norms, dim)
    offsets = dict(zip(rows, before.offsets_of(differences), strict=True))
    patch_checkpoint(original, rows, start.expand(len(rows), -1), out, names, offsets)
    others = as_others_read_it(out)
    assert others.dim_embedding == before.dim_embedding + len(rows)
    assert relative_error(others(z, others.class_embeddings[rows]), images) < TOLERANCE


@pytest.mark.parametrize("original", ONE_OF_EACH, ids=lambda path: path.stem)
def test_a_chain_of_exports(original: Path, tmp_path: Path) -> None:
    """An edit, another of the exported file; then the one class gets a plain row, then the other."""
    before, places = load_generator(original), [tmp_path / f"{number}" / original.name for number in range(4)]
    for place in places:
        place.parent.mkdir()
    one, two = edit_of(before, 1), edit_of(before, 2)
    patch_checkpoint(original, EDITED, one[0], places[0], offsets={EDITED: one[1]})
    patch_checkpoint(places[0], [MORE], two[0][None], places[1], offsets={MORE: two[1]})
    after = load_generator(places[1])
    assert torch.equal(after.offsets_of_class(EDITED), load_generator(places[0]).offsets_of_class(EDITED))
    torch.testing.assert_close(after.offsets_of_class(MORE), two[1], rtol=1e-6, atol=1e-7)
    assert relative_error(drawn(after, MORE), before(latents(before), Condition(*two))) < TOLERANCE
    patch_checkpoint(places[1], EDITED, before.class_embeddings[EDITED], places[2])
    after = load_generator(places[2])
    assert after.offsets_of_class(EDITED) is None
    assert torch.equal(after.offsets_of_class(MORE), load_generator(places[1]).offsets_of_class(MORE))
    note = patch_checkpoint(places[2], MORE, before.class_embeddings[MORE], places[3])
    assert note.startswith(("BigGAN-PyTorch", "PyTorch-StudioGAN", "pytorch-pretrained-BigGAN")), "the width is another"
    assert "128" in note
    last, first = state_of(places[3]), state_of(original)
    assert list(last) == list(first)
    assert all(torch.equal(last[name], tensor) for name, tensor in first.items())
    assert NOTE not in note_of(places[3])


def note_of(path: Path) -> dict[str, str]:
    """What a file of PyTorch says of itself."""
    return dict(getattr(torch.load(path, weights_only=True), "_metadata", {}))


def test_the_flag_is_no_number_of_an_embedding(tmp_path: Path) -> None:
    before, out = load_generator(TINY), tmp_path / "G.pth"
    vector, offsets = before.class_embeddings[EDITED], edit_of(before)[1]
    patch_checkpoint(TINY, EDITED, vector, out, offsets={EDITED: offsets})
    after = load_generator(out)
    assert after.class_embeddings.shape == before.class_embeddings.shape
    assert table_bounds(after.class_embeddings) == table_bounds(before.class_embeddings)
    # Gains and biases of the class are its row's and its offsets, so the class is what lies nearest to itself.
    ((first, second),) = nearest_by_norms(after, class_row(after, EDITED), 2)
    assert (first.index, first.distance) == (EDITED, pytest.approx(0, abs=1e-4))
    assert second.distance > 1
    plain = class_row(after, MORE)
    assert plain.offsets is None
    assert torch.equal(drawn(after, MORE), drawn(before, MORE))


def one_hot(tensors: dict[str, Tensor]) -> None:
    """A table of which a column is 0 but for one class, as an untrained one-hot table's: it is no flag."""
    tensors["shared.weight"][:, -1] = torch.eye(10)[EDITED]


def trained_on(tensors: dict[str, Tensor]) -> None:
    """A training that went on: the new column of the linear layer is not 0 any more."""
    tensors["linear0.weight_orig"][0, 128] = 1


def of_the_norm(tensors: dict[str, Tensor]) -> None:
    """The spectral norm has iterated, so that the new column counts in it."""
    tensors["blocks.0.0.bn1.gain.weight_v"][128] = 0.1


def other_flag(tensors: dict[str, Tensor]) -> None:
    """Of another size."""
    tensors["shared.weight"][EDITED, 128] = 255


def two_classes(tensors: dict[str, Tensor]) -> None:
    """A flag that two classes have."""
    tensors["shared.weight"][MORE, 128] = 256


@pytest.mark.parametrize(
    "change", [trained_on, of_the_norm, other_flag, two_classes], ids=lambda change: change.__name__
)
def test_what_is_not_as_it_was_exported_is_a_generator_of_its_own(change: Callable, tmp_path: Path) -> None:
    original = FIXTURES / "studiogan_big_resnet_deep_legacy_32.pth"
    before = load_generator(original)
    patch_checkpoint(original, EDITED, torch.ones(128), tmp_path / "G.pth", offsets={EDITED: edit_of(before)[1]})
    tensors = state_of(tmp_path / "G.pth")
    change(tensors)
    torch.save(tensors, tmp_path / "H.pth")
    after = load_generator(tmp_path / "H.pth")
    assert (after.dim_embedding, after.classes_with_offsets) == (129, None)
    assert (load_generator(tmp_path / "G.pth").dim_embedding) == 128


def test_a_table_that_has_only_one_hot_columns_is_the_trainings_own(tmp_path: Path) -> None:
    tensors = torch.load(TINY, weights_only=True)
    one_hot(tensors)
    torch.save(tensors, tmp_path / "G.pth")
    assert load_generator(tmp_path / "G.pth").classes_with_offsets is None
    tensors["shared.weight"] = 2.0**16 * torch.eye(10, 128)
    torch.save(tensors, tmp_path / "H.pth")
    assert load_generator(tmp_path / "H.pth").dim_embedding == 128


def test_a_file_says_what_its_classes_with_offsets_ask_of_loaders(tmp_path: Path) -> None:
    """And a strict `load_state_dict` passes over that."""
    tensors, before = torch.load(TINY, weights_only=True), load_generator(TINY)
    vector, offsets = edit_of(before)
    torch.save({"state_dict": tensors, "step": 3}, tmp_path / "nested.pth")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, tmp_path / "G.safetensors", {"a": "b"})
    said = (
        "class 1 has offsets, a flag each at the end of every embedding: BigGAN-PyTorch loads it into a Generator of "
    )
    for original in (TINY, tmp_path / "nested.pth"):
        out = tmp_path / f"of_{original.name}"
        note = patch_checkpoint(original, EDITED, vector, out, offsets={EDITED: offsets})
        assert note.startswith(f"{said}shared_dim=129")
        assert note_of(out)[NOTE] == note
    assert torch.load(tmp_path / "of_nested.pth", weights_only=True)["step"] == 3
    state = torch.load(tmp_path / f"of_{TINY.name}", weights_only=True)
    module_of(state).load_state_dict(state, strict=True)
    note = patch_checkpoint(
        tmp_path / "G.safetensors", EDITED, vector, tmp_path / "of.safetensors", offsets={EDITED: offsets}
    )
    with safe_open(tmp_path / "of.safetensors", "pt") as file:
        assert file.metadata() == {"a": "b", NOTE: note}
    patch_checkpoint(tmp_path / "of.safetensors", EDITED, vector, tmp_path / "plain.safetensors")
    with safe_open(tmp_path / "plain.safetensors", "pt") as file:
        assert file.metadata() == {"a": "b"}


def module_of(state: dict[str, Tensor]) -> nn.Module:
    """A module of such parameters."""
    root = nn.Module()
    for name, tensor in state.items():
        *path, last = name.split(".")
        module = root
        for part in path:
            if not hasattr(module, part):
                module.add_module(part, nn.Module())
            module = module.get_submodule(part)
        module.register_parameter(last, nn.Parameter(torch.zeros_like(tensor), requires_grad=False))
    return root


def test_new_classes_and_a_shorter_table(tmp_path: Path) -> None:
    before, out = load_generator(TINY), tmp_path / "G.pth"
    vector, offsets = edit_of(before)
    rows, names = extended(before, 2)
    note = patch_checkpoint(TINY, rows, torch.stack([vector, -vector]), out, names, {rows[1]: offsets})
    assert note.startswith("BigGAN-PyTorch loads it into a Generator of n_classes=12")
    assert "class 11 has offsets" in note
    after = load_generator(out)
    assert after.offsets_of_class(rows[0]) is None
    assert relative_error(drawn(after, rows[1]), before(latents(before), Condition(-vector, offsets))) < TOLERANCE
    patch_checkpoint(out, range(11), torch.ones(11, 128), tmp_path / "H.pth", ["class"] * 11)
    assert load_generator(tmp_path / "H.pth").classes_with_offsets is None


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16], ids=["float16", "bfloat16"])
def test_offsets_of_a_checkpoint_in_half_precision_are_exact(half: torch.dtype, tmp_path: Path) -> None:
    torch.save({name: tensor.to(half) for name, tensor in state_of(TINY).items()}, tmp_path / "G.pth")
    before = load_generator(tmp_path / "G.pth")
    offsets = edit_of(before)[1]
    patch_checkpoint(tmp_path / "G.pth", EDITED, torch.ones(128), tmp_path / "out.pth", offsets={EDITED: offsets})
    after = load_generator(tmp_path / "out.pth")
    torch.testing.assert_close(after.offsets_of_class(EDITED), offsets, rtol=1e-6, atol=1e-7)
    assert after.fingerprint == before.fingerprint
    patch_checkpoint(tmp_path / "out.pth", EDITED, torch.ones(128), tmp_path / "plain.pth")
    assert {tensor.dtype for tensor in state_of(tmp_path / "plain.pth").values()} == {half}


def brock_without_spectral_norm() -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state_of(TINY).items() if not name.endswith((".u0", ".sv0"))}


def studiogan_without_spectral_norm() -> dict[str, Tensor]:
    tensors = state_of(FIXTURES / "studiogan_big_resnet_deep_legacy_32.pth")
    kept = {name: tensor for name, tensor in tensors.items() if not name.endswith(("weight_u", "weight_v"))}
    return {name.replace("weight_orig", "weight"): tensor for name, tensor in kept.items()}


def brock_of_plain_latents() -> dict[str, Tensor]:
    """The norms see the embedding alone; as from several GPUs, each name begins with 'module.'."""
    tensors = state_of(TINY)
    for name in [name for name in tensors if ".bn" in name and name.endswith(".weight")]:
        tensors[name] = tensors[name][:, :128].clone()
    return {f"module.{name}": tensor for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    "variant",
    [brock_without_spectral_norm, studiogan_without_spectral_norm, brock_of_plain_latents],
    ids=lambda variant: variant.__name__,
)
def test_variants_of_the_families(variant: Callable[[], dict[str, Tensor]], tmp_path: Path) -> None:
    torch.save(variant(), tmp_path / "G.pth")
    before = load_generator(tmp_path / "G.pth")
    vector, offsets = edit_of(before)
    patch_checkpoint(tmp_path / "G.pth", EDITED, vector, tmp_path / "out.pth", offsets={EDITED: offsets})
    expected = before(latents(before), Condition(vector, offsets))
    assert relative_error(drawn(load_generator(tmp_path / "out.pth"), EDITED), expected) < TOLERANCE
    others = as_others_read_it(tmp_path / "out.pth")
    assert relative_error(others(latents(before), others.class_embeddings[EDITED]), expected) < TOLERANCE


def test_ganmends_own_file(tmp_path: Path) -> None:
    """Its table keeps its width: nothing else reads it."""
    before, path, out = load_generator(TINY), tmp_path / "G.safetensors", tmp_path / "out.safetensors"
    vector, offsets = edit_of(before)
    patch_checkpoint(TINY, MORE, -vector, tmp_path / "G.pth", offsets={MORE: -offsets})
    native.write_generator(load_generator(tmp_path / "G.pth"), path, "here")
    assert patch_checkpoint(path, EDITED, vector, out, offsets={EDITED: offsets}) == ""
    after = load_generator(out)
    assert torch.equal(after.offsets_of_class(EDITED), offsets)
    torch.testing.assert_close(after.offsets_of_class(MORE), -offsets, rtol=1e-6, atol=1e-7)
    assert torch.equal(drawn(after, EDITED), before(latents(before), Condition(vector, offsets)))
    assert torch.equal(after.class_embeddings[5:], before.class_embeddings[5:])
    # Prepared for many images it is the same generator still.
    assert torch.equal(after.prepared("float32").offsets_of_class(EDITED), offsets)


BROKEN_OFFSETS = {
    "classes alone": {"class_offsets": None},
    "offsets alone": {"classes_with_offsets": None},
    "no whole numbers": {"classes_with_offsets": torch.ones(1)},
    "twice": {"classes_with_offsets": torch.tensor([1, 1]), "class_offsets": torch.zeros(2, 3)},
    "another length": {"class_offsets": torch.zeros(1, 3)},
    "no such class": {"classes_with_offsets": torch.tensor([10])},
    "before the first": {"classes_with_offsets": torch.tensor([-1])},
    "a matrix of classes": {"classes_with_offsets": torch.tensor([[1]])},
}


@pytest.mark.parametrize("broken", BROKEN_OFFSETS, ids=lambda name: name.replace(" ", "-"))
def test_broken_offsets_of_our_own_file_are_refused(broken: str, tmp_path: Path) -> None:
    generator, path = load_generator(TINY), tmp_path / "G.safetensors"
    generator.classes_with_offsets, generator.class_offsets = torch.tensor([1]), torch.zeros(1, generator.n_offsets)
    for name, tensor in BROKEN_OFFSETS[broken].items():
        setattr(generator, name, tensor)
    native.write_generator(generator, path, "here")
    with pytest.raises(CheckpointError, match=r"offsets.*; (expected|export)"):
        load_generator(path)


def test_offsets_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    generator = load_generator(TINY)
    generator.classes_with_offsets = torch.tensor([1])
    generator.class_offsets = torch.full((1, generator.n_offsets), torch.nan)
    native.write_generator(generator, tmp_path / "G.safetensors", "here")
    with pytest.raises(CheckpointError, match="offsets of class 1 hold NaN"):
        load_generator(tmp_path / "G.safetensors")
