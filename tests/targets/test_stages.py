"""Which layers images are compared in, over the families of torchvision and timm; and the mean over their space."""

import warnings
from collections.abc import Callable, Sequence

import pytest
import timm
import torch
import torchvision.models as tv
from torch import Tensor, nn
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.resnet import Bottleneck

from ganmend.targets.classifier import Classifier
from ganmend.targets.stages import find_stages, spatial_axes, spatial_mean

VIT = [f"encoder.layers.encoder_layer_{block}" for block in (2, 5, 8)]
TORCHVISION = {
    "resnet18": "relu layer1 layer2 layer3",
    "resnet50": "relu layer1 layer2 layer3",
    "vgg11": "features.1 features.4 features.9 features.14 features.19",  # each ReLU before a pooling
    "alexnet": "features.1 features.4 features.11",
    "squeezenet1_1": "features.1 features.4 features.7",
    "densenet121": "features.relu0 features.transition1.conv features.transition2.conv features.transition3.conv",
    "googlenet": "conv1 conv3 inception3b inception4e",
    "inception_v3": "Conv2d_2b_3x3 Conv2d_4a_3x3 Mixed_5d Mixed_6e",
    "mobilenet_v3_small": "features.0 features.1 features.3 features.8",
    "efficientnet_b0": "features.1 features.2 features.3 features.5",
    "shufflenet_v2_x0_5": "conv1 maxpool stage2 stage3",
    "mnasnet0_5": "layers.7 layers.8 layers.9 layers.11",
    "convnext_tiny": "features.2.0 features.4.0 features.6.0",  # each norm before a strided convolution
    "swin_t": "features.1 features.3 features.5",
    "vit_b_16": " ".join(VIT),
}
TIMM = {
    "tf_efficientnet_lite0": "blocks.0 blocks.1 blocks.2 blocks.4",
    "convnext_atto": "stages.0 stages.1 stages.2",
    "swin_tiny_patch4_window7_224": "layers.0 layers.1 layers.2",
    "vit_tiny_patch16_224": "blocks.2 blocks.5 blocks.8",
    "deit_tiny_distilled_patch16_224": "blocks.2 blocks.5 blocks.8",  # two tokens besides the map's
    "mixer_s16_224": "blocks.1 blocks.3 blocks.5",
    "mvitv2_tiny": "stages.0 stages.1 stages.2",  # tokens, and the map's size beside them
    "regnety_002": "stem s1 s2 s3",
    "hrnet_w18_small": "act1 incre_modules.0 downsamp_modules.0.2 downsamp_modules.1.2",  # several sizes side by side
}
quietly = pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")


def stages_of(network: nn.Module, size: int = 224) -> list[str]:
    """On the meta device: shapes without numbers."""
    return list(find_stages(network.eval(), torch.zeros(1, 3, size, size, device="meta")))


@quietly
@pytest.mark.parametrize("family", TORCHVISION)
def test_the_last_layer_of_each_stage_in_torchvisions_families(family: str) -> None:
    with torch.device("meta"):
        network = tv.get_model(family, weights=None)
    assert stages_of(network, 299 if family == "inception_v3" else 224) == TORCHVISION[family].split()


@pytest.mark.parametrize("family", TIMM)
def test_the_last_layer_of_each_stage_in_timms_families(family: str) -> None:
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = timm.create_model(family)
    assert stages_of(network) == TIMM[family].split()


def found(network: nn.Module, size: int) -> list[str]:
    return list(find_stages(network.eval(), torch.zeros(1, 3, size, size)))


def shared() -> nn.Module:
    """One ReLU and one pooling that serve at 16, 8 and 4 pixels."""
    relu, pool = nn.ReLU(), nn.AvgPool2d(2)
    fine, middle, coarse = (nn.Conv2d(into, out, 3, padding=1) for into, out in ((3, 4), (4, 5), (5, 6)))
    return nn.Sequential(fine, relu, pool, middle, relu, pool, coarse, relu, pool, nn.Flatten(), nn.Linear(24, 10))


def test_a_module_that_serves_several_times_is_seen_at_its_right_call() -> None:
    network = shared()
    assert found(network, 16) == ["1#0", "1#1", "1#2"]
    watched, images = classifier(network, 16, "10"), torch.rand(2, 3, 16, 16)
    fine = network[0](watched.preprocess(images)).relu()
    middle = network[3](nn.functional.avg_pool2d(fine, 2)).relu()
    _, seen = watched.observe(images, ["1#0", "1#1", "1"])
    torch.testing.assert_close(seen["1#0"], fine)
    torch.testing.assert_close(seen["1#1"], middle)
    assert seen["1"].shape == (2, 6, 4, 4), "without a number, the last"


def test_grouping_a_chain_changes_nothing() -> None:
    def part(into: int, out: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(into, out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))

    assert found(nn.Sequential(part(3, 4), part(4, 5), part(5, 6)), 16) == ["0.1", "1.1", "2.1"]
    assert found(nn.Sequential(*part(3, 4), *part(4, 5), *part(5, 6)), 16) == ["1", "4", "7"]


class Block(nn.Module):
    """A block that is no chain: what it holds does not show what comes out of it."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.inner, self.down = nn.Conv2d(into, out, 3, padding=1), nn.AvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(self.inner(x).relu())


def test_of_a_block_only_what_comes_out_counts() -> None:
    """But for the first, since nothing else shows the finest stage."""
    assert found(nn.Sequential(Block(3, 4), Block(4, 5), Block(5, 6)), 16) == ["0.inner", "0", "1"]


def test_what_pads_or_enlarges_is_no_layer_to_compare_in() -> None:
    padded = nn.Sequential(
        nn.Upsample(scale_factor=2), nn.Conv2d(3, 4, 3, padding=1), nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(4, 5, 3, 2),
        nn.ReLU(), nn.ReflectionPad2d(1), nn.Conv2d(5, 6, 3, 2),
    )  # fmt: skip
    assert found(padded, 16) == ["1", "4"]


def test_a_network_of_one_block_has_its_features_alone() -> None:
    assert found(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(784, 10)), 16) == []
    assert found(nn.Sequential(nn.Flatten(), nn.Linear(768, 10)), 16) == []


def classifier(network: nn.Module, size: int, last: str) -> Classifier:
    return Classifier(
        network, name="", fingerprint="", class_names=[str(index) for index in range(10)], resolution=size,
        mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4), feature_layer=last,
    )  # fmt: skip


def small_swin() -> Classifier:
    return classifier(tv.SwinTransformer([4, 4], 12, [1, 1, 1], [1, 2, 4], [2, 2], num_classes=10), 32, "head")


def swin_by_hand(n: nn.Module, x: Tensor) -> list[Tensor]:
    """(N, H, W, C) at 8, 4 and 2 pixels."""
    first = n.features[1](n.features[0](x))
    second = n.features[3](n.features[2](first))
    return [first.mean((1, 2)), second.mean((1, 2)), n.norm(n.features[5](n.features[4](second))).mean((1, 2))]


def small_vit() -> Classifier:
    return classifier(tv.VisionTransformer(32, 8, 4, 2, 12, 24, num_classes=10), 32, "heads.head")


def vit_by_hand(n: nn.Module, x: Tensor) -> list[Tensor]:
    """(N, 1 + 16 tokens, C) after each of four blocks."""
    # (N, C, 4, 4) -> (N, 16, C)
    tokens = torch.cat([n.class_token.expand(len(x), -1, -1), n.conv_proj(x).flatten(2).transpose(1, 2)], 1)
    tokens, depths = tokens + n.encoder.pos_embedding, []
    for block in n.encoder.layers:
        tokens = block(tokens)
        depths.append(tokens)
    return [*(depth.mean(1) for depth in depths[:3]), n.encoder.ln(tokens)[:, 0]]


def small_resnet() -> Classifier:
    return classifier(tv.ResNet(Bottleneck, [2, 1, 1, 1], num_classes=10), 64, "fc")


def resnet_by_hand(n: nn.Module, x: Tensor) -> list[Tensor]:
    stages = [n.relu(n.bn1(n.conv1(x)))]
    stages.append(n.layer1(n.maxpool(stages[-1])))
    for layer in (n.layer2, n.layer3, n.layer4):
        stages.append(layer(stages[-1]))
    return [stage.mean((2, 3)) for stage in stages]


def small_convnext() -> Classifier:
    blocks = [CNBlockConfig(8, 12, 1), CNBlockConfig(12, 16, 1), CNBlockConfig(16, None, 1)]
    return classifier(tv.ConvNeXt(blocks, num_classes=10), 32, "classifier.2")


def convnext_by_hand(n: nn.Module, x: Tensor) -> list[Tensor]:
    first = n.features[1](n.features[0](x))
    second = n.features[3](n.features[2](first))
    last = n.features[5](n.features[4](second)).mean((2, 3), keepdim=True)
    return [
        *(norm(x).mean((2, 3)) for norm, x in ((n.features[2][0], first), (n.features[4][0], second))),
        n.classifier[0](last).flatten(1),
    ]


def small_squeezenet() -> Classifier:
    return classifier(tv.squeezenet1_1(num_classes=10), 48, "classifier.1")


def squeezenet_by_hand(n: nn.Module, x: Tensor) -> list[Tensor]:
    ends = {1: 23, 4: 11, 7: 5, 12: 2}  # and the size of what comes out there
    outputs = []
    for index, layer in enumerate(n.features):
        x = layer(x)
        if index in ends:
            assert x.shape[-1] == ends[index]
            outputs.append(x.mean((2, 3)))
    return outputs


def small_lite() -> Classifier:
    return classifier(timm.create_model("tf_efficientnet_lite0", num_classes=10), 64, "classifier")


def lite_by_hand(n: nn.Module, x: Tensor) -> list[Tensor]:
    x, outputs = n.bn1(n.conv_stem(x)), []
    for index, block in enumerate(n.blocks):
        x = block(x)
        if index in (0, 1, 2, 4):
            outputs.append(x)
    return [mean.mean((2, 3)) for mean in (*outputs, n.bn2(n.conv_head(x)))]


FAMILIES = {
    "swin": (small_swin, swin_by_hand),
    "vit": (small_vit, vit_by_hand),
    "resnet": (small_resnet, resnet_by_hand),
    "convnext": (small_convnext, convnext_by_hand),
    "squeezenet": (small_squeezenet, squeezenet_by_hand),
    "efficientnet_lite": (small_lite, lite_by_hand),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_images_are_compared_in_the_means_of_what_the_stages_give(family: str) -> None:
    """Finest first, over space and not over channels, and the gradient comes back to the images."""
    make: Callable[[], Classifier] = FAMILIES[family][0]
    by_hand: Callable[[nn.Module, Tensor], Sequence[Tensor]] = FAMILIES[family][1]
    watched = make()
    images = (torch.rand(2, 3, watched.resolution, watched.resolution) * 2 - 1).requires_grad_()
    expected = torch.cat(list(by_hand(watched.network, watched.preprocess(images))), 1)
    got = watched.matching_features(images)
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)
    (gradient,) = torch.autograd.grad(got.square().sum(), images)
    assert gradient.isfinite().all()
    assert gradient.abs().amax((1, 2, 3)).min() > 0


def test_layers_that_are_stated_are_not_looked_for() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(196, 10))
    stated = Classifier(
        network, name="", fingerprint="", class_names=(), resolution=16, mean=(0.5,) * 3, std=(0.5,) * 3,
        feature_layer="3", matching_layers=["1"],
    )  # fmt: skip
    assert stated.matching_layers == ("1", "")
    assert found(network, 16) == ["0"]


@pytest.mark.parametrize("layout", ["channels first", "channels last", "tokens"])
def test_the_mean_is_taken_over_space_whatever_the_layout(layout: str) -> None:
    """Planted: channel k of sample n holds 10 n + k at every place."""
    planted = torch.arange(5.0) + torch.tensor([[0.0], [10.0]])
    maps = {
        "channels first": planted[:, :, None, None].expand(2, 5, 7, 7),
        "channels last": planted[:, None, None].expand(2, 7, 7, 5),
        "tokens": planted[:, None].expand(2, 50, 5),
    }
    torch.testing.assert_close(spatial_mean(maps[layout]), planted)


def test_where_a_layout_has_its_space() -> None:
    assert spatial_axes(torch.zeros(2, 96, 7, 7)) == (2, 3)
    assert spatial_axes(torch.zeros(2, 7, 7, 96)) == (1, 2)
    assert spatial_axes(torch.zeros(2, 7, 7, 7)) == (2, 3), "as most networks have it, where the shape does not tell"
    assert spatial_axes(torch.zeros(2, 49, 96)) == (1,)
    assert spatial_axes(torch.zeros(2, 96)) == ()
