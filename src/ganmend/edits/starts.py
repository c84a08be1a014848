"""Where a search starts: the paper's four initialisations (Li et al. 2020, section 3.3), and the best of them."""

import torch
from torch import Tensor

from ganmend.edits.initialisations import INITIALISATIONS
from ganmend.errors import OptionError

# The released recipe's noise, as a standard deviation per coordinate.
PAPER_NOISE = {"best": 0.0, "mean": 0.1, "top": 0.0, "random": 0.0, "target": 0.1}


def initial_embeddings(
    table: Tensor,
    method: str,
    trials: int,
    *,
    noise: float | None,
    seed: int,
    target_row: int | None = None,
    ranking: Tensor | None = None,
    candidates: Tensor | None = None,
) -> Tensor:
    """The starting point of each trial, as Li et al. (2020, section 3.3) and their released code choose it.

    Args:
        table: (n_classes, dim) the class table.
        method: 'mean' of all rows, the 'top' rows of `ranking`, 'random' rows, the 'target' class's own row, or the
            'best' of `candidates`.
        trials: how many; 'best', 'top' and 'random' take different ones while there are any.
        noise: standard deviation of the Gaussian noise added; None takes the released recipe's.
        seed: of rows and noise.
        target_row: needed by 'target'.
        ranking: (n_classes,) row indices, best first, needed by 'top'.
        candidates: (C, dim), best first, needed by 'best'.

    Returns:
        (trials, dim).

    Raises:
        OptionError: unknown method, or 'target' for a class that the generator does not have.
    """
    if method not in INITIALISATIONS:
        raise OptionError(f"unknown initialisation {method!r}; expected one of {', '.join(INITIALISATIONS)}")
    generator = torch.Generator().manual_seed(seed)
    order = torch.arange(trials) % len(table)
    if method == "best":
        assert candidates is not None
        start = candidates[torch.arange(trials) % len(candidates)]
    elif method == "mean":
        start = table.mean(0).expand(trials, -1)
    elif method == "top":
        assert ranking is not None
        start = table[ranking[order]]
    elif method == "random":
        start = table[torch.randperm(len(table), generator=generator)[order]]
    elif target_row is None:
        raise OptionError("init 'target' needs a class that the generator has; use 'top' or 'mean' for a new class")
    else:
        start = table[target_row].expand(trials, -1)
    spread = PAPER_NOISE[method] if noise is None else noise
    return start + spread * torch.randn(start.shape, generator=generator)
