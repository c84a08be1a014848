"""Several classifiers as one: a class is as probable as the geometric mean of what each of them says.

A pattern that fools one network rarely fools another, and what a sentence leaves open, photographs may tell.
"""

import hashlib
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from ganmend.catalog.names import knows_class
from ganmend.errors import ClassifierError
from ganmend.targets.classifier import Classifier
from ganmend.targets.probe import SOMETHING_ELSE

LEAST = 1e-12  # probability left for everything else, whose logarithm is taken


class Together(Classifier):
    """Classifiers side by side on the same images, each with its own preprocessing.

    Features and the layers that images are compared in are the first one's.

    Attributes:
        members: the classifiers.
    """

    members: tuple[Classifier, ...]

    def __init__(self, members: Sequence[Classifier]) -> None:
        """Put classifiers together.

        Args:
            members: two or more; the classes are those that all of them know by name, and SOMETHING_ELSE.

        Raises:
            ClassifierError: no class is known to all of them.
        """
        first, *others = members
        names = [
            name
            for name in first.class_names
            if name != SOMETHING_ELSE and all(knows_class(name, other.class_names) for other in others)
        ]
        if not names:
            known = "; ".join(f"{one.name}: {', '.join(one.class_names[:5])}" for one in members)
            raise ClassifierError(f"no class is known to all of the classifiers that were given ({known})")
        super().__init__(
            _SideBySide(members, [[one.index_of(name) for name in names] for one in members]),
            name=" and ".join(one.name for one in members),
            fingerprint=hashlib.sha256("+".join(one.fingerprint for one in members).encode()).hexdigest()[:16],
            class_names=(*names, SOMETHING_ELSE),
            resolution=max(one.resolution for one in members),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            feature_layer=f"members.0.network.{first.feature_layer}",
            matching_layers=[f"members.0.network.{layer}" for layer in first.matching_layers if layer],
            built_on=members,
        )
        self.members, self.dtype = tuple(members), first.dtype
        self.to(first.device)

    def preprocess(self, images: Tensor) -> Tensor:
        """The images as they are: each of the classifiers does its own resizing and normalising."""
        return images

    def in_precision(self, dtype: torch.dtype) -> "Together":
        """All of them in that precision, see `Classifier.in_precision`."""
        return self if dtype == self.dtype else Together([one.in_precision(dtype) for one in self.members])

    def _network_input(self, images: Tensor) -> Tensor:
        return images  # float32: each has its own precision

    def _no_image(self) -> Tensor:
        return torch.zeros(1, 3, self.resolution, self.resolution, device=self.device)


class _SideBySide(nn.Module):
    def __init__(self, members: Sequence[Classifier], indices: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.members, self.indices = nn.ModuleList(members), [list(own) for own in indices]

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] -> log-probabilities (N, classes + 1), the last of everything else."""
        members = cast("list[Classifier]", list(self.members))
        # Whether logits are numbers is asked of what comes out: NaN stays NaN.
        logits = [one.observe(images, checked=False)[0] for one in members]
        own = zip(logits, self.indices, strict=True)
        known = torch.stack([each.log_softmax(1)[:, index] for each, index in own]).mean(0)
        # Geometric means of probabilities sum to 1 at most.
        rest = (1 - known.exp().sum(1, keepdim=True)).clamp_min(LEAST).log()
        return torch.cat([known, rest], 1)
