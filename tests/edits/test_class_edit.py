"""What a class edit may hold, and which generator it fits."""

import math

import pytest
import torch

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.errors import EmbeddingError
from ganmend.models.protocol import Generator
from tests.search.stand_ins import DIM_EMBEDDING, DIM_Z, LinearGenerator

PARTS = {"latent_map": torch.eye(3), "offsets": torch.zeros(4), "weights": torch.tensor([0.25, 0.75])}


def test_everything_that_fits_together_is_taken() -> None:
    edit = ClassEdit(torch.zeros(2, 3), **PARTS, generator="abc", target="a frog", details={"seed": "1"})
    assert not edit.is_row
    assert ClassEdit(torch.zeros(1, 3)).is_row
    assert ClassEdit(torch.zeros(1, 0), offsets=torch.zeros(4)).vectors.shape == (1, 0), "a generator without a table"


@pytest.mark.parametrize("part", ["vectors", *PARTS])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_are_refused_wherever_they_are(part: str, value: float) -> None:
    parts = {"vectors": torch.zeros(2, 3)} | {name: tensor.clone() for name, tensor in PARTS.items()}
    parts[part].view(-1)[-1] = value
    with pytest.raises(EmbeddingError, match="NaN or infinity"):
        ClassEdit(**parts)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"vectors": [1.0, 2.0]}, "vectors are list"),
        ({"vectors": torch.zeros(3)}, r"shape \(3,\); expected \(vectors, dim\)"),
        ({"vectors": torch.zeros(())}, r"shape \(\)"),
        ({"vectors": torch.zeros(1, 2, 3)}, r"shape \(1, 2, 3\)"),
        ({"vectors": torch.zeros(0, 3)}, r"shape \(0, 3\)"),
        ({"vectors": torch.zeros(2, 0)}, r"shape \(2, 0\)"),
        ({"vectors": torch.zeros(0, 3), "offsets": torch.zeros(4)}, r"shape \(0, 3\)"),
        ({"latent_map": torch.zeros(2, 3)}, r"latent map has shape \(2, 3\); expected \(dim_z, dim_z\)"),
        ({"latent_map": torch.zeros(3)}, r"latent map has shape \(3,\)"),
        ({"latent_map": torch.zeros(3, 3, 3)}, r"latent map has shape \(3, 3, 3\)"),
        ({"offsets": torch.zeros(1, 4)}, r"offsets have shape \(1, 4\); expected one row"),
        ({"weights": torch.tensor([1.0])}, r"weights are \[1.0\]; expected 2 that sum to 1"),
        ({"weights": torch.tensor([[0.5, 0.5]])}, "expected 2 that sum to 1"),
        ({"weights": torch.tensor([0.5, 0.4999])}, "sum to 1"),
        ({"weights": torch.tensor([0.5, 0.5001])}, "sum to 1"),
        ({"weights": torch.tensor([1.5, -0.5])}, "sum to 1"),
        ({"weights": torch.tensor([1.0, 0.5])}, "sum to 1"),
        ({"target": "two\nlines"}, "expected text that can be printed"),
        ({"generator": "a\x1b[31m"}, "expected text that can be printed"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_does_not_fit_together_is_refused(parts: dict[str, object], message: str) -> None:
    with pytest.raises(EmbeddingError, match=message):
        ClassEdit(**{"vectors": torch.zeros(2, 3)} | parts)  # type: ignore[arg-type]


def test_weights_may_miss_one_by_rounding() -> None:
    ClassEdit(torch.zeros(2, 3), weights=torch.tensor([0.5, 0.500005]))
    ClassEdit(torch.zeros(2, 3), weights=torch.tensor([1.0, 0.0]))


def test_a_row_is_one_vector_and_nothing_else() -> None:
    assert not ClassEdit(torch.zeros(2, 3)).is_row
    assert not ClassEdit(torch.zeros(1, 3), torch.eye(2)).is_row
    assert not ClassEdit(torch.zeros(1, 3), offsets=torch.zeros(2)).is_row


def test_widths_and_fingerprint_must_be_the_generators() -> None:
    generator = LinearGenerator()
    right = {"latent_map": torch.eye(DIM_Z), "offsets": torch.zeros(generator.n_offsets)}
    ClassEdit(torch.zeros(1, DIM_EMBEDDING), **right, generator="linear").check(generator)
    ClassEdit(torch.zeros(1, DIM_EMBEDDING)).check(generator)  # the file does not say whose it is
    wrong = (
        (ClassEdit(torch.zeros(1, 9)), f"has width 9; this generator's embeddings have {DIM_EMBEDDING}"),
        (ClassEdit(torch.zeros(1, DIM_EMBEDDING), torch.eye(7)), f"latent map of width 7; .* latents have {DIM_Z}"),
        (ClassEdit(torch.zeros(1, DIM_EMBEDDING), offsets=torch.zeros(3)), "offsets of length 3; .* norms have 6"),
    )
    for edit, message in wrong:
        for force in (False, True):
            with pytest.raises(EmbeddingError, match=message):
                edit.check(generator, force=force)
    foreign = ClassEdit(torch.zeros(1, DIM_EMBEDDING), generator="other")
    with pytest.raises(EmbeddingError, match=r"found for generator other, this is linear.*--force"):
        foreign.check(generator)
    foreign.check(generator, force=True)


def test_a_row_of_the_generator_is_an_edit_that_changes_nothing(tiny_generator: Generator) -> None:
    row = class_row(tiny_generator, 6)
    assert torch.equal(row.vectors, tiny_generator.class_embeddings[6:7])
    assert (row.target, row.generator) == (tiny_generator.class_names[6], tiny_generator.fingerprint)
    assert row.is_row
    row.check(tiny_generator)
    assert class_row(tiny_generator, 0).target == tiny_generator.class_names[0]
    assert class_row(tiny_generator, 9).target == tiny_generator.class_names[9]
    for index in (-1, 10):
        with pytest.raises(EmbeddingError, match=f"class {index} was asked for; the generator has classes 0 to 9"):
            class_row(tiny_generator, index)


def test_it_prints_in_a_line() -> None:
    assert repr(ClassEdit(torch.zeros(1, 3))) == "<ClassEdit: no class named, width 3, for generator ?>"
    whole = ClassEdit(torch.zeros(2, 3), **PARTS, generator="abc", target="frog")
    assert repr(whole) == (
        "<ClassEdit: frog, width 3, 2 vectors, a latent map, offsets of gains and biases, shares of "
        "the vectors, for generator abc>"
    )
