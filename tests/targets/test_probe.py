"""A probe: it tells kinds of pictures apart by a frozen network's features."""

import pytest
import torch
from torch import Tensor

from ganmend.errors import ClassifierError
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.targets.probe import PENALTY, SOMETHING_ELSE, Recognised, fit_probe, recognised


@pytest.fixture(scope="module")
def backbone() -> Classifier:
    return load_classifier("demo:search")


def cloud(place: float, n: int = 30, *, axis: int = 0, width: int = 256, seed: int = 0) -> Tensor:
    numbers = torch.randn(n, width, generator=torch.Generator().manual_seed(seed))
    numbers[:, axis] += place
    return numbers


def images(n: int) -> Tensor:
    return torch.rand(n, 3, 32, 32, generator=torch.Generator().manual_seed(3)) * 2 - 1


def test_its_names_are_the_folders_and_something_else(backbone: Classifier) -> None:
    probe = fit_probe(backbone, {"lorry": cloud(4), "boat": cloud(-4)}, [cloud(4, axis=1)])
    assert probe.class_names == ("lorry", "boat", SOMETHING_ELSE)
    assert fit_probe(backbone, {"lorry": cloud(4), "boat": cloud(-4)}).class_names == ("lorry", "boat")


def test_it_is_the_logistic_regression_that_its_features_ask_for(backbone: Classifier) -> None:
    wanted, others = {"lorry": cloud(1.0, 12, seed=1)}, [cloud(-1.0, 20, seed=2), cloud(1.0, 9, axis=3, seed=3)]
    probe = fit_probe(backbone, wanted, others)
    groups = [group.double() for group in (*wanted.values(), *others)]
    # The mean of losses of which each side has half, and the others among themselves equal parts.
    weights = torch.cat([torch.full((len(g),), s / len(g)) for g, s in zip(groups, (0.5, 0.25, 0.25), strict=True)])
    features, labels = torch.cat(groups), torch.repeat_interleave(torch.arange(3), torch.tensor([12, 20, 9]))
    mean = weights.double() @ features
    spread = (weights.double() @ (features - mean).square()).sqrt()
    head = probe.network.head
    scaled = (head.weight.double() * spread).requires_grad_()
    shift = (head.bias.double() + head.weight.double() @ mean).requires_grad_()
    logits = (features - mean) / spread @ scaled.T + shift
    loss = weights.double() @ torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    (loss + PENALTY / 2 * scaled.square().sum()).backward()
    assert scaled.grad is not None
    assert shift.grad is not None
    assert scaled.grad.abs().max() < 1e-4
    assert shift.grad.abs().max() < 1e-4


def test_the_probability_of_something_else_is_that_of_all_others_together(backbone: Classifier) -> None:
    probe = fit_probe(backbone, {"lorry": cloud(2)}, [cloud(-2), cloud(2, axis=1), cloud(2, axis=2)])
    shown = images(5)
    features = backbone.logits_and_features(shown)[1]
    apart = probe.network.head(features).softmax(1)
    expected = torch.stack([apart[:, 0], apart[:, 1:].sum(1)], 1)
    torch.testing.assert_close(probe(shown).softmax(1), expected)


def test_it_sees_images_as_its_backbone_does(backbone: Classifier) -> None:
    probe = fit_probe(backbone, {"lorry": cloud(2)}, [cloud(-2)])
    shown = images(4)
    assert torch.equal(probe.logits_and_features(shown)[1], backbone.logits_and_features(shown)[1])
    assert torch.equal(probe.matching_features(shown), backbone.matching_features(shown))


def test_probes_of_other_pictures_have_other_fingerprints(backbone: Classifier) -> None:
    def fingerprint(name: str, seed: int) -> str:
        return fit_probe(backbone, {name: cloud(2, seed=seed)}, [cloud(-2)]).fingerprint

    assert len({fingerprint("lorry", 0), fingerprint("boat", 0), fingerprint("lorry", 1), backbone.fingerprint}) == 4
    assert fingerprint("lorry", 0) == fingerprint("lorry", 0)


def test_held_out_pictures_that_lie_apart_are_told_and_others_by_chance() -> None:
    apart = recognised({"lorry": cloud(9, 25, width=8)}, [cloud(-9, 40, width=8, seed=k) for k in (1, 2)])
    assert apart == [Recognised("lorry", 25, 25), Recognised(SOMETHING_ELSE, 80, 80)]
    alike = recognised({"lorry": cloud(0, 200, width=8, seed=1)}, [cloud(0, 200, width=8, seed=2)])
    assert all(0.35 < one.share < 0.65 for one in alike)


def test_one_kind_alone_is_refused(backbone: Classifier) -> None:
    with pytest.raises(ClassifierError, match="a probe tells two kinds of pictures apart or more; lorry came"):
        fit_probe(backbone, {"lorry": cloud(1)})
    with pytest.raises(ClassifierError, match="a probe tells two kinds"):
        fit_probe(backbone, {SOMETHING_ELSE: cloud(1)}, [cloud(2)])


def test_features_that_are_no_numbers_are_refused(backbone: Classifier) -> None:
    with pytest.raises(ClassifierError, match="NaN on the pictures"):
        fit_probe(backbone, {"lorry": cloud(1) * torch.nan}, [cloud(2)])


def test_it_reads_the_layers_that_it_is_told_to_side_by_side(backbone: Classifier) -> None:
    shown = images(6)
    features = backbone.matching_features(shown)
    seen = {"dark": features[:3] - 1, "bright": features[3:]}
    probe = fit_probe(backbone, seen, layers=backbone.matching_layers)
    head = probe.network.head
    torch.testing.assert_close(probe(shown), features @ head.weight.T + head.bias, rtol=1e-4, atol=1e-4)
    turned = fit_probe(backbone, seen, layers=backbone.matching_layers[::-1])
    assert turned.fingerprint != probe.fingerprint, "the same head on other layers"
    assert not torch.allclose(turned(shown), probe(shown), atol=1e-2)


def test_a_probe_computes_in_its_networks_precision(backbone: Classifier) -> None:
    half, shown = backbone.in_precision(torch.bfloat16), images(4)
    width = backbone.matching_features(shown).shape[1]
    seen = {"one": cloud(2, width=width), "other": cloud(-2, width=width)}
    probe, whole = (fit_probe(one, seen, layers=one.matching_layers) for one in (half, backbone))
    assert probe.dtype == torch.bfloat16
    assert probe(shown).dtype == torch.float32
    # bfloat16 has 8 bits: a hundredth of logits up to about 10.
    torch.testing.assert_close(probe(shown), whole(shown), rtol=0.05, atol=0.2)
