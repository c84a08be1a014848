"""What a search maximises."""

from ganmend.objective.diversity import DIVERSITIES, disjoint_pairs, diversity_ratio, representation
from ganmend.objective.energy import energy_distance, matching_distance
from ganmend.objective.log_probability import saturated, target_log_probability

__all__ = [
    "DIVERSITIES",
    "disjoint_pairs",
    "diversity_ratio",
    "energy_distance",
    "matching_distance",
    "representation",
    "saturated",
    "target_log_probability",
]
