"""What every generator answers: a BigGAN, and a family that has no class table."""

import pytest
import torch

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.sampling import draw
from ganmend.errors import EmbeddingError, LatentError
from ganmend.models import batches
from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from tests.conftest import CIFAR10
from tests.models.stand_in import NormsByClass


@pytest.mark.parametrize(
    "wrong",
    [
        torch.zeros(2, 79),
        torch.zeros(80),
        torch.zeros(1, 2, 80),
        torch.zeros(2, 80, dtype=torch.int64),
        torch.zeros(2, 80, dtype=torch.float64),
        [[0.0] * 80],
        None,
    ],
    ids=["width", "one dimension", "three dimensions", "whole numbers", "float64", "list", "nothing"],
)
def test_wrong_latents_are_refused(tiny_generator: Generator, wrong: object) -> None:
    assert tiny_generator.dim_z == 80
    with pytest.raises(LatentError, match=r"expected float32 of shape \(N, 80\)") as caught:
        tiny_generator(wrong, tiny_generator.class_embeddings[0])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        torch.zeros(127),
        torch.zeros(3, 128),
        torch.zeros(2, 1, 128),
        torch.zeros(128, dtype=torch.int64),
        torch.zeros(128, dtype=torch.float64),
        [0.0] * 128,
        5,
        Condition([0.0] * 128),
    ],
    ids=["width", "number", "dimensions", "whole numbers", "float64", "list", "class", "list in a condition"],
)
def test_wrong_embeddings_are_refused(tiny_generator: Generator, wrong: object) -> None:
    with pytest.raises(EmbeddingError, match=r"; expected (float32 of shape \(2, 128\)|an embedding)") as caught:
        tiny_generator(torch.zeros(2, 80), wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrong", [(7,), (3, 0), (2, 1, 0)], ids=["width", "number", "dimensions"])
def test_wrong_offsets_are_refused(tiny_generator: Generator, wrong: tuple[int, ...]) -> None:
    n = tiny_generator.n_offsets
    offsets = torch.zeros(*wrong[:-1], wrong[-1] or n)
    with pytest.raises(EmbeddingError, match=rf"offsets came as .*\({n},\)") as caught:
        tiny_generator(torch.zeros(2, 80), Condition(tiny_generator.class_embeddings[0], offsets))
    assert "\n" not in str(caught.value)


def test_one_condition_for_all_or_one_each(tiny_generator: Generator) -> None:
    z, embedding = torch.randn(2, 80), tiny_generator.class_embeddings[3]
    expected = tiny_generator(z, embedding.repeat(2, 1))
    assert torch.equal(tiny_generator(z, embedding), expected)
    assert torch.equal(tiny_generator(z, embedding[None]), expected)
    assert torch.equal(tiny_generator(z, Condition(embedding)), expected)


def test_a_generator_prints_in_a_line(tiny_generator: Generator) -> None:
    assert repr(tiny_generator) == (
        f"<BigGAN: 10 classes, 32 px, dim_z 80, dim_embedding 128, fingerprint {tiny_generator.fingerprint}>"
    )
    assert (
        repr(NormsByClass())
        == "<NormsByClass: 2 classes, 8 px, dim_z 3, dim_embedding 0, fingerprint " + "0" * 16 + ">"
    )


def test_a_generator_describes_itself(tiny_generator: Generator) -> None:
    """The fixture's file: brock_biggan_32.json, and its table."""
    table = tiny_generator.class_embeddings
    assert tiny_generator.describe() == {
        "family": "BigGAN",
        "resolution": 32,
        "classes": 10,
        "dim_z": 80,
        "dim_embedding": 128,
        "blocks": 3,
        "channels": [32, 32, 32],
        "attention_before_blocks": False,
        "attention_after_blocks": [],
        "embedding_range": [round(float(table.min()), 4), round(float(table.max()), 4)],
        "classes_with_offsets": [],
        "fingerprint": tiny_generator.fingerprint,
        "class_names": list(CIFAR10),
    }


def test_counts_of_a_family_without_a_table() -> None:
    gan = NormsByClass(n_classes=3)
    assert (gan.n_classes, gan.dim_embedding) == (3, 0)
    assert gan.n_offsets == (4 + 4) + (5 + 5)


@pytest.fixture
def offsets_only() -> ClassEdit:
    return ClassEdit(torch.zeros(1, 0), offsets=torch.randn(18))


def test_an_edit_of_offsets_alone_draws(offsets_only: ClassEdit, monkeypatch: pytest.MonkeyPatch) -> None:
    gan = NormsByClass()
    offsets_only.check(gan)
    monkeypatch.setattr(batches, "DRAWING_MEMORY", 2 * gan.drawing_bytes)  # two images at once
    drawn = list(draw(gan, offsets_only, 5, seed=1))
    assert [len(images) for images in drawn] == [2, 2, 1]
    expected = gan(sample_latents(1, 5, 3), Condition(torch.zeros(5, 0), offsets_only.offsets))
    torch.testing.assert_close(torch.cat(drawn), expected, rtol=0, atol=1e-6)
    assert expected.shape == (5, 3, 8, 8)
    assert expected.std() > 0.01, "they are images, not one colour"


def test_an_edit_of_other_offsets_is_refused(offsets_only: ClassEdit, tiny_generator: Generator) -> None:
    with pytest.raises(EmbeddingError):
        offsets_only.check(tiny_generator)
    with pytest.raises(EmbeddingError, match="offsets of length 17"):
        ClassEdit(torch.zeros(1, 0), offsets=torch.zeros(17)).check(NormsByClass())
