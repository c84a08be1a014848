"""Drawing: the same images whatever the batches; walks from one edit to another."""

import pytest
import torch

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.sampling import draw
from ganmend.edits.walks import walk
from ganmend.errors import Cancelled, DrawingError
from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from tests.search.stand_ins import DIM_EMBEDDING, DIM_Z, LinearGenerator


def rich_edit(seed: int, vectors: int = 2) -> ClassEdit:
    numbers = torch.Generator().manual_seed(seed)
    vector, latent_map, offsets = (
        torch.randn(*shape, generator=numbers) for shape in ((vectors, DIM_EMBEDDING), (DIM_Z, DIM_Z), (6,))
    )
    return ClassEdit(vector, latent_map, offsets, torch.tensor([0.25, 0.75]) if vectors == 2 else None)


def test_drawing_does_not_depend_on_batches(tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    row = class_row(tiny_generator, 2)
    whole = torch.cat(list(draw(tiny_generator, row, 7, seed=1)))
    monkeypatch.setattr("ganmend.edits.sampling.BATCH", 3)
    parts = torch.cat(list(draw(tiny_generator, row, 7, seed=1)))
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)  # other batch sizes sum in another order


def test_sample_i_is_drawn_with_its_latent_its_vector_its_map_and_offsets() -> None:
    generator, edit = LinearGenerator(), rich_edit(0)
    images = torch.cat(list(draw(generator, edit, 6, seed=9, start=2)))
    z = sample_latents(9, 8, DIM_Z)
    for place, sample in enumerate(range(2, 8)):
        # The golden ratio's multiples, of which a quarter goes to the first vector.
        vector = edit.vectors[int(sample * 0.6180339887498949 % 1 >= 0.25)]
        assert edit.latent_map is not None
        expected = generator((edit.latent_map @ z[sample])[None], Condition(vector, edit.offsets))
        torch.testing.assert_close(images[place], expected[0])


@pytest.mark.parametrize("start", [1, 3, 4])
def test_a_start_goes_on_with_the_stream(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.edits.sampling.BATCH", 3)
    generator, edit = LinearGenerator(), rich_edit(1)
    whole = torch.cat(list(draw(generator, edit, 9, seed=4)))
    rest = torch.cat(list(draw(generator, edit, 9 - start, seed=4, start=start)))
    torch.testing.assert_close(rest, whole[start:])
    assert len(whole.flatten(1).unique(dim=0)) == 9
    assert not torch.equal(whole, torch.cat(list(draw(generator, edit, 9, seed=5))))


def test_latents_are_the_generators_or_as_told() -> None:
    generator = LinearGenerator(truncation=0.5)
    row = class_row(generator, 0)
    for told, used in ((None, 0.5), (0.1, 0.1)):
        generator.fed.clear()
        list(draw(generator, row, 3, seed=0, truncation=told))
        torch.testing.assert_close(torch.cat(generator.fed), sample_latents(0, 3, DIM_Z, truncation=used))
    generator.truncation = None
    generator.fed.clear()
    list(draw(generator, row, 3, seed=0))
    torch.testing.assert_close(torch.cat(generator.fed), sample_latents(0, 3, DIM_Z))


def test_batches_are_of_a_hundred_or_what_memory_holds() -> None:
    generator = LinearGenerator()
    row = class_row(generator, 0)
    assert [len(images) for images in draw(generator, row, 201, seed=0)] == [100, 100, 1]
    generator.drawing_bytes = 1 << 28  # two of them are the half gigabyte that drawing may take
    assert [len(images) for images in draw(generator, row, 5, seed=0)] == [2, 2, 1]
    assert list(draw(generator, row, 0, seed=0)) == []


def test_drawing_tells_every_batch_can_be_cancelled_and_keeps_no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.edits.sampling.BATCH", 3)
    generator, told = LinearGenerator(), []
    edit = ClassEdit(torch.randn(1, DIM_EMBEDDING, requires_grad=True))
    assert not any(images.requires_grad for images in draw(generator, edit, 7, 0, start=5, on_progress=told.append))
    assert told == [Progress("drawing", done, 7) for done in (3, 6, 7)]

    def end(progress: Progress) -> None:
        raise Cancelled

    images = draw(generator, edit, 7, 0, on_progress=end)
    assert len(next(images)) == 3
    with pytest.raises(Cancelled):
        next(images)


def test_a_walk_goes_from_the_first_to_the_last_row_by_row() -> None:
    generator = LinearGenerator(truncation=0.7)
    first, last = rich_edit(0), rich_edit(1)
    images = walk(generator, first, last, steps=5, seed=3, rows=2).unflatten(0, (2, 5))  # (rows, steps, 3, H, W)
    z = sample_latents(3, 2, DIM_Z, truncation=0.7)
    (z0, start), (z1, end) = first.condition(z), last.condition(z)
    torch.testing.assert_close(images[:, 0], generator(z0, start))
    torch.testing.assert_close(images[:, -1], generator(z1, end))
    assert start.offsets is not None
    assert end.offsets is not None
    middle = Condition((start.embedding + end.embedding) / 2, (start.offsets + end.offsets) / 2)
    torch.testing.assert_close(images[:, 2], generator((z0 + z1) / 2, middle))
    quarter = Condition(
        0.75 * start.embedding + 0.25 * end.embedding, 0.75 * start.offsets + 0.25 * end.offsets
    )  # fmt: skip
    torch.testing.assert_close(images[:, 1], generator(0.75 * z0 + 0.25 * z1, quarter))
    assert len(walk(generator, first, last, steps=3, seed=3)) == 12, "four rows where none are told"


def test_offsets_that_one_end_lacks_are_zero_there() -> None:
    generator = LinearGenerator()
    plain, with_offsets = class_row(generator, 0), rich_edit(2, vectors=1)
    images = walk(generator, plain, with_offsets, steps=3, seed=0, rows=1)
    z = sample_latents(0, 1, DIM_Z)
    torch.testing.assert_close(images[:1], generator(z, plain.vectors[0]))
    torch.testing.assert_close(images[2:], generator(*with_offsets.condition(z)))


def test_images_that_are_no_numbers_are_refused_with_their_cause() -> None:
    generator = LinearGenerator()
    far = ClassEdit(torch.full((1, DIM_EMBEDDING), 3e38), target="frog")
    row = class_row(generator, 0)
    assert next(draw(generator, row, 2, seed=0)).isfinite().all()
    with pytest.raises(DrawingError, match=r"draws NaN for 'frog': .*, or the embedding is too large"):
        next(draw(generator, far, 2, seed=0))
    with pytest.raises(DrawingError, match=r"draws NaN for 'class 0': .*, or the embedding"):
        walk(generator, row, far, 3, seed=0)
    generator.a[0, 0] = torch.nan
    with pytest.raises(DrawingError, match="draws NaN for 'class 0': its weights are damaged"):
        next(draw(generator, row, 2, seed=0))
