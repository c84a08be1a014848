"""The images of a step drawn and observed, part by part: many take no more memory than fits.

The size of the parts follows from what is asked alone. Memory decides only which of them are drawn again on the way
back, so that a search finds the same embedding, to the last bit, however much there is.
"""

import math
import warnings
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ganmend.errors import GanmendWarning
from ganmend.models.batches import DRAWING_MEMORY
from ganmend.models.condition import Condition
from ganmend.models.protocol import Generator
from ganmend.objective.diversity import representation
from ganmend.search.config import SearchConfig
from ganmend.search.feature_memory import FeatureMemory
from ganmend.targets.classifier import Classifier
from ganmend.targets.stages import spatial_mean
from ganmend.targets.views import Views

# Bytes that a part's features take, and images that it has at least: smaller parts take more time an image. On a GPU
# that comes sooner.
PART_BYTES, LEAST_IMAGES = {"cpu": 1 << 27, "cuda": 1 << 32}, 4


@dataclass(frozen=True)
class Observed:
    """What is seen in N images.

    Attributes:
        logits: (N, n_classes) of the classifier that guides the search.
        phi: (N, F), in which diversity is measured.
        attributes: (N, its classes) logits of the network that tells attributes apart; without one (N, 0).
        means: by layer the means over space (N, C) of what it gives.
    """

    logits: Tensor
    phi: Tensor
    attributes: Tensor
    means: dict[str, Tensor]


@dataclass(frozen=True)
class Observer:
    """Draws a search's images and keeps of them what its objective needs.

    Attributes:
        generator: the frozen generator.
        classifier: that guides the search.
        config: settings of the search.
        layers: of the classifier, that are compared with other images.
        memory: for what a gradient needs.
        attributes: another network that looks at the same images, or None.
    """

    generator: Generator
    classifier: Classifier
    config: SearchConfig
    layers: tuple[str, ...] = ()
    memory: FeatureMemory = field(default_factory=FeatureMemory)
    attributes: Classifier | None = None

    @property
    def networks(self) -> tuple[Classifier, ...]:
        """All that look at an image."""
        return (self.classifier,) if self.attributes is None else (self.classifier, self.attributes)

    @property
    def image_bytes(self) -> int:
        """What the gradient needs of one image."""
        return self.generator.gradient_bytes + sum(network.pass_bytes.gradient for network in self.networks)

    @property
    def images_at_once(self) -> int:
        """How many images a part has at most, as gradients are wanted or not."""
        if not torch.is_grad_enabled():
            looking = sum(network.pass_bytes.drawing for network in self.networks)
            return max(1, DRAWING_MEMORY // (self.generator.drawing_bytes + looking))
        part = PART_BYTES.get(self.generator.device.type, PART_BYTES["cpu"])
        return max(1, max(LEAST_IMAGES, part // self.image_bytes) // self.memory.divided)

    def warn_of_little_memory(self, n: int) -> None:
        """Say so where the memory is less than a part of n images takes: it is taken all the same."""
        images = math.ceil(n / math.ceil(n / self.images_at_once))
        least = images * self.image_bytes
        if (memory := self.memory.free()) < least:
            warnings.warn(
                f"a memory of {memory / 1e6:.0f} MB is less than the {least / 1e6:.0f} MB that {images} images at "
                "once take; the search takes these, since fewer at once would change the embedding",
                GanmendWarning,
                stacklevel=3,
            )

    def observe(
        self, z: Tensor, condition: Condition, views: Views | None = None, *, checked: bool = False
    ) -> Observed:
        """Draw and look.

        Args:
            z: (N, dim_z).
            condition: of the N samples.
            views: of the N images, that are looked at in their place, or None.
            checked: whether images and logits that are no numbers are refused.

        Returns:
            What is seen of all N.

        Raises:
            ClassifierError: logits are NaN or infinite, and that is refused.
            DrawingError: images are.
        """
        parts = z.tensor_split(math.ceil(len(z) / self.images_at_once))
        sizes = [len(part) for part in parts]
        conditions, looks = condition.split(sizes), [None] * len(parts) if views is None else views.split(sizes)
        # What the last parts keep is the first to be freed, so the first ones are drawn again.
        kept = self.memory.parts_kept(sizes, self.image_bytes) if torch.is_grad_enabled() else len(parts)
        again = len(parts) - kept
        observed = [
            self._observe_again(part, its, look, checked)
            if index < again
            else self._observe(part, its.embedding, its.offsets, look, checked)
            for index, (part, its, look) in enumerate(zip(parts, conditions, looks, strict=True))
        ]
        logits, phi, attributes, *means = (torch.cat(column) for column in zip(*observed, strict=True))
        return Observed(logits, phi, attributes, dict(zip(self.layers, means, strict=True)))

    def _observe_again(self, z: Tensor, condition: Condition, views: Views | None, checked: bool) -> tuple[Tensor, ...]:
        """`_observe`, its features computed again for the gradient (Chen et al. 2016): a third more time."""
        given = z, condition.embedding, condition.offsets, views, checked
        result: tuple[Tensor, ...] = checkpoint(self._observe, *given, use_reentrant=False, preserve_rng_state=False)
        return result

    def _observe(
        self, z: Tensor, embedding: Tensor, offsets: Tensor | None, views: Views | None, checked: bool
    ) -> tuple[Tensor, ...]:
        """Logits, phi, the attributes' logits and the layers' means of images that are drawn at once."""
        config = self.config
        images = self.generator(z, Condition(embedding, offsets))
        if views is not None:
            images = views.of(images)
        logits, outputs = self.classifier.observe(images, (*self.layers, config.diversity_layer), checked=checked)
        phi = logits
        if config.diversity != "none":
            features = outputs[config.diversity_layer].flatten(1)  # (N, ...) -> (N, F)
            phi = representation(config.diversity, images, logits, features)
        attributes = logits.new_empty(len(z), 0)
        if self.attributes is not None:
            attributes, _ = self.attributes.observe(images, checked=checked)
        return logits, phi, attributes, *(spatial_mean(outputs[layer]) for layer in self.layers)
