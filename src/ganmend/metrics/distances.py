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
    """FID: |m - m'|^2 + tr(C + C' - 2 (C C')^1/2) in float64 (Heusel et al. 2017, equation 6).

    Args:
        real: of features of real images.
        fake: of features of generated images, of the same width F.

    Returns:
        The squared Frechet distance, at least 0, in squared units of the features; symmetric.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(_Identity(len(real.mean)))
    metric.orig_dtype = torch.float64  # what update() would have noted
    for kind, gaussian in (("real", real), ("fake", fake)):
        n, mean = gaussian.n, gaussian.mean.double()
        setattr(metric, f"{kind}_features_sum", mean * n)
        # The sum of x x^T over the n vectors, which torchmetrics turns back into the unbiased covariance: (F, F).
        outer = gaussian.covariance.double() * (n - 1) + n * torch.outer(mean, mean)
        setattr(metric, f"{kind}_features_cov_sum", outer)
        setattr(metric, f"{kind}_features_num_samples", torch.tensor(n))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The ``compute`` method of metric", UserWarning)  # its sums are set above
        return max(0.0, metric.compute().item())


def fid_of_features(real: Tensor, fake: Tensor) -> float:
    """FID of features (M, F) and (N, F) in float64, for many of it: a tenth of the time of `frechet_distance`.

    With a root R of C = R^T R the trace of (C C')^1/2 is that of (R C' R^T)^1/2, whose matrix is symmetric.
    """
    # Each (vectors, F), so that its own product with itself is the unbiased covariance.
    centred, other = ((side - side.mean(0)) / (len(side) - 1) ** 0.5 for side in (real, fake))
    wide = centred.shape[1] > len(centred)
    # At most (F, F); unlike Cholesky's, also where a feature is always 0.
    root = centred if wide else torch.linalg.qr(centred, mode="r").R
    product = root @ other.T  # (vectors or F, N)
    shared = torch.linalg.eigvalsh(product @ product.T).clamp(min=0).sqrt().sum()
    traces = centred.square().sum() + other.square().sum()
    found: float = ((real.mean(0) - fake.mean(0)).square().sum() + traces - 2 * shared).item()
    return found


def kernel_distance(real: Tensor, fake: Tensor, *, subsets: int = 50, seed: int = 0) -> float:
    """KID: squared MMD with the kernel (x y / F + 1)^3, unbiased (Binkowski et al. 2018, section 4), in float64.

    Args:
        real: (M, F) features of real images.
        fake: (N, F) features of generated images.
        subsets: over how many random subsets the estimate is averaged; each has min(M, N, 1000) vectors of either side.
        seed: of the subsets; the global random state stays as it is.

    Returns:
        The mean estimate: around 0 for equal distributions, and then as often below 0 as above.

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
