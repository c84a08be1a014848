"""Searches in which chosen trials meet numbers that are none, at chosen steps."""

from collections.abc import Callable, Collection
from functools import cache

import torch
from torch import Tensor

from ganmend.models.condition import Condition
from ganmend.models.latents import sample_latents
from ganmend.search.config import search_config
from ganmend.search.loop import SearchResult, search
from ganmend.search.state import SearchState
from tests.search.stand_ins import DIM_EMBEDDING, DIM_Z, FREE, LinearGenerator, linear_classifier

TRIALS, LATENTS, STEPS, SEED = 3, 4, 12, 6
SETTINGS = {"steps": STEPS, "latents": LATENTS, "validation_latents": 6, "validate_every": 1, "trials": TRIALS,
            "patience": 0, "weight_decay": 0.0} | FREE  # fmt: skip
Poison = Callable[[Tensor], Tensor]  # images of a trial (N, 3, H, W) -> others
EVER = range(STEPS + 1)  # 0 is the validations


def nan_images(images: Tensor) -> Tensor:
    return images * torch.nan


def infinite_images(images: Tensor) -> Tensor:
    return images + torch.inf


def nan_gradient(images: Tensor) -> Tensor:
    """Images and loss are as they were."""
    changed = images.view_as(images)
    if changed.requires_grad:
        changed.register_hook(lambda gradient: gradient * torch.nan)
    return changed


def huge_gradient(images: Tensor) -> Tensor:
    """Finite, but its square is not."""
    changed = images.view_as(images)
    if changed.requires_grad:
        changed.register_hook(lambda gradient: gradient * 1e30)
    return changed


class PoisonedGenerator(LinearGenerator):
    """Changes the images of some trials, which it knows by their place, in some steps, which it knows by latents."""

    def __init__(self, poison: Poison, trials: Collection[int], steps: Collection[int]) -> None:
        super().__init__()
        self.poison, self.trials, self.steps = poison, trials, steps

    def images(self, z: Tensor, condition: Condition) -> Tensor:
        of_trials = super().images(z, condition).chunk(TRIALS)
        step = next(step for step, first in first_latents().items() if torch.equal(first, z[:1]))
        bad = self.trials if step in self.steps else ()
        return torch.cat([self.poison(part) if trial in bad else part for trial, part in enumerate(of_trials)])


@cache
def first_latents() -> dict[int, Tensor]:
    """The first latent (1, dim_z) that each step draws, and under 0 that of the validations."""
    drawn = {step: sample_latents(SEED, 1, DIM_Z, start=(step - 1) * LATENTS, purpose="train") for step in EVER[1:]}
    return drawn | {0: sample_latents(SEED, 1, DIM_Z, purpose="validation")}


def poisoned(
    poison: Poison = nan_images,
    trials: Collection[int] = (),
    steps: Collection[int] = (),
    state: SearchState | None = None,
    **changes: object,
) -> tuple[SearchResult, list[SearchState]]:
    """A search, and its state after each step."""
    states: list[SearchState] = []
    start = torch.randn(TRIALS, 1, DIM_EMBEDDING, generator=torch.Generator().manual_seed(3))
    found = search(
        PoisonedGenerator(poison, trials, steps), linear_classifier(), start, torch.tensor([1, 0, 2]),
        search_config(**SETTINGS | changes), seed=SEED, state=state, on_state=states.append,
    )  # fmt: skip
    return found, states
