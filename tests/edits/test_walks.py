"""Walks: where they pass, and that their stops are what is drawn there alone."""

import math

import pytest
import torch
from torch import Tensor

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.sampling import draw, draw_seed
from ganmend.edits.walks import class_walk, latent_walk, slerp, walk
from ganmend.models.protocol import Generator
from ganmend.progress import Progress


def test_slerp_keeps_the_length_and_turns_evenly() -> None:
    first, last = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 2.0]])
    for share in (0.0, 0.25, 0.5, 1.0):
        angle = share * math.pi / 2
        expected = 2 * torch.tensor([[math.cos(angle), math.sin(angle)]])
        assert torch.allclose(slerp(first, last, share), expected, atol=1e-6)


def test_slerp_ends_exactly_and_row_by_row() -> None:
    first, last = torch.randn(3, 8), torch.randn(3, 8)
    assert torch.equal(slerp(first, last, 0.0), first)
    assert torch.equal(slerp(first, last, 1.0), last)
    assert torch.equal(slerp(first, last, 0.3)[1:2], slerp(first[1:2], last[1:2], 0.3))
    assert torch.allclose(slerp(first, last, 0.3), slerp(last, first, 0.7), atol=1e-6)


@pytest.mark.parametrize("factor", [1.0, 3.0, -1.0])
def test_slerp_of_one_line_is_straight(factor: float) -> None:
    z = torch.tensor([[1.0, 2.0, -1.0]])
    assert torch.allclose(slerp(z, factor * z, 0.25), (0.75 + 0.25 * factor) * z, atol=1e-6)


def test_a_seed_draws_its_first_sample(tiny_generator: Generator) -> None:
    edit = class_row(tiny_generator, 6)
    for truncation in (None, 0.5):
        (first,) = draw(tiny_generator, edit, 1, 77, truncation=truncation)
        assert torch.equal(draw_seed(tiny_generator, edit, 77, truncation=truncation), first)


def test_seeds_take_turns_among_vectors(tiny_generator: Generator) -> None:
    table = tiny_generator.class_embeddings
    edit = ClassEdit(table[[2, 7, 5]])
    for seed, row in ((3, 2), (4, 7), (77, 5)):
        assert torch.equal(
            draw_seed(tiny_generator, edit, seed), draw_seed(tiny_generator, ClassEdit(table[[row]]), seed)
        )


def test_a_latent_walk_passes_its_seeds(tiny_generator: Generator) -> None:
    table = tiny_generator.class_embeddings
    edit = ClassEdit(table[[2, 7]], 0.8 * torch.eye(80).roll(1, 0))
    seen: list[Progress] = []
    images = latent_walk(tiny_generator, edit, [4, 9, 2], 4, on_progress=seen.append)
    assert len(images) == 7, "a stop between two ways is shown once"
    for place, seed in ((0, 4), (3, 9), (6, 2)):
        assert torch.equal(images[place : place + 1], draw_seed(tiny_generator, edit, seed))
    assert [(event.done, event.total) for event in seen] == [(done, 7) for done in range(1, 8)]


def test_between_two_seeds_latents_are_on_the_sphere(tiny_generator: Generator) -> None:
    fed: list[Tensor] = []

    def keep(_module: object, words: tuple[Tensor, ...]) -> None:
        fed.append(words[0])

    hook = tiny_generator.register_forward_pre_hook(keep)
    try:
        latent_walk(tiny_generator, class_row(tiny_generator, 1), [4, 9], 3)
    finally:
        hook.remove()
    first, middle, last = fed
    assert torch.allclose(middle, slerp(first, last, 0.5))
    assert middle.norm() > ((first + last) / 2).norm() * 1.2, "longer than the straight way's"


def test_a_class_walk_is_walks_one_after_another(tiny_generator: Generator) -> None:
    stops = [class_row(tiny_generator, index) for index in (6, 3, 1)]
    images = class_walk(tiny_generator, stops, 3, 5, rows=2).unflatten(0, (2, 5))
    for begin, (first, last) in ((0, stops[:2]), (2, stops[1:])):
        way = walk(tiny_generator, first, last, 3, 5, rows=2).unflatten(0, (2, 3))
        assert torch.equal(images[:, begin : begin + 3], way)
