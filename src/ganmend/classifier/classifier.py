"""P: a frozen network that says how well images show each class, with the preprocessing it was trained with."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmend.errors import ClassifierError


class Classifier(nn.Module):
    """Takes the generator's images (N, 3, H, W) in [-1, 1] and does its own resizing and normalising.

    Attributes:
        name: what a user typed to get it.
        class_names: one a logit.
        fingerprint: tells one trained network from another.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: nn.Module,
        *,
        name: str,
        fingerprint: str,
        class_names: Sequence[str],
        resolution: int,
        mean: Sequence[float],
        std: Sequence[float],
        feature_layer: str,
    ) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.name, self.fingerprint, self.class_names = name, fingerprint, tuple(class_names)
        self.resolution, self.feature_layer = resolution, feature_layer
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    @property
    def device(self) -> torch.device:
        """Where the network is; images go there."""
        return self.mean.device

    def preprocess(self, images: Tensor) -> Tensor:
        """[-1, 1] at any size -> the network's size (anti-aliased) and normalisation."""
        if images.shape[-1] != self.resolution:
            size = (self.resolution, self.resolution)
            images = F.interpolate(images, size, mode="bilinear", antialias=True, align_corners=False)
        return ((images + 1) / 2 - self.mean) / self.std

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, n_classes) float32."""
        return self.logits_and_features(images)[0]

    def logits_and_features(self, images: Tensor, layer: str = "") -> tuple[Tensor, Tensor]:
        """Logits (N, n_classes) and the flattened input of the last layer, or the output of `layer` (N, F).

        Raises:
            ClassifierError: no such layer, or logits that are NaN.
        """
        caught: list[Tensor] = []
        try:
            module = self.network.get_submodule(layer or self.feature_layer)
        except AttributeError as error:
            children = ", ".join(name for name, _ in self.network.named_children())
            raise ClassifierError(f"{self.name} has no layer {layer!r}; its top layers are: {children}") from error
        if layer:
            hook = module.register_forward_hook(lambda _m, _i, output: caught.append(output))
        else:
            hook = module.register_forward_pre_hook(lambda _m, inputs: caught.append(inputs[0]))
        try:
            logits = self.network(self.preprocess(images)).float()
        finally:
            hook.remove()
        if not logits.isfinite().all():
            raise ClassifierError(f"{self.name} gives NaN or infinity on generated images; use another classifier")
        return logits, caught[0].flatten(1).float()
