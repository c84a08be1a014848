"""The range that the trained class table spans."""

from torch import Tensor


def table_bounds(table: Tensor) -> tuple[float, float]:
    """Smallest and largest entry of the class table (n_classes, dim): the box of the search (Li et al. 2020)."""
    return table.min().item(), table.max().item()


def project(embedding: Tensor, bounds: tuple[float, float]) -> Tensor:
    """Clamp in place, after the step: inside the loss a clamp has no gradient outside, and coordinates stick."""
    return embedding.clamp_(*bounds)
