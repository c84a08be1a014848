"""Copies of real images among samples: found where there are some, and seldom where there are none."""

from dataclasses import replace

import pytest
import torch
from scipy.stats import betabinom
from torch import Tensor

from ganmend.errors import GanmendError
from ganmend.metrics import memorisation as module
from ganmend.metrics.memorisation import (
    FEWEST,
    Memorisation,
    Views,
    chance_of_as_many,
    memorisation,
    nearest,
    thumbnails,
)
from tests.metrics.drawn import noise, normal

WIDTH = 16


def verdict(samples: Views, real: Views) -> Memorisation:
    found = memorisation(samples, real)
    assert found is not None
    return found[0]


def with_copies(samples: Tensor, real: Tensor, share: float, spread: float, seed: int) -> Views:
    """Some of the samples replaced by real vectors, each moved a little."""
    n = round(share * len(samples))
    chosen = torch.randint(len(real), (n,), generator=torch.Generator().manual_seed(seed))
    return Views(torch.cat([real[chosen] + spread * normal(n, WIDTH, seed), samples[n:]]))


@pytest.mark.parametrize(("n_real", "n"), [(20, 200), (200, 200), (100, 1000)])
def test_five_percent_of_copies_are_found_and_real_images_are_none(n_real: int, n: int) -> None:
    """Power at least 0.9, false alarms at most one in twenty; a lightly altered copy lies at a fifth of the spread."""
    found = {"exact": 0, "altered": 0, "none": 0, "narrow": 0}
    for seed in range(20):
        drawn = normal(n_real + n, WIDTH, seed)
        real, samples = drawn[:n_real], drawn[n_real:]
        found["exact"] += verdict(with_copies(samples, real, 0.05, 0.0, seed), Views(real)).suspected
        found["altered"] += verdict(with_copies(samples, real, 0.05, 0.2, seed), Views(real)).suspected
        found["none"] += verdict(Views(samples), Views(real)).suspected
        # Nearer to the real vectors than these are to each other, but to no single one.
        found["narrow"] += verdict(Views(0.7 * samples), Views(real)).suspected
    assert min(found["exact"], found["altered"]) >= 18
    assert max(found["none"], found["narrow"]) <= 1


def test_one_picture_drawn_for_ever_is_found_only_where_it_is_a_real_one() -> None:
    real = normal(100, WIDTH)
    assert verdict(Views(real[3:4].expand(50, -1) + 0.05 * normal(50, WIDTH, 1)), Views(real)).suspected
    assert not verdict(Views(normal(1, WIDTH, 2).expand(50, -1) + 0.05 * normal(50, WIDTH, 1)), Views(real)).suspected


def test_real_images_that_resemble_each_other_excuse_samples_that_do() -> None:
    """Every real vector has a near twin, so that a sample near to one is nothing unusual."""
    twins = torch.cat([normal(50, WIDTH), normal(50, WIDTH) + 0.2 * normal(50, WIDTH, 1)])
    figures = verdict(with_copies(normal(200, WIDTH, 3), twins[:50], 0.05, 0.0, 0), Views(twins[:50]))
    assert (figures.suspected, figures.near_samples, figures.near_real) == (True, 0.05, 0.0)
    figures = verdict(with_copies(normal(200, WIDTH, 3), twins, 0.05, 0.0, 0), Views(twins))
    assert (figures.suspected, figures.near_samples) == (False, 0.05)
    assert figures.near_real > 0.9


def test_a_folder_that_holds_its_pictures_twice_or_mirrored_excuses_nothing() -> None:
    images = noise(30, 8)
    features = normal(30, WIDTH)
    real = Views(features, thumbnails(images))
    copies = Views(
        torch.cat([features[:5], normal(95, WIDTH, 2)]), thumbnails(torch.cat([images[:5], noise(95, 8, seed=1)]))
    )
    once = verdict(copies, real)
    assert once.suspected
    for other, seen in ((images, features), (images.flip(-1), normal(30, WIDTH, 3))):
        doubled = Views(torch.cat([features, seen]), thumbnails(torch.cat([images, other])))
        assert replace(verdict(copies, doubled), p_value=once.p_value) == once
        assert memorisation(copies, doubled)[1].indices.max() < 30  # type: ignore[index]
    bare = Views(features.repeat(2, 1))
    assert verdict(Views(copies.features), bare) == verdict(Views(copies.features), Views(features))


def test_a_mirrored_copy_is_a_copy() -> None:
    images, features = noise(100, 8), normal(100, WIDTH)
    others = normal(100, WIDTH, 1)  # how a classifier sees the mirror images
    drawn = Views(others, thumbnails(images.flip(-1)), mirrored=features)
    assert verdict(drawn, Views(features, thumbnails(images))).near_samples == 1
    assert verdict(drawn, Views(features)).near_samples == 1, "also where only features are known"
    assert verdict(Views(others, mirrored=normal(100, WIDTH, 2)), Views(features)).near_samples == 0


def test_both_views_count() -> None:
    """What is like a picture in one view alone is no copy of it."""
    images, features = noise(100, 8), normal(100, WIDTH)
    real = Views(features, thumbnails(images))
    for other in (Views(features, thumbnails(noise(100, 8, seed=1))), Views(normal(100, WIDTH, 1), thumbnails(images))):
        assert verdict(other, real).near_samples == 0
    assert verdict(real, real).near_samples == 1
    # In units of each view: one with numbers a thousand times as large outweighs nothing.
    assert (
        verdict(Views(1000 * features, noise(100, 8, seed=1)), Views(1000 * features, thumbnails(images))).near_samples
        == 0
    )


def test_the_nearest_and_its_ratio() -> None:
    real = torch.tensor([[0.0], [1.0], [3.0], [9.0]])
    found = nearest(Views(torch.tensor([[0.4], [8.0]])), Views(real), [2.0])
    # Of four, the three nearest count: 0.4, 0.6, 2.6 and 1, 5, 7.
    assert torch.allclose(found.ratios, torch.tensor([1.2 / 3.6, 3 / 13], dtype=torch.float64))
    assert found.indices.tolist() == [0, 3]
    own = nearest(Views(real[:2]), Views(real), [2.0], themselves=True)
    assert torch.allclose(own.ratios, torch.tensor([3 / 13, 3 / 11], dtype=torch.float64))
    assert own.indices.tolist() == [1, 0]


def test_parts_of_the_matrix_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    real, samples = Views(normal(60, WIDTH).repeat(2, 1)), Views(torch.cat([normal(7, WIDTH), normal(50, WIDTH, 1)]))
    whole, neighbours = memorisation(samples, real)  # type: ignore[misc]
    monkeypatch.setattr(module, "CELLS", 700)  # five rows
    again, same = memorisation(samples, real)  # type: ignore[misc]
    assert whole == again
    assert torch.equal(neighbours.indices, same.indices)
    assert neighbours.indices[:7].tolist() == list(range(7))


def test_of_many_real_images_the_first_ones_tell_what_is_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    real = normal(60, WIDTH)
    real[1] = real[0] + 0.1  # near copies of each other, and no others
    assert verdict(Views(real), Views(real)).near_real == 2 / 60
    monkeypatch.setattr(module, "CALIBRATED", 10)
    assert verdict(Views(real), Views(real)).near_real == 2 / 10


def test_too_few_different_real_images_say_nothing() -> None:
    real = normal(FEWEST, WIDTH)
    assert memorisation(Views(real), Views(real)) is not None
    assert memorisation(Views(real), Views(real[1:])) is None
    assert memorisation(Views(real), Views(real[1:].repeat(3, 1))) is None
    assert memorisation(Views(real), Views(torch.ones(50, WIDTH))) is None


def test_the_chance_is_a_beta_binomial_mixture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PRIORS", ((1.0, 1.0, 199.0),))
    assert chance_of_as_many(7, 200, 2, 50) == pytest.approx(betabinom.sf(6, 200, 3, 247), rel=1e-9)
    monkeypatch.setattr(module, "PRIORS", ((0.25, 1.0, 199.0), (0.75, 2.0, 3.0)))
    foretold = [0.25 * betabinom.pmf(2, 50, 1, 199), 0.75 * betabinom.pmf(2, 50, 2, 3)]
    tails = [betabinom.sf(6, 200, 3, 247), betabinom.sf(6, 200, 4, 51)]
    expected = sum(share * tail for share, tail in zip(foretold, tails, strict=True)) / sum(foretold)
    assert chance_of_as_many(7, 200, 2, 50) == pytest.approx(expected, rel=1e-9)
    assert chance_of_as_many(0, 200, 2, 50) == pytest.approx(1.0, abs=1e-9)


def test_thumbnails_are_means_of_squares_whatever_the_size() -> None:
    images = noise(2, 32, 16)
    got = thumbnails(images)
    assert got.shape == (2, 3, 8, 8)
    assert torch.allclose(got[1, 2, 3, 5], images[1, 2, 12:16, 10:12].mean())
    assert thumbnails(images[..., :4, :4]).shape == (2, 3, 8, 8)


def test_figures_come_back_as_they_went() -> None:
    figures = Memorisation(0.05, 0.01, 0.009, 200, 100)
    assert Memorisation.from_dict(figures.as_dict()) == figures
    assert (figures.suspected, replace(figures, p_value=0.01).suspected) == (True, False)
    for broken in (None, [], {}, figures.as_dict() | {"more": 1}, figures.as_dict() | {"n": "200"}):
        with pytest.raises(GanmendError, match="the figures of memorisation are"):
            Memorisation.from_dict(broken)
