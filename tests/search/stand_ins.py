"""A generator and a classifier whose every value can be computed by hand: both are linear in each argument."""

import torch
from torch import Tensor, nn

from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier

DIM_Z, DIM_EMBEDDING, CLASSES = 3, 5, 4
# Settings of a search that nothing holds back.
FREE = {"prior_weight": 0.0, "floor": 0.0, "views": False}
LAYER = "0"  # the pixels; the classifier's last layer sees their means over 2 x 2 patches


class LinearGenerator(Generator):
    """Pixels are `spread * (z A) + c B + offsets C`, where the embedding's last entry is the spread."""

    resolution, dim_z, conditional_layers, drawing_bytes, gradient_bytes = 4, DIM_Z, (2, 1), 1, 1

    def __init__(self, rows: int = 8, truncation: float | None = None, table: Tensor | None = None) -> None:
        numbers = torch.Generator().manual_seed(5)
        made = torch.randn(rows, DIM_EMBEDDING, generator=numbers)
        made[:, -1] = 1 + torch.rand(rows, generator=numbers)  # no row is collapsed
        super().__init__(
            made if table is None else table, tuple(f"class {row}" for row in range(rows)), "linear", truncation
        )
        weights = torch.Generator().manual_seed(6)
        self.a, self.b, self.c = (
            torch.randn(n, 48, generator=weights) / 4 for n in (DIM_Z, DIM_EMBEDDING - 1, self.n_offsets)
        )
        self.by_norm = [torch.randn(DIM_EMBEDDING, width, generator=weights) for width in (4, 2)]
        self.fed: list[Tensor] = []

    def images(self, z: Tensor, condition: Condition) -> Tensor:
        self.fed.append(z.detach().clone())
        pixels = condition.embedding[:, -1:] * (z @ self.a) + condition.embedding[:, :-1] @ self.b
        if condition.offsets is not None:
            pixels = pixels + condition.offsets @ self.c
        return pixels.view(-1, 3, 4, 4)

    def offsets_of(self, differences: Tensor) -> Tensor:
        """Gains and biases (2 + 2 of the first norm, 1 + 1 of the second) are linear in each norm's own embedding."""
        first, second = differences.unbind(-2)
        return torch.cat([first @ self.by_norm[0], second @ self.by_norm[1]], -1)

    def prepared(self, precision: str = "auto") -> Generator:
        return self

    def describe(self) -> dict[str, object]:
        return {}

    def step_multiply_adds(self) -> tuple[int, int]:
        return 0, 0


def linear_classifier(fingerprint: str = "linear", weight: Tensor | None = None) -> Classifier:
    """Logits are linear in the means of 2 x 2 patches: `weight` (CLASSES, 12), or a random one."""
    network = nn.Sequential(nn.Identity(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(12, CLASSES, bias=False))
    numbers = torch.Generator().manual_seed(7)
    network[3].weight.data = torch.randn(CLASSES, 12, generator=numbers) if weight is None else weight
    # Mean and standard deviation 0.5 of [0, 1] leave images of [-1, 1] as they are.
    return Classifier(
        network, name="linear", fingerprint=fingerprint, class_names=tuple("abcd"), resolution=4, mean=(0.5,) * 3,
        std=(0.5,) * 3, feature_layer="3",
    )  # fmt: skip
