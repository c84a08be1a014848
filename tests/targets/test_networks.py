"""The bundled classifiers, against a second writing of their networks, and against what they always said."""

import hashlib

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ganmend.demo.bundled import WEIGHTS
from ganmend.errors import ClassifierError
from ganmend.targets.sources.bundled import load_bundled
from ganmend.targets.sources.networks import JudgeNetwork, PlainNetwork, SameConv2d, SearchNetwork, build
from tests.conftest import CIFAR10

# Logits of the image `wave`, as computed when the networks were bundled.
GOLDEN = {
    "search": [0.3999, 2.6176, -0.7507, -0.3402, -1.2201, -0.5141, 0.0278, -1.8414, -0.4502, 2.0675],
    "judge": [0.8270, 0.6217, 1.0845, 1.1429, -0.8384, 0.3389, 0.9888, -0.6763, -0.1357, 0.4037, 3.7613],
    "second-judge": [0.5772, 2.1458, -1.0048, -0.7268, -1.1741, -0.2823, -0.8165, -1.0666, 0.0679, 1.5413, 0.6659],
}


def wave() -> Tensor:
    return torch.sin(torch.arange(3 * 32 * 32) * 0.37).view(1, 3, 32, 32)


@pytest.mark.parametrize("kind", GOLDEN)
def test_the_bundled_classifiers_say_what_they_always_said(kind: str) -> None:
    logits = load_bundled(kind)(wave())
    # Rounded to four places; another processor sums in another order, far below that.
    torch.testing.assert_close(logits, torch.tensor([GOLDEN[kind]]), rtol=0, atol=1e-3)


def test_the_searchs_network() -> None:
    """A 3x3 stem; three stages of a stride 2 convolution and 2, 2, 1 residual pairs; the mean over space; linear."""
    classifier = load_bundled("search")
    w = classifier.network.state_dict()

    def convolve(x: Tensor, name: str, stride: int = 1) -> Tensor:
        return F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], stride, padding=1).relu()

    seen = torch.randn(2, 3, 32, 32)
    x = convolve(seen, "stem")
    for stage, pairs in enumerate((2, 2, 1)):
        x = convolve(x, f"stages.{stage}.down", 2)
        for pair in range(pairs):
            first = convolve(x, f"stages.{stage}.pairs.{pair}.first")
            x = x + convolve(first, f"stages.{stage}.pairs.{pair}.second")
    assert x.shape == (2, 256, 4, 4)
    expected = x.mean((2, 3)) @ w["head.weight"].T + w["head.bias"]
    torch.testing.assert_close(classifier.network(seen), expected, rtol=1e-4, atol=1e-4)


def test_the_second_judges_network() -> None:
    """3x3 convolutions of one, two, three and one a stage, halved by the maximum between; 64 features; linear."""
    classifier = load_bundled("second-judge")
    w = classifier.network.state_dict()
    seen = torch.randn(2, 3, 32, 32)
    x = seen
    for stage, convolutions in enumerate((1, 2, 3, 1)):
        if stage:
            x = x.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5))  # (N, C, H, W) -> (N, C, H / 2, W / 2)
        for number in range(convolutions):
            name = f"stages.{stage}.{number}"
            x = F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=1).relu()
    assert x.shape == (2, 192, 4, 4)
    x = F.conv2d(x, w["narrow.weight"], w["narrow.bias"]).relu()
    expected = x.mean((2, 3)) @ w["head.weight"].T + w["head.bias"]
    torch.testing.assert_close(classifier.network(seen), expected, rtol=1e-4, atol=1e-4)
    assert classifier.logits_and_features(seen)[1].shape == (2, 64)


# Of each of the judge's blocks: kernel, stride, whether it adds its input (EfficientNet-Lite1's first five stages).
BLOCKS = [
    (3, 1, False),
    (3, 2, False), (3, 1, True), (3, 1, True),
    (5, 2, False), (5, 1, True), (5, 1, True),
    (3, 2, False), (3, 1, True), (3, 1, True), (3, 1, True),
    (5, 1, False), (5, 1, True), (5, 1, True), (5, 1, True),
]  # fmt: skip


def same(x: Tensor, weight: Tensor, bias: Tensor, stride: int, groups: int = 1) -> Tensor:
    """TensorFlow's SAME for even sizes: kernel - stride pixels in all, the odd one to the right and bottom."""
    total = weight.shape[-1] - stride
    before, after = total // 2, total - total // 2
    return F.conv2d(F.pad(x, (before, after, before, after)), weight, bias, stride, groups=groups)


def test_the_judges_network() -> None:
    classifier = load_bundled("judge")
    w = classifier.network.state_dict()

    def part(name: str) -> tuple[Tensor, Tensor]:
        return w[f"{name}.weight"], w[f"{name}.bias"]

    seen = torch.randn(2, 3, 32, 32)
    x = F.interpolate(seen, (64, 64), mode="bilinear", align_corners=False)
    x = same(x, *part("stem"), stride=2).clamp(0, 6)
    for index, (kernel, stride, residual) in enumerate(BLOCKS):
        block = f"blocks.{index}"
        h = x if index == 0 else F.conv2d(x, *part(f"{block}.expand")).clamp(0, 6)
        assert w[f"{block}.depthwise.weight"].shape == (h.shape[1], 1, kernel, kernel)
        h = same(h, *part(f"{block}.depthwise"), stride, groups=h.shape[1]).clamp(0, 6)
        h = F.conv2d(h, *part(f"{block}.project"))
        x = x + h if residual else h
    assert x.shape == (2, 112, 4, 4)
    expected = x.mean((2, 3)) @ w["head.weight"].T + w["head.bias"]
    torch.testing.assert_close(classifier.network(seen), expected, rtol=1e-4, atol=1e-4)


def ones(kernel: int, stride: int) -> SameConv2d:
    """A convolution that counts the pixels which its window covers."""
    layer = SameConv2d(1, 1, kernel, stride)
    layer.weight.data.fill_(1)
    layer.bias.data.zero_()
    return layer


@pytest.mark.parametrize(
    ("kernel", "stride", "size", "rows", "columns"),
    [
        (3, 1, (3, 4), [2, 3, 2], [2, 3, 3, 2]),  # one pixel on each side
        (3, 2, (4, 4), [3, 2], [3, 2]),  # windows 0-2 and 2-4: one pixel to the right and bottom, none before
        (3, 2, (5, 4), [2, 3, 2], [3, 2]),  # along odd heights one on each side: windows -1-1, 1-3, 3-5
        (5, 2, (4, 6), [4, 3], [4, 5, 3]),  # of three pixels one stands before: windows -1-3, 1-5 and 3-7
        (1, 2, (4, 5), [1, 1], [1, 1, 1]),  # nothing to pad, and nothing to cut
    ],
)
def test_the_odd_pixel_goes_to_the_right_and_bottom(
    kernel: int, stride: int, size: tuple[int, int], rows: list[int], columns: list[int]
) -> None:
    covered = ones(kernel, stride)(torch.ones(1, 1, *size))[0, 0]
    assert covered.tolist() == torch.outer(torch.tensor(rows), torch.tensor(columns)).tolist()


def test_a_kernel_smaller_than_its_stride_starts_at_the_first_pixel() -> None:
    places = torch.arange(16.0).view(1, 1, 4, 4)
    assert ones(1, 2)(places)[0, 0].tolist() == [[0, 2], [8, 10]]


def test_groups_and_classes() -> None:
    assert SameConv2d(4, 4, 3, groups=4).weight.shape == (4, 1, 3, 3)
    assert SameConv2d(4, 4, 3).stride == (1, 1)
    for network in (SearchNetwork(7), JudgeNetwork(7), PlainNetwork(7)):
        assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


def test_weights_are_restored_in_float32() -> None:
    weights = {name: torch.full_like(tensor, 0.5).half() for name, tensor in SearchNetwork(3).state_dict().items()}
    network = build("search", 3, weights)
    assert not network.training
    assert {tensor.dtype for tensor in network.parameters()} == {torch.float32}
    assert all((tensor == 0.5).all() for tensor in network.parameters())


def test_what_the_package_says_of_them() -> None:
    search, judge, second = (load_bundled(kind) for kind in ("search", "judge", "second-judge"))
    assert (second.name, second.class_names, second.feature_layer) == ("demo:second-judge", judge.class_names, "head")
    assert (search.name, judge.name) == ("demo:search", "demo:judge")
    assert search.class_names == CIFAR10
    assert judge.class_names == (*CIFAR10, "none")
    assert (search.resolution, judge.resolution) == (32, 32)
    assert search.mean.flatten().tolist() == pytest.approx([0.49, 0.48, 0.45])
    assert search.std.flatten().tolist() == pytest.approx([0.25, 0.24, 0.26])
    assert judge.mean.flatten().tolist() == judge.std.flatten().tolist() == [0.5] * 3
    assert search.feature_layer == judge.feature_layer == "head"
    assert search.matching_layers == ("stem", "stages.0", "stages.1", "")
    for classifier in (search, judge, second):
        content = (WEIGHTS / f"{classifier.name.removeprefix('demo:')}.safetensors").read_bytes()
        assert classifier.fingerprint == hashlib.sha256(content).hexdigest()[:16]
    assert len({search.fingerprint, judge.fingerprint, second.fingerprint}) == 3


def test_what_is_not_in_the_package(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClassifierError, match="expected demo:search or demo:judge or demo:second-judge"):
        load_bundled("other")
    monkeypatch.setattr("ganmend.targets.sources.bundled.WEIGHTS", tmp_path)
    with pytest.raises(ClassifierError, match=r"search.safetensors is missing .* install ganmend again"):
        load_bundled("search")
