"""Balance: the mean answer over samples has the wished shares, while each single answer is sure.

Krause et al. 2010 (Discriminative clustering by regularized information maximization, section 3) share samples out
among classes by two terms: the mean answer is near to given proportions, and each single answer has low entropy.
Without the second, samples that are all half of everything would do. Here the samples move and the classifier stays.
Our divergence is the other way round than theirs, KL(shares || mean): it is infinite where an attribute that is wished
for never appears, and its gradient does not vanish there.
"""

import math

import torch
from torch import Tensor


def imbalance(logits: Tensor, shares: Tensor) -> Tensor:
    """The divergence KL(shares || mean answer), in nats: how far the samples together are from the wished shares.

    Args:
        logits: (..., N, A) of the attributes alone.
        shares: (A,) wished for, at least 0, summing to 1.

    Returns:
        (...), at least 0; 0 only where the mean answer is the wished one.
    """
    # log (1/N sum_i p_ia), without leaving the logarithm: an attribute that no sample shows still has a gradient.
    log_mean = logits.log_softmax(-1).logsumexp(-2) - math.log(logits.shape[-2])  # (..., A)
    divergence: Tensor = (torch.special.xlogy(shares, shares) - shares * log_mean).sum(-1)
    return divergence


def unsureness(logits: Tensor) -> Tensor:
    """Mean entropy of the single answers, in nats: logits (..., N, A) of the attributes alone -> (...)."""
    log_probability = logits.log_softmax(-1)
    return -(log_probability.exp() * log_probability).sum(-1).mean(-1)
