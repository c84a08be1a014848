"""Confidence of a proportion."""

import math


def wilson_interval(successes: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The score interval of a proportion (Wilson 1927).

    Args:
        successes: 0 to n.
        n: trials, at least 1.
        z: quantile of the normal distribution; 1.96 gives 95 %.

    Returns:
        Its ends, 0 <= low <= successes / n <= high <= 1.
    """
    share, square = successes / n, z * z
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
