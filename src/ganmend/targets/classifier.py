"""P: a frozen network that says how well images show each class, with the preprocessing it was trained with."""

import copy
import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import torch
from torch import Tensor, nn

from ganmend.catalog.names import find_class
from ganmend.errors import ClassifierError, DrawingError
from ganmend.models.pieces import in_pieces
from ganmend.targets.cost import PassBytes, pass_bytes
from ganmend.targets.preprocessing import resized
from ganmend.targets.stages import features_before, find_stages, first_tensor, spatial_mean


class Classifier(nn.Module):
    """Takes the generator's images (N, 3, H, W) in [-1, 1] and does its own resizing and normalising.

    Attributes:
        name: what a user typed to get it.
        fingerprint: tells one trained network from another.
        class_names: one a logit.
        resolution: height and width that the network takes, in pixels.
        feature_layer: name of the last layer, whose input serves as features.
        dtype: of the network, see `in_precision`; logits and features are float32 whatever it is.
        mean: (1, 3, 1, 1) of the images in [0, 1] that the network was trained on, by colour.
        std: (1, 3, 1, 1) of the same.
        family: of its architecture, '' where that is not known: relatives are fooled alike.
        photographs: that it was trained on, likewise.
    """

    name: str
    fingerprint: str
    class_names: tuple[str, ...]
    resolution: int
    feature_layer: str
    dtype: torch.dtype
    mean: Tensor
    std: Tensor
    family: str
    photographs: str

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
        matching_layers: Sequence[str] | None = None,
        family: str = "",
        photographs: str = "",
        built_on: Sequence["Classifier"] = (),
    ) -> None:
        """Freeze a network.

        Args:
            network: images (N, 3, resolution, resolution), normalised, -> logits (N, n_classes).
            name: what a user typed to get it.
            fingerprint: tells one trained network from another.
            class_names: one a logit.
            resolution: height and width that the network takes, in pixels.
            mean: of the images in [0, 1] that it was trained on: red, green, blue.
            std: of the same.
            feature_layer: name of the last layer, whose input serves as features.
            matching_layers: names of those before it to compare images in, see `observe`; None finds them.
            family: of its architecture, or ''.
            photographs: that it was trained on, or ''.
            built_on: other classifiers whose networks answer in this one.
        """
        super().__init__()
        self.network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.dtype = torch.float32
        self.name, self.fingerprint, self.class_names = name, fingerprint, tuple(class_names)
        self.resolution, self.feature_layer = resolution, feature_layer
        self._own_names: tuple[str, ...] = ()  # where `with_names` gave it others
        self.family, self.photographs = family, photographs
        self._built_on = tuple(identity for other in built_on for identity in other.identities)
        self._stated_layers = None if matching_layers is None else tuple(matching_layers)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))  # (3,) -> along the colours of (N, 3, H, W)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    @property
    def device(self) -> torch.device:
        """Where the network is; images go there."""
        return self.mean.device

    @property
    def weights(self) -> str:
        """What tells the network by its weights alone, however its images are prepared: see `weights_of`."""
        return weights_of(self.fingerprint)

    @property
    def kin(self) -> str:
        """Family and photographs; '' where one of them is not known."""
        return f"{self.family} on {self.photographs}" if self.family and self.photographs else ""

    @property
    def identities(self) -> tuple[tuple[str, str], ...]:
        """Weights and kin of each network that answers: its own, or those that it was built on."""
        return self._built_on or ((self.weights, self.kin),)

    def is_same_network_as(self, other: "Classifier") -> bool:
        """Whether a network that answers in the one is one that answers in the other, by their weights."""
        return any(own == theirs for own, _ in self.identities for theirs, _ in other.identities)

    def is_relative_of(self, other: "Classifier") -> bool:
        """Whether other networks of one family saw the same photographs, as far as that is known."""
        pairs = [(one, theirs) for one in self.identities for theirs in other.identities if one[0] != theirs[0]]
        return any(kin != "" and kin == theirs for (_, kin), (_, theirs) in pairs)

    def preprocess(self, images: Tensor) -> Tensor:
        """[-1, 1] at any size -> the network's size (anti-aliased) and normalisation."""
        return torch.addcmul((0.5 - self.mean) / self.std, resized(images, self.resolution), 0.5 / self.std)

    def index_of(self, target: str | int) -> int:
        """Find a class.

        Args:
            target: its name or index.

        Returns:
            Its index among the logits.

        Raises:
            ClassNameError: not known; the message names the nearest ones.
        """
        otherwise = "say which by --as, or in a class map, by the classifier's own index"
        return find_class(target, self.class_names, f"the classifier {self.name}", otherwise)

    def with_names(self, names: Mapping[int, str]) -> "Classifier":
        """The same network under other names of its classes; where another class has the name, that one loses it.

        Args:
            names: by index.

        Returns:
            A copy on the same weights; `own_name` tells its own names.
        """
        other = copy.copy(self)
        taken = {name.casefold() for name in names.values()}
        other.class_names = tuple(
            names.get(index, f"another {name}" if name.casefold() in taken else name)
            for index, name in enumerate(self.class_names)
        )
        other._own_names = self._own_names or self.class_names
        return other

    def own_name(self, target: str | int) -> str:
        """What the network was trained to call a class, by which saved statistics know it.

        Args:
            target: the class's name or index.

        Returns:
            Its own name.

        Raises:
            ClassNameError: not known.
        """
        return (self._own_names or self.class_names)[self.index_of(target)]

    def in_precision(self, dtype: torch.dtype) -> "Classifier":
        """The same classifier, its network computing in `dtype`; resizing, logits and features stay float32.

        Args:
            dtype: of weights and activations.

        Returns:
            A copy; the classifier itself where it has that type, or where its network has but one (`one_precision`).
        """
        if dtype == self.dtype or _has_one_precision(self.network):
            return self
        other = copy.copy(self)
        other._modules, other._buffers = {"network": copy.deepcopy(self.network).to(dtype)}, dict(self._buffers)
        other.dtype = dtype
        other.__dict__.pop("pass_bytes", None)  # of the other precision
        return other

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, n_classes) float32."""
        return self.logits_and_features(images)[0]

    def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (N, n_classes) and the input of the last layer (N, F), a map's mean over space: see `observe`."""
        logits, outputs = self.observe(images)
        return logits, outputs[""]

    def matching_features(self, images: Tensor) -> Tensor:
        """The `matching_layers`, each averaged over space, side by side: (N, sum of their widths)."""
        _, outputs = self.observe(images, self.matching_layers)
        return torch.cat([spatial_mean(outputs[layer]) for layer in self.matching_layers], 1)

    def observe(
        self, images: Tensor, layers: Sequence[str] = (), *, checked: bool = True
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Run the network once, and watch layers.

        Args:
            images: (N, 3, H, W) in [-1, 1].
            layers: names of submodules of the network, 'NAME#k' at the k-th call of several, from 0; "" stands for the
                input of the last layer, which always comes.
            checked: whether logits that are no numbers are refused; whoever looks at them itself can let them pass.

        Returns:
            Logits (N, n_classes) float32, and by name what the layers gave, (N, ...) float32; "" is (N, F).

        Raises:
            ClassifierError: no such layer, or logits that are NaN.
            DrawingError: the images are.
            NoMemoryError: memory ran out, where no gradient is wanted; where one is, the error is PyTorch's own.
        """
        if torch.is_grad_enabled():
            logits, seen = self._watch(images, layers)
        else:
            logits, seen = in_pieces(
                lambda first, last: self._watch(images[first:last], layers), len(images), _joined, self.device,
                image_bytes=lambda: self.pass_bytes.drawing, what=f"showing {self.name}",
            )  # fmt: skip
        if checked and not logits.isfinite().all():
            if not images.isfinite().all():  # then the classifier is not to blame
                raise DrawingError("the images to classify are NaN: the generator's weights are damaged")
            raise ClassifierError(f"{self.name} gives NaN or infinity on generated images; use another classifier")
        return logits, seen

    def _watch(self, images: Tensor, layers: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits, and what the layers gave, whatever they are: see `observe`."""
        seen: dict[str, Tensor] = {}

        def keep_features(last: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            seen[""] = features_before(last, inputs[0].float())

        hooks = [self._layer(self.feature_layer).register_forward_pre_hook(keep_features)]
        for layer in set(layers) - {""}:
            name, _, turn = layer.partition("#")
            hooks.append(self._layer(name).register_forward_hook(keep_output(seen, layer, turn)))
        try:
            logits = self.network(self._network_input(images)).float()
        finally:
            for hook in hooks:
                hook.remove()
        return logits, seen

    @cached_property
    def matching_layers(self) -> tuple[str, ...]:
        """What generated and real images are compared in: the last layer of each stage but the coarsest, and "".

        The finest see colour and texture, which a classifier learns to forget by its last layer. See `find_stages`.
        """
        stated = self._stated_layers
        return (*(find_stages(self.network, self._no_image()) if stated is None else stated), "")

    @cached_property
    def pass_bytes(self) -> PassBytes:
        """Bytes that an image takes on its way through the network."""
        return pass_bytes(self.network, self._no_image())

    def __repr__(self) -> str:
        size = f"{len(self.class_names)} classes, {self.resolution} px"
        return f"<Classifier {self.name}: {size}, fingerprint {self.fingerprint}>"

    def _network_input(self, images: Tensor) -> Tensor:
        return self.preprocess(images).to(self.dtype, memory_format=torch.channels_last)

    def _no_image(self) -> Tensor:
        """(1, 3, resolution, resolution) zeros, to watch the network by."""
        return torch.zeros(1, 3, self.resolution, self.resolution, device=self.device, dtype=self.dtype)

    def _layer(self, name: str) -> nn.Module:
        try:
            return self.network.get_submodule(name)
        except AttributeError as error:
            children = ", ".join(child for child, _ in self.network.named_children())
            raise ClassifierError(f"{self.name} has no layer {name!r}; its top layers are: {children}") from error


def _joined(pieces: list[tuple[Tensor, dict[str, Tensor]]]) -> tuple[Tensor, dict[str, Tensor]]:
    """Logits and outputs of some images each, put together."""
    logits, outputs = zip(*pieces, strict=True)
    return torch.cat(logits), {layer: torch.cat([output[layer] for output in outputs]) for layer in outputs[0]}


def weights_of(fingerprint: str) -> str:
    """What a classifier's fingerprint says of its weights; behind a dot stands how its images are prepared."""
    return fingerprint.partition(".")[0]


def _has_one_precision(network: nn.Module) -> bool:
    """Whether numbers of one precision stand in a network's code, or in that of a part, as of a saved program."""
    return any(getattr(part, "one_precision", False) for part in network.modules())


def keep_output(seen: dict[str, Tensor], layer: str, turn: str) -> Callable[[nn.Module, object, object], None]:
    """A hook that keeps what a layer gives.

    Args:
        seen: where it is kept, under the layer's name.
        layer: the name.
        turn: at which call, from '0'; '' at the last.

    Returns:
        A forward hook.
    """
    calls = itertools.count()

    def hook(_module: nn.Module, _inputs: object, output: object) -> None:
        given = first_tensor(output)
        if given is not None and turn in ("", str(next(calls))):
            seen[layer] = given.float()

    return hook
