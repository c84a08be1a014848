"""What a search can be told: the presets number for number, and what is refused."""

import math

import pytest

from ganmend.errors import OptionError
from ganmend.search.config import ALONE, PAPER_WEIGHT_DECAY, PRESETS, SearchConfig, search_config
from tests.search.stand_ins import FREE

DEFAULT = {
    "capacity": "norms", "offsets_learning_rate": 0.015,
    "steps": 120, "latents": 24, "steps_per_draw": 1, "learning_rate": 0.03, "decay_learning_rate": True,
    "weight_decay": None, "diversity": "features", "diversity_weight": 0.1, "diversity_layer": "", "ceiling": 0.7,
    "matching_weight": 8.0, "latent_map": False, "init": "best", "noise": None, "trials": 1, "vectors": 1,
    "validation_latents": 64, "validate_every": 10, "patience": 5, "memory": 0.0, "keep": "best",
    "prior_weight": None, "floor": None, "views": None,
}  # fmt: skip
# Li et al. 2020 and their released code.
PAPER = DEFAULT | {
    "capacity": "row", "learning_rate": 0.1,
    "steps": 200, "latents": 10, "steps_per_draw": 20, "decay_learning_rate": False, "weight_decay": 0.9,
    "diversity": "none", "ceiling": 1.0, "matching_weight": 0.0, "init": "top", "trials": 3, "patience": 0,
    **FREE,
}  # fmt: skip
POSITIVE = ("steps", "latents", "steps_per_draw", "trials", "vectors", "validation_latents", "validate_every")


def test_presets_are_these_numbers() -> None:
    assert list(PRESETS) == ["default", "paper"]
    assert SearchConfig().as_dict() == search_config().as_dict() == DEFAULT
    assert search_config("paper").as_dict() == PAPER
    assert search_config("paper", steps=3, keep="last").as_dict() == PAPER | {"steps": 3, "keep": "last"}


def test_real_images_hold_a_search_back_alone_and_without_them_all_that_is_known_to() -> None:
    assert PAPER_WEIGHT_DECAY == 0.9
    default = SearchConfig()
    assert default.settled(matches_real_images=True).as_dict() == DEFAULT | FREE | {"weight_decay": 0.0}
    alone = DEFAULT | ALONE | {"weight_decay": 0.0}
    assert default.settled(matches_real_images=False).as_dict() == alone
    without = default.settled(matches_real_images=False, has_prior=False).as_dict()
    assert without == alone | {"prior_weight": 0.0, "weight_decay": 0.9}
    assert search_config(prior_weight=0.0).settled(matches_real_images=False).as_dict() == without
    paper = search_config("paper")
    for matches in (True, False):
        assert paper.settled(matches_real_images=matches) == paper, "the paper's numbers stay as they are"
        assert SearchConfig(weight_decay=0.25).settled(matches_real_images=matches).weight_decay == 0.25
        for name, value in {"prior_weight": 0.5, "floor": 0.5, "views": not matches}.items():
            told = search_config(**{name: value}).settled(matches_real_images=matches)
            assert getattr(told, name) == value


@pytest.mark.parametrize("name", POSITIVE)
def test_counts_begin_at_one_and_pairs_need_two(name: str) -> None:
    least = 2 if "latents" in name else 1
    assert search_config(**{name: least}).as_dict() == DEFAULT | {name: least}
    for too_few in (least - 1, 0, -1):
        with pytest.raises(OptionError):
            search_config(**{name: too_few})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("learning_rate", (1e-9, 5.0), (0.0, -0.1, math.nan)),
        ("learning_rate", (1000.0,), (1001.0, math.inf, 10**400)),
        ("capacity", ("row", "layers", "norms"), ("Norms", "", "gains", None)),
        ("offsets_learning_rate", (1e-9, 1000.0), (0.0, 1001.0, math.nan, None)),
        ("ceiling", (0.01, 1.0), (0.0, -1.0, 1.01, math.nan)),
        ("memory", (0.0, 0.5), (-0.1, 1e300, math.nan)),
        ("noise", (None, 0.0, 1000.0), (-1.0, 1001.0, math.inf)),
        ("weight_decay", (None, 0.0, 1000.0), (-1.0, 1001.0)),
        ("diversity_weight", (0.0, 1e6), (-1.0, 1e38, None)),
        ("matching_weight", (0.0, 1e6), (-1.0, 1e7, None)),
        ("prior_weight", (None, 0.0, 1e6), (-1.0, 1e7, "6")),
        ("floor", (None, 0.0, 1.0), (-0.1, 1.1)),
        ("views", (None, True, False), (1, "yes")),
        ("steps", (10**6,), (10**6 + 1, 2.5, True)),
        ("latents", (10**4,), (10**4 + 1, 10**5000)),
        ("steps_per_draw", (10**6,), (10**6 + 1,)),
        ("trials", (1000,), (1001,)),
        ("vectors", (1000,), (1001,)),
        ("validation_latents", (10**4,), (10**4 + 1,)),
        ("validate_every", (10**6,), (10**6 + 1,)),
        ("patience", (0, 10**6), (-3, 10**6 + 1)),
        ("diversity", ("none", "softmax", "features", "pixels"), ("Features", "", "lpips")),
        ("init", ("best", "mean", "top", "random", "target"), ("middle", "")),
        ("keep", ("best", "last"), ("first", "")),
    ],
)
def test_the_range_of_every_setting(name: str, good: tuple[object, ...], bad: tuple[object, ...]) -> None:
    for value in good:
        assert getattr(search_config(**{name: value}), name) == value
    for value in bad:
        with pytest.raises(OptionError, match=rf"^{name} is .{{1,80}}; expected .{{1,80}}$"):
            search_config(**{name: value})


def test_unknown_names_are_answered_with_known_ones() -> None:
    with pytest.raises(OptionError, match="unknown preset 'papr'; expected one of default, paper"):
        search_config("papr")
    with pytest.raises(OptionError, match="unknown search setting 'stepz'; known are capacity, ceiling, decay_"):
        search_config(zteps=1, stepz=1)


def test_evaluations_are_steps_times_latents_times_trials() -> None:
    assert SearchConfig(steps=10, latents=8, trials=3, vectors=2, validation_latents=5).evaluations() == 240
