"""What a step compares and is fed depends on seed and step alone."""

from itertools import pairwise

import torch

from ganmend.search.config import search_config
from ganmend.search.loop import search
from ganmend.search.pairs import PairStream
from ganmend.search.trials import Judgement
from ganmend.search.validation import PAIRS, Validation, draw_latents
from tests.search.stand_ins import LinearGenerator, linear_classifier


def test_pairs_are_the_same_in_any_order_of_asking() -> None:
    in_order = PairStream(3, 10)
    expected = {step: in_order.at(step) for step in range(1, 9)}
    mixed = PairStream(3, 10)
    for step in (5, 2, 8, 8, 1, 7, 3, 6, 4):
        assert torch.equal(mixed.at(step), expected[step]), step
    assert len({str(pairs) for pairs in expected.values()}) == 8, "each step has pairs of its own"
    assert not torch.equal(PairStream(4, 10).at(1), expected[1])


def test_pairs_are_disjoint_and_of_all_samples() -> None:
    pairs = PairStream(0, 10).at(4)
    assert sorted(pairs.flatten().tolist()) == list(range(10))


def latents_of_steps(**changes: object) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Training latents of each step, and the validation latents, as the generator is fed them."""
    generator = LinearGenerator()
    config = search_config(**{"latents": 4, "validation_latents": 6, "validate_every": 100, "trials": 1} | changes)
    start = generator.class_embeddings[None, :1]
    search(generator, linear_classifier(), start, torch.tensor([0]), config, seed=2)
    # A step draws 4 samples, a validation 6.
    steps = [z for z in generator.fed if len(z) == 4]
    return steps, Validation(judgement(generator, 6), 2).z


def judgement(generator: LinearGenerator, n: int) -> Judgement:
    return Judgement(generator, linear_classifier(), torch.tensor([0]), search_config(validation_latents=n))


def test_a_draw_serves_its_steps_then_new_latents_come() -> None:
    steps, _ = latents_of_steps(steps=7, steps_per_draw=3)
    stream = draw_latents(LinearGenerator(), 2, 12, "train")
    assert [torch.equal(a, b) for a, b in pairwise(steps)] == [True, True, False, True, True, False]
    for step, z in enumerate(steps):
        assert torch.equal(z, stream[step // 3 * 4 :][:4])


def test_validation_latents_are_never_trained_on() -> None:
    steps, validation = latents_of_steps(steps=5)
    trained = torch.cat(steps)
    assert len(trained.unique(dim=0)) == 20
    assert len(torch.cat([trained, validation]).unique(dim=0)) == 26


def test_validation_compares_all_pairs_of_few_samples_and_evenly_chosen_ones_of_many() -> None:
    every = [[i, j] for i in range(6) for j in range(i + 1, 6)]
    assert Validation(judgement(LinearGenerator(), 6), 0).pairs.tolist() == every
    many = Validation(judgement(LinearGenerator(), 64), 0).pairs
    assert PAIRS == 512
    assert len(many) == 64 * 63 // 2 // 3, "each third: of 2016 pairs, 3 times 512 and more"
    assert many[1].tolist() == [0, 4]
    assert (many[:, 0] < many[:, 1]).all()
    assert len(many.unique()) >= 63, "the last pair, (62, 63), may be left out, and sample 63 with it"


def test_latents_follow_seed_truncation_and_place_in_the_stream() -> None:
    plain, cut = LinearGenerator(), LinearGenerator(truncation=0.1)
    assert torch.equal(draw_latents(plain, 2, 3, "train", 4), draw_latents(plain, 2, 7, "train")[4:])
    assert not torch.equal(draw_latents(plain, 2, 3, "train"), draw_latents(plain, 1, 3, "train"))
    assert draw_latents(cut, 2, 50, "train").abs().max() <= 0.2, "truncation 0.1 of [-2, 2]"
    assert draw_latents(plain, 2, 50, "train").abs().max() > 0.2
