"""Several classifiers as one."""

import pytest
import torch
from torch import Tensor

from ganmend.errors import ClassifierError
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.targets.probe import SOMETHING_ELSE, fit_probe
from ganmend.targets.together import Together


@pytest.fixture(scope="module")
def members() -> tuple[Classifier, Classifier]:
    search, judge = load_classifier("demo:search"), load_classifier("demo:judge")
    return search, judge.with_names({0: "judge's own"})


def images(n: int = 5) -> Tensor:
    return torch.rand(n, 3, 32, 32, generator=torch.Generator().manual_seed(4)) * 2 - 1


def test_a_class_is_as_probable_as_the_geometric_mean(members: tuple[Classifier, Classifier]) -> None:
    both, shown = Together(members), images()
    search, judge = (one(shown).softmax(1) for one in members)
    for name in ("frog", "ship"):
        expected = (search[:, members[0].index_of(name)] * judge[:, members[1].index_of(name)]).sqrt()
        torch.testing.assert_close(both(shown).softmax(1)[:, both.index_of(name)], expected)


def test_classes_are_those_that_all_know_and_something_else(members: tuple[Classifier, Classifier]) -> None:
    assert Together(members).class_names == (*members[0].class_names[1:], SOMETHING_ELSE)


def test_networks_without_a_common_class_are_refused(members: tuple[Classifier, Classifier]) -> None:
    other = fit_probe(members[0], {"a kite": torch.randn(9, 256), "a lamp": torch.randn(9, 256)})
    with pytest.raises(ClassifierError, match=r"no class is known to all .*demo:search: airplane.*a kite, a lamp"):
        Together([members[0], other])


def test_features_are_the_first_ones(members: tuple[Classifier, Classifier]) -> None:
    both, shown = Together(members), images()
    assert torch.equal(both.logits_and_features(shown)[1], members[0].logits_and_features(shown)[1])
    assert torch.equal(both.matching_features(shown), members[0].matching_features(shown))
    assert torch.equal(Together(members[::-1]).matching_features(shown), members[1].matching_features(shown))


def test_the_gradient_reaches_the_images_through_both(members: tuple[Classifier, Classifier]) -> None:
    shown = images(2).requires_grad_()
    both = Together(members)
    (found,) = torch.autograd.grad(both(shown)[:, both.index_of("frog")].sum(), shown)
    parts = []
    for one in members:
        (own,) = torch.autograd.grad(one(shown).log_softmax(1)[:, one.index_of("frog")].sum(), shown)
        parts.append(own)
    torch.testing.assert_close(found, (parts[0] + parts[1]) / 2)


def test_in_half_precision_each_does_its_own(members: tuple[Classifier, Classifier]) -> None:
    half, shown = Together(members).in_precision(torch.bfloat16), images()
    expected = Together([one.in_precision(torch.bfloat16) for one in members])
    assert torch.equal(half(shown), expected(shown))
    assert half.dtype == torch.bfloat16
    assert half.pass_bytes.gradient > members[0].in_precision(torch.bfloat16).pass_bytes.gradient


def test_certainty_of_all_leaves_a_finite_rest(members: tuple[Classifier, Classifier]) -> None:
    sure = Together(list(members))
    for one in sure.members:
        last = one.network.get_submodule(one.feature_layer)
        last.bias.data[one.index_of("frog")] += 500  # type: ignore[union-attr, operator]
    try:
        assert sure(images()).isfinite().all()
    finally:
        for one in sure.members:
            last = one.network.get_submodule(one.feature_layer)
            last.bias.data[one.index_of("frog")] -= 500  # type: ignore[union-attr, operator]
