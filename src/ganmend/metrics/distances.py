"""FID and KID on any features, by torchmetrics."""

import warnings

import torch
from torch import Tensor, nn

from ganmend.errors import OptionError
from ganmend.metrics.gaussian import Gaussian

LARGEST_SUBSET = 1000


class _Identity(nn.Module):
    """Features are computed already; torchmetrics asks for a network."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


def frechet_distance(real: Gaussian, fake: Gaussian) -> float:
    """|m - m'|^2 + tr(C + C' - 2 (C C')^1/2) (Heusel et al. 2017, equation 6), float64."""
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(_Identity(len(real.mean)))
    metric.orig_dtype = torch.float64  # what update() would have noted
    for kind, gaussian in (("real", real), ("fake", fake)):
        n, mean = gaussian.n, gaussian.mean.double()
        setattr(metric, f"{kind}_features_sum", mean * n)
        outer = gaussian.covariance.double() * (n - 1) + n * torch.outer(mean, mean)
        setattr(metric, f"{kind}_features_cov_sum", outer)
        setattr(metric, f"{kind}_features_num_samples", torch.tensor(n))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The ``compute`` method of metric", UserWarning)  # its sums are set above
        return max(0.0, metric.compute().item())


def kernel_distance(real: Tensor, fake: Tensor, *, subsets: int = 50, seed: int = 0) -> float:
    """Mean squared MMD with the cubic polynomial kernel over random subsets (Binkowski et al. 2018, section 4).

    Args:
        real: (M, F).
        fake: (N, F).
        subsets: how many; each of min(M, N, 1000) vectors.
        seed: of the subsets.

    Raises:
        OptionError: a side has a single vector; the unbiased estimate needs two.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    size = min(len(real), len(fake), LARGEST_SUBSET)
    if size < 2:
        raise OptionError(f"{len(real)} real and {len(fake)} generated samples came; KID needs at least 2 of each")
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.filterwarnings("ignore", "Metric `Kernel Inception Distance` will save all", UserWarning)
        torch.manual_seed(seed)
        metric = KernelInceptionDistance(_Identity(real.shape[1]), subsets=subsets, subset_size=size)
        metric.update(real.double(), real=True)
        metric.update(fake.double(), real=False)
        return metric.compute()[0].item()
