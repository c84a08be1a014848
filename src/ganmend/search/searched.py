"""What a search moves: the numbers of all trials' edits, side by side, and the edits that they make."""

from collections.abc import Mapping
from dataclasses import fields, replace

import torch
from torch import Tensor

from ganmend.edits.bounds import project, table_bounds
from ganmend.edits.class_edit import EditTensors
from ganmend.models.protocol import Generator
from ganmend.search.config import SearchConfig


class Searched:
    """The tensors that Adam moves, by the capacity of the search.

    A vector for each layer is searched as the shared vector and each layer's difference from it. It enters the layer's
    gain and bias alone, so the edit holds it as their offsets, as it holds free ones: whatever draws an edit knows one
    kind.

    Attributes:
        vectors: (trials, K, dim_embedding).
        latent_map: (trials, dim_z, dim_z), or None.
        layers: (trials, norms, dim_embedding) of capacity 'layers', else None.
        offsets: (trials, n_offsets) of capacity 'norms', else None.
    """

    vectors: Tensor
    latent_map: Tensor | None
    layers: Tensor | None
    offsets: Tensor | None

    def __init__(self, generator: Generator, config: SearchConfig, start: Tensor) -> None:
        """Put every trial at its start; what is added to the vectors there begins at nothing.

        Args:
            generator: whose table bounds the vectors.
            config: whose `capacity` and `latent_map` say what is searched.
            start: (trials, K, dim_embedding), on the generator's device.
        """
        self.generator, self.config = generator, config
        self.bounds = table_bounds(generator.class_embeddings)
        self.vectors = project(start.detach().clone(), self.bounds).requires_grad_()
        self.latent_map = self.layers = self.offsets = None
        if config.latent_map:
            # (dim_z, dim_z) -> (trials, dim_z, dim_z): each trial begins at the identity.
            self.latent_map = torch.eye(generator.dim_z, device=start.device).repeat(len(start), 1, 1).requires_grad_()
        if config.capacity == "layers":
            norms = len(generator.conditional_layers)
            self.layers = start.new_zeros(len(start), norms, generator.dim_embedding).requires_grad_()
        elif config.capacity == "norms":
            self.offsets = start.new_zeros(len(start), generator.n_offsets).requires_grad_()

    @property
    def edits(self) -> EditTensors:
        """The edits of all trials, as a graph of what is moved."""
        return self.edits_of(self.moved)

    def edits_of(self, moved: Mapping[str, Tensor]) -> EditTensors:
        """The edits that other numbers of the same names make."""
        offsets = self.generator.offsets_of(moved["layers"]) if "layers" in moved else moved.get("offsets")
        return EditTensors(moved["vectors"], moved.get("latent_map"), offsets)

    @property
    def moved(self) -> dict[str, Tensor]:
        """The tensors by name, in Adam's order."""
        named = {name: getattr(self, name) for name in ("vectors", "latent_map", "layers", "offsets")}
        return {name: tensor for name, tensor in named.items() if tensor is not None}

    def groups(self) -> list[dict[str, object]]:
        """Adam's parameter groups, a tensor each, with its learning rate and weight decay."""
        rates, decays = {"offsets": self.config.offsets_learning_rate}, {"latent_map": 0.0}
        return [
            {
                "params": [tensor],
                "lr": rates.get(name, self.config.learning_rate),
                "weight_decay": decays.get(name, self.config.weight_decay),
            }
            for name, tensor in self.moved.items()
        ]

    @torch.no_grad()
    def project(self) -> None:
        """Bring every vector, the shared ones and each layer's own, back into the table's range."""
        low, high = self.bounds
        project(self.vectors, self.bounds)
        if self.layers is not None:
            least, most = self.vectors.amin(1, keepdim=True), self.vectors.amax(1, keepdim=True)  # (trials, 1, dim)
            self.layers.clamp_(low - least, high - most)


def tensors_of(edits: EditTensors) -> dict[str, Tensor]:
    """The tensors that edits have, by name."""
    named = {entry.name: getattr(edits, entry.name) for entry in fields(EditTensors)}
    return {name: tensor for name, tensor in named.items() if tensor is not None}


def copied(edits: EditTensors, device: torch.device) -> EditTensors:
    """The same numbers in memory of their own, without gradient."""
    return replace(edits, **{name: tensor.detach().to(device, copy=True) for name, tensor in tensors_of(edits).items()})
