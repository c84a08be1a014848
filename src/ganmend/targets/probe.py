"""A linear head on a frozen network's features, which tells folders of photographs from everything else.

Alain and Bengio 2016 call it a probe. The network stays as it is; the head is a multinomial logistic regression, fitted
by L-BFGS in float64 in seconds.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmend.errors import ClassifierError
from ganmend.targets.classifier import Classifier, keep_output
from ganmend.targets.stages import features_before, spatial_mean

SOMETHING_ELSE = "something else"
PENALTY = 0.1  # half the squared weights, of standardised features, count so much beside the mean log-loss
FOLDS, ITERATIONS = 5, 200


@dataclass(frozen=True)
class Recognised:
    """How many pictures of one kind a probe told rightly that it was not fitted on.

    Attributes:
        name: of the kind: a folder's class, or SOMETHING_ELSE.
        right: pictures whose most probable class it was.
        of: pictures.
    """

    name: str
    right: int
    of: int

    @property
    def share(self) -> float:
        """Told rightly, between 0 and 1."""
        return self.right / self.of


def fit_probe(
    backbone: Classifier,
    wanted: Mapping[str, Tensor],
    others: Sequence[Tensor] = (),
    *,
    layers: Sequence[str] = ("",),
) -> Classifier:
    """Fit a head that tells classes apart.

    Args:
        backbone: whose features it reads; its own head and names are left aside.
        wanted: by class name its features (M, F), see `Classifier.logits_and_features`; at least two pictures each.
        others: features (N, F) of kinds of pictures that are none of these, each kind by itself. Together they weigh as
            much as one class; inside they are told apart too, since many different things lie on no one side of a line.
        layers: that the features are of, side by side, as `Classifier.observe` names them, each averaged over space;
            the default is the input of the last layer. The finer ones see colour and texture, which it has forgotten.

    Returns:
        A classifier with a class for each name, and, where there are others, SOMETHING_ELSE as the last.

    Raises:
        ClassifierError: fewer than two classes, or NaN among the features.
    """
    names = (*wanted, *([SOMETHING_ELSE] if others else []))
    if len(names) < 2 or SOMETHING_ELSE in wanted:
        raise ClassifierError(f"a probe tells two kinds of pictures apart or more; {', '.join(wanted) or 'none'} came")
    weight, bias = _fitted([*wanted.values(), *others], len(wanted))
    network = _Probed(backbone, layers, weight, bias, len(wanted))
    facts = "/".join([backbone.fingerprint, str(names), *filter(None, layers)]).encode()
    head = torch.cat([weight.flatten(), bias]).numpy().tobytes()
    probe = Classifier(
        network,
        name=f"a probe on {backbone.name}",
        fingerprint=hashlib.sha256(facts + head).hexdigest()[:16],
        class_names=names,
        resolution=backbone.resolution,
        mean=backbone.mean.flatten().tolist(),
        std=backbone.std.flatten().tolist(),
        feature_layer="head",
        matching_layers=[f"network.{layer}" for layer in backbone.matching_layers if layer],
        built_on=[backbone],
    ).to(backbone.device)
    network.head.to(backbone.dtype)  # as the network that it shares
    probe.dtype = backbone.dtype
    return probe


def recognised(wanted: Mapping[str, Tensor], others: Sequence[Tensor] = ()) -> list[Recognised]:
    """How well a probe tells pictures that it has not seen: every fifth is held out in turn.

    Args:
        wanted: as for `fit_probe`.
        others: likewise.

    Returns:
        Of each class in order, and, where there are others, of SOMETHING_ELSE, over all pictures.
    """
    groups = [*wanted.values(), *others]
    right = [0] * (len(wanted) + bool(others))
    for fold in range(FOLDS):
        held = [torch.arange(len(group)) % FOLDS == fold for group in groups]
        weight, bias = _fitted([group[~out] for group, out in zip(groups, held, strict=True)], len(wanted))
        for index, (group, out) in enumerate(zip(groups, held, strict=True)):
            logits = _merged(F.linear(group[out].cpu().float(), weight, bias), len(wanted))
            own = min(index, len(wanted))
            right[own] += int((logits.argmax(1) == own).sum())
    sizes = [len(group) for group in wanted.values()] + ([sum(map(len, others))] if others else [])
    names = [*wanted, SOMETHING_ELSE]
    return [Recognised(*one) for one in zip(names, right, sizes, strict=False)]


def _fitted(groups: Sequence[Tensor], n_wanted: int) -> tuple[Tensor, Tensor]:
    """Fit a class-balanced logistic regression, on the CPU.

    Args:
        groups: features (N, F) of each kind of pictures, the wanted ones first.
        n_wanted: how many of them are wanted.

    Returns:
        Weights (groups, F) and biases (groups,), float32.

    Raises:
        ClassifierError: NaN among the features.
    """
    features = torch.cat([group.detach().cpu().double() for group in groups])  # (N, F)
    if not features.isfinite().all():
        raise ClassifierError("a network gives NaN on the pictures that a probe is to tell apart; use another one")
    labels = torch.cat([torch.full((len(group),), index) for index, group in enumerate(groups)])
    shares = torch.tensor([1.0 / len(group) for group in groups], dtype=torch.float64)
    shares[n_wanted:] /= max(len(groups) - n_wanted, 1)  # the others weigh as much as one class, all together
    weights = shares[labels] / shares[labels].sum()
    mean = weights @ features
    spread = (weights @ (features - mean).square()).sqrt().clamp_min(1e-6)
    standard = (features - mean) / spread
    weight = torch.zeros(len(groups), features.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(groups), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        losses = F.cross_entropy(F.linear(standard, weight, bias), labels, reduction="none")
        value = weights @ losses + PENALTY / 2 * weight.square().sum()
        value.backward()
        return value

    optimiser.step(loss)
    with torch.no_grad():
        unscaled = weight / spread
        return unscaled.float(), (bias - unscaled @ mean).float()


def _merged(logits: Tensor, n_wanted: int) -> Tensor:
    """(N, groups) -> (N, n_wanted + 1): all groups behind the wanted ones as one class, of their summed probability."""
    if logits.shape[1] == n_wanted:
        return logits
    return torch.cat([logits[:, :n_wanted], logits[:, n_wanted:].logsumexp(1, keepdim=True)], 1)


class _Probed(nn.Module):
    """The backbone's network, and a head on what its layers give, or on what its last layer is given."""

    def __init__(
        self, backbone: Classifier, layers: Sequence[str], weight: Tensor, bias: Tensor, n_wanted: int
    ) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.network, self._last, self.n_wanted = backbone.network, backbone.feature_layer, n_wanted
        self.head = nn.Linear(weight.shape[1], weight.shape[0])
        self.head.weight.data, self.head.bias.data = weight.clone(), bias.clone()

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) normalised -> logits (N, classes)."""
        seen: dict[str, Tensor] = {}
        last = self.network.get_submodule(self._last)

        def keep_features(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            seen[""] = features_before(last, inputs[0])

        hooks = [last.register_forward_pre_hook(keep_features)]
        for layer in set(self.layers) - {""}:
            name, _, turn = layer.partition("#")
            hooks.append(self.network.get_submodule(name).register_forward_hook(keep_output(seen, layer, turn)))
        try:
            self.network(x)
        finally:
            for hook in hooks:
                hook.remove()
        # Each layer (N, C, H, W) or (N, C) -> (N, C), side by side in the head's order.
        features = torch.cat([spatial_mean(seen[layer]).to(self.head.weight.dtype) for layer in self.layers], 1)
        return _merged(self.head(features), self.n_wanted)
