"""A generator of another family: no class table, each class has gains and biases of its own, as in SNGAN and SAGAN."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator


class NormsByClass(Generator):
    """Two conditional norms, of 4 and 5 channels, from a latent of 3 numbers to images of 8 px."""

    resolution, dim_z, conditional_layers = 8, 3, (4, 5)  # type: ignore[assignment]
    drawing_bytes, gradient_bytes = 10_000, 20_000  # type: ignore[assignment]

    def __init__(self, n_classes: int = 2) -> None:
        super().__init__(torch.zeros(n_classes, 0), tuple(f"class {k}" for k in range(n_classes)), "0" * 16)
        numbers = torch.Generator().manual_seed(7)
        for name, shape in (("first", (3, 4)), ("middle", (5, 4, 3, 3)), ("last", (3, 5, 1, 1))):
            self.register_buffer(name, torch.randn(shape, generator=numbers))

    def images(self, z: Tensor, condition: Condition) -> Tensor:
        assert condition.offsets is not None
        gain, bias, gain_2, bias_2 = condition.offsets[..., None, None].split((4, 4, 5, 5), 1)
        h = (z @ self.first)[..., None, None].expand(-1, -1, 4, 4)  # (N, 4, 4, 4)
        h = F.conv2d((h * gain + bias).relu(), self.middle, padding=1)
        return torch.tanh(F.conv2d(F.interpolate((h * gain_2 + bias_2).relu(), scale_factor=2.0), self.last))

    def offsets_of(self, differences: Tensor) -> Tensor:
        return differences.new_zeros(*differences.shape[:-2], self.n_offsets)  # of embeddings of width 0

    def prepared(self, precision: str = "auto") -> "NormsByClass":
        return self

    def describe(self) -> dict[str, object]:
        return {"family": "a stand-in"}

    def step_multiply_adds(self) -> tuple[int, int]:
        return 1, 1
