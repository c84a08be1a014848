"""One pass through a classifier: its logits, its features, and what generated and real images are compared in."""

import pytest
import torch
from torch import Tensor, nn

from ganmend.errors import ClassifierError, ClassNameError, DrawingError
from ganmend.targets.classifier import Classifier, spatial_mean
from tests.conftest import CIFAR10, make_classifier


class Pair(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x


class First(nn.Module):
    def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
        return pair[0]


def staged() -> Classifier:
    """Layers at 16, 16, 8, 4 and 2 pixels; then one at a single pixel, and a last layer that takes no other size."""
    network = nn.Sequential()
    network.add_module("fine", nn.Conv2d(3, 4, 3, padding=1))
    network.add_module("fine_too", nn.Tanh())
    network.add_module("middle", nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(4, 5, 3, padding=1)))
    network.add_module("small", nn.AvgPool2d(2))
    network.add_module("pair", nn.Sequential(Pair(), First()))
    network.add_module("coarse", nn.AvgPool2d(2))
    network.add_module("pixel", nn.AvgPool2d(2))
    network.add_module("flat", nn.Flatten())
    network.add_module("last", nn.Linear(5, 10))
    return Classifier(
        network, name="staged", fingerprint="s", class_names=CIFAR10, resolution=16, mean=(0.5,) * 3, std=(0.5,) * 3,
        feature_layer="last",
    )  # fmt: skip


def images(n: int = 3, size: int = 16) -> Tensor:
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_features_are_the_last_layers_input() -> None:
    classifier, seen = make_classifier(), images(size=32)
    logits, features = classifier.logits_and_features(seen)
    assert (logits.shape, features.shape) == ((3, 10), (3, 72))
    torch.testing.assert_close(logits, classifier.network[4](features))
    assert torch.equal(classifier(seen), logits)
    torch.testing.assert_close(logits, classifier.network(classifier.preprocess(seen)))


def test_features_of_a_map_are_laid_flat() -> None:
    """The last layer may take more than a row: a convolution's input is flattened."""
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Conv2d(2, 10, 6), nn.Flatten())
    classifier = Classifier(
        network, name="", fingerprint="", class_names=CIFAR10, resolution=8, mean=(0.0,) * 3, std=(1.0,) * 3,
        feature_layer="1",
    )  # fmt: skip
    expected = network[0](classifier.preprocess(images(size=8))).reshape(3, 72)
    torch.testing.assert_close(classifier.logits_and_features(images(size=8))[1], expected)


def test_what_is_compared_is_the_last_layer_at_each_size_finest_first() -> None:
    """The coarsest (2 pixels) is left out, as is what has one pixel or is no (N, C, H, W); "" stands at the end."""
    assert staged().matching_layers == ("fine_too", "middle", "pair", "")
    assert staged().in_precision(torch.bfloat16).matching_layers == ("fine_too", "middle", "pair", "")


def test_what_is_compared_is_averaged_over_space() -> None:
    classifier = staged()
    network = classifier.network
    fine = network.fine_too(network.fine(classifier.preprocess(images())))
    middle = network.middle(fine)
    small = network.small(middle)
    expected = [fine.mean((2, 3)), middle.mean((2, 3)), small.mean((2, 3)), small.mean((2, 3))]
    torch.testing.assert_close(classifier.matching_features(images()), torch.cat(expected, 1))


def test_the_mean_over_space() -> None:
    maps = torch.arange(24.0).view(2, 3, 2, 2)  # channel k of image n holds 12 n + 4 k + (0, 1, 2, 3)
    assert spatial_mean(maps).tolist() == [[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]
    rows = torch.arange(6.0).view(2, 3)
    assert torch.equal(spatial_mean(rows), rows)


def test_layers_are_watched_by_name() -> None:
    classifier = staged()
    logits, seen = classifier.observe(images(), ["small", "", "fine"])
    assert set(seen) == {"small", "", "fine"}
    assert (seen["fine"].shape, seen["small"].shape, seen[""].shape) == ((3, 4, 16, 16), (3, 5, 4, 4), (3, 5))
    torch.testing.assert_close(logits, classifier.network.last(seen[""]))
    assert set(classifier.observe(images())[1]) == {""}


def test_nobody_watches_afterwards() -> None:
    classifier = make_classifier(bias=float("nan"))
    assert classifier.matching_layers == ("1", "")
    with pytest.raises(ClassifierError):
        classifier.observe(images(), ["0"])
    hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in classifier.modules()]
    assert sum(hooks) == 0


def test_an_unknown_layer_is_answered_with_the_known() -> None:
    with pytest.raises(ClassifierError, match="tiny has no layer 'conv9'; its top layers are: 0, 1, 2, 3, 4"):
        make_classifier().observe(images(), ["conv9"])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_one_logit_that_is_no_number_is_refused(value: float) -> None:
    classifier = make_classifier()
    classifier.network[4].bias.data[7] = value
    with pytest.raises(ClassifierError, match="tiny gives NaN or infinity"):
        classifier(images())


def test_images_that_are_no_numbers_are_not_the_classifiers_fault() -> None:
    seen = images()
    seen[0, 0, 3, 3] = torch.nan
    with pytest.raises(DrawingError, match="the images to classify are NaN"):
        make_classifier()(seen)


def test_a_precision_is_the_networks_alone() -> None:
    classifier, seen = make_classifier(), images(size=32)
    before = classifier.observe(seen, ["0"])
    half = classifier.in_precision(torch.bfloat16)
    assert {tensor.dtype for tensor in half.network.parameters()} == {torch.bfloat16}
    assert (half.mean.dtype, half.std.dtype, half.preprocess(seen).dtype) == (torch.float32,) * 3
    assert torch.equal(half.preprocess(seen), classifier.preprocess(seen))
    facts = (half.name, half.fingerprint, half.class_names, half.resolution, half.feature_layer)
    assert facts == ("tiny", "tiny0", CIFAR10, 24, "4")
    logits, layers = half.observe(seen, ["0"])
    assert {logits.dtype, layers["0"].dtype, layers[""].dtype} == {torch.float32}
    asked = half.preprocess(seen).to(torch.bfloat16, memory_format=torch.channels_last)
    assert torch.equal(logits, half.network(asked).float()), "the network computes in bfloat16, nothing else does"
    assert not torch.equal(logits, before[0])
    # The original stays as it is, and what is done to the copy does not reach it.
    half.to(torch.float64)
    assert classifier.mean.dtype == torch.float32
    after = classifier.observe(seen, ["0"])
    assert torch.equal(after[0], before[0])
    assert torch.equal(after[1]["0"], before[1]["0"])
    assert classifier.dtype == torch.float32
    assert classifier.in_precision(torch.float32) is classifier
    back = classifier.in_precision(torch.bfloat16)
    assert back.in_precision(torch.bfloat16) is back


def test_a_classifier_is_frozen() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(0.5), nn.Flatten(), nn.LazyLinear(10))
    network(torch.zeros(1, 3, 8, 8))
    frozen = Classifier(
        network, name="", fingerprint="", class_names=CIFAR10, resolution=8, mean=(0.0,) * 3, std=(1.0,) * 3,
        feature_layer="3",
    )  # fmt: skip
    assert not any(tensor.requires_grad for tensor in frozen.parameters())
    assert not any(module.training for module in frozen.network.modules()), "no dropout"
    # Which convolutions on a CPU want.
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_gradients_pass_to_the_images() -> None:
    seen = images(size=32).requires_grad_()
    make_classifier()(seen)[:, 3].sum().backward()
    assert seen.grad is not None
    assert seen.grad.abs().max() > 0


def test_a_class_by_name_or_index() -> None:
    classifier = make_classifier()
    assert [classifier.index_of(wanted) for wanted in ("frog", "FROG", 6, "6", "airplane")] == [6, 6, 6, 6, 0]
    with pytest.raises(ClassNameError, match="the classifier tiny has no class 'frob'; the nearest are: frog"):
        classifier.index_of("frob")


def test_it_says_what_it_is_in_a_line() -> None:
    assert repr(make_classifier(3)) == "<Classifier tiny: 10 classes, 24 px, fingerprint tiny3>"
    assert make_classifier().device == torch.device("cpu")
