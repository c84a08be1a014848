"""A user's file in a network that timm or torchvision knows, whatever its keys, prefixes, head and precision."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import Tensor, nn

from ganmend.errors import ClassifierError, GanmendWarning
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.targets.sources.torchvision_networks import published_digest
from tests.conftest import FIXTURES
from tests.targets.own import MODEL, N_CLASSES, NAMES, SIZE, images, network, prefixed, saved

STEM = "conv1.0.weight"
UNNAMED = "nothing says what the 7 classes"


def load(name: str) -> Classifier:
    with pytest.warns(GanmendWarning, match=UNNAMED):
        return load_classifier(name)


def expected_logits(own: nn.Module, mean: Tensor, std: Tensor) -> Tensor:
    with torch.no_grad():
        return own(((images() + 1) / 2 - mean) / std)


NESTINGS: dict[str, Callable[[Any], object]] = {
    "alone": lambda state: state,
    "module": lambda state: prefixed(state, "module."),
    "compiled": lambda state: prefixed(state, "_orig_mod."),
    "model": lambda state: prefixed(state, "model."),
    "net in module": lambda state: prefixed(state, "module.net."),
    "state_dict": lambda state: {"epoch": 3, "state_dict": state},
    "lightning": lambda state: {"state_dict": prefixed(state, "model."), "optimizer_states": [{"state": {}}]},
    "beside a generator's optimiser": lambda state: {"optim": {"state": {0: {"step": 1}}}, "net": state},
}


@pytest.mark.parametrize("nesting", NESTINGS)
def test_prefixes_and_nesting_do_not_matter(nesting: str, tmp_path: Path) -> None:
    own = network()
    classifier = load(saved(tmp_path / "own.pth", NESTINGS[nesting](own.state_dict())))
    with torch.no_grad():
        given = classifier(images())
    torch.testing.assert_close(given, expected_logits(own, classifier.mean, classifier.std))
    assert (len(classifier.class_names), classifier.resolution) == (N_CLASSES, SIZE)


def test_an_average_is_taken_before_the_last_step(tmp_path: Path) -> None:
    own = network()
    other = {name: tensor * 0.5 for name, tensor in own.state_dict().items()}
    for content in ({"state_dict": other, "state_dict_ema": own.state_dict()}, {"ema": own.state_dict(), "net": other}):
        classifier = load(saved(tmp_path / "both.pth", content))
        assert torch.equal(classifier.network.fc.weight, own.fc.weight)


@pytest.mark.parametrize("head", ["fc.1.", "fc.head.", "fc.0."])
def test_a_head_that_was_put_in_its_place_is_found(head: str, tmp_path: Path) -> None:
    own = network()
    state = {name.replace("fc.", head): tensor for name, tensor in own.state_dict().items()}
    classifier = load(saved(tmp_path / "head.pth", state))
    assert torch.equal(classifier.network.fc.weight, own.fc.weight)
    assert torch.equal(classifier.network.fc.bias, own.fc.bias)


def test_a_head_without_a_bias_adds_nothing(tmp_path: Path) -> None:
    state = network().state_dict()
    del state["fc.bias"]
    classifier = load(saved(tmp_path / "unbiased.pth", state))
    assert not classifier.network.fc.bias.any()


def test_a_head_of_several_layers_is_refused_with_one_that_is_missing(tmp_path: Path) -> None:
    state = network().state_dict()
    state["fc.3.weight"] = torch.zeros(3, 7)
    with pytest.raises(ClassifierError, match=r"has tensors that timm:test_resnet has not, such as 'fc\.3\.weight'"):
        load_classifier(saved(tmp_path / "deep.pth", state))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_precisions_become_float32(dtype: torch.dtype, tmp_path: Path) -> None:
    own = network()
    state = {
        name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in own.state_dict().items()
    }
    classifier = load(saved(tmp_path / "half.pth", state))
    assert classifier.network.fc.weight.dtype == torch.float32
    torch.testing.assert_close(classifier.network.fc.weight, own.fc.weight.to(dtype).float(), rtol=0, atol=0)


def test_the_fingerprint_is_the_weights_not_the_files(tmp_path: Path) -> None:
    state = network().state_dict()
    first = load(saved(tmp_path / "a.pth", state))
    again = load(saved(tmp_path / "b.pth", {"model": prefixed(state, "module.")}))
    larger = load(f"timm:{MODEL}@{tmp_path / 'a.pth'},size=48")
    state["fc.bias"] = state["fc.bias"] + 1
    other = load(saved(tmp_path / "c.pth", state))
    assert again.fingerprint == first.fingerprint != other.fingerprint
    assert larger.fingerprint != first.fingerprint, "its features are others"
    assert larger.weights == first.weights != other.weights, "but it is the same network"


def test_torchvisions_networks_take_files_too(tmp_path: Path) -> None:
    own = torchvision.models.get_model("shufflenet_v2_x0_5", num_classes=N_CLASSES)
    torch.save({"model": own.state_dict(), "class_names": list(NAMES)}, tmp_path / "tv.pth")
    classifier = load_classifier(f"torchvision:shufflenet_v2_x0_5@{tmp_path / 'tv.pth'}")
    assert classifier.class_names == NAMES
    assert classifier.resolution == 224
    assert torch.equal(classifier.network.fc.weight, own.fc.weight)


def test_a_transformer_is_built_for_its_size(tmp_path: Path) -> None:
    own = network(model="test_vit", img_size=32)
    torch.save(own.state_dict(), tmp_path / "vit.pth")
    classifier = load(f"timm:test_vit@{tmp_path / 'vit.pth'},size=32")
    with torch.no_grad():
        torch.testing.assert_close(classifier(images()), expected_logits(own, classifier.mean, classifier.std))
    with pytest.raises(ClassifierError, match=r"'pos_embed' of shape .*is it of another network, or another size\?"):
        load_classifier(f"timm:test_vit@{tmp_path / 'vit.pth'}")


NAMED: dict[str, dict[str, object]] = {
    "classes": {"classes": list(NAMES)},
    "class_to_idx": {"class_to_idx": {name: index for index, name in reversed(list(enumerate(NAMES)))}},
    "idx_to_class": {"idx_to_class": dict(enumerate(NAMES))},
    "id2label, as JSON has it": {"config": {"id2label": {str(index): name for index, name in enumerate(NAMES)}}},
    "beside others": {"names": ["too", "few"], "hyper_parameters": {"class_names": NAMES}},
}


@pytest.mark.parametrize("where", NAMED)
def test_names_in_the_file_are_the_classes(where: str, tmp_path: Path) -> None:
    content = {"state_dict": network().state_dict(), **NAMED[where]}
    assert load_classifier(saved(tmp_path / "named.pth", content)).class_names == NAMES


def test_names_in_a_safetensors_file(tmp_path: Path) -> None:
    save_file(network().state_dict(), tmp_path / "own.safetensors", {"class_names": json.dumps(NAMES)})
    assert load_classifier(f"timm:{MODEL}@{tmp_path / 'own.safetensors'},size=32").class_names == NAMES


def test_a_users_names_come_before_the_files(tmp_path: Path) -> None:
    name = saved(tmp_path / "own.pth", {"net": network().state_dict(), "classes": list(NAMES)})
    (tmp_path / "names, sorted.txt").write_text("\n".join(sorted(NAMES)) + "\n\n")
    classifier = load_classifier(f"{name},classes={tmp_path / 'names, sorted.txt'}")
    assert classifier.class_names == tuple(sorted(NAMES))


def test_as_many_classes_as_imagenet_or_places365_has_are_theirs(tmp_path: Path) -> None:
    for n_classes, first in ((1000, "tench"), (365, "airfield")):
        name = saved(tmp_path / "many.pth", network(n_classes).state_dict())
        assert load_classifier(name).class_names[0] == first


def test_others_are_numbered_and_a_warning_says_what_to_give(tmp_path: Path) -> None:
    with pytest.warns(GanmendWarning, match=r"'class 0' to 'class 6' here; give their names by --classes FILE"):
        classifier = load_classifier(saved(tmp_path / "own.pth", network().state_dict()))
    assert classifier.index_of("class 4") == classifier.index_of("4") == 4


@pytest.mark.parametrize(("n_names", "told"), [(6, "lists 6 names"), (8, "lists 8 names"), (0, "holds no class names")])
def test_another_number_of_names_is_refused(n_names: int, told: str, tmp_path: Path) -> None:
    name = saved(tmp_path / "own.pth", network().state_dict())
    (tmp_path / "names.txt").write_text("".join(f"kind {index}\n" for index in range(n_names)))
    with pytest.raises((ClassifierError, Exception), match=told) as refused:
        load_classifier(f"{name},classes={tmp_path / 'names.txt'}")
    assert str(tmp_path / "names.txt") in str(refused.value)


def without(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in state.items() if key != name}


def poisoned(state: dict[str, Tensor], number: float) -> dict[str, Tensor]:
    state["fc.weight"] = state["fc.weight"].clone()
    state["fc.weight"][0, 0] = number
    return state


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "missing tensor": (lambda s: without(s, STEM), r"lacks 1 of the \d+ tensors .*'conv1.0.weight'"),
    "no head": (lambda s: without(without(s, "fc.weight"), "fc.bias"), r"lacks 2 of the \d+ tensors"),
    "extra layer": (lambda s: s | {"layer1.7.conv1.weight": torch.zeros(2)}, "has tensors that .* has not"),
    "other shape": (lambda s: s | {STEM: torch.zeros(9, 3, 3, 3)}, r"'conv1.0.weight' of shape \(9, 3, 3, 3\)"),
    "grey": (lambda s: s | {STEM: s[STEM][:, :1]}, "for grey images; expected one for red, green"),
    "NaN": (lambda s: poisoned(s, float("nan")), "NaN or infinity in 'fc.weight'"),
    "infinity": (lambda s: poisoned(s, float("inf")), "NaN or infinity in 'fc.weight'"),
    "integers": (lambda s: s | {"fc.weight": s["fc.weight"].to(torch.int8)}, "'fc.weight' as torch.int8"),
    "another network": (lambda s: {f"block.{name}x": tensor for name, tensor in s.items()}, "holds another network"),
    "no tensors": (lambda s: {"epoch": 3}, r"holds no tensors by name \(it has 'epoch'\)"),
    "a tensor": (lambda s: s["fc.weight"], "holds a Tensor, no state dict"),
    "a list": (lambda s: list(s), "holds a list, no state dict"),
    "one class": (
        lambda s: s | {"fc.weight": s["fc.weight"][:1], "fc.bias": s["fc.bias"][:1]},
        "tells 1 class; expected",
    ),
    "the network itself": (lambda s: network(), "an object of the class 'timm.models.resnet ResNet', no state dict"),
}


@pytest.mark.filterwarnings("ignore:nothing says:ganmend.errors.GanmendWarning")
@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_is_refused_in_one_line(what: str, tmp_path: Path) -> None:
    change, told = WRONG[what]
    with pytest.raises(ClassifierError, match=told) as refused:
        load_classifier(saved(tmp_path / "wrong.pth", change(dict(network().state_dict()))))
    assert str(tmp_path / "wrong.pth") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_tensors_beside_the_network_are_left_out_with_a_warning(tmp_path: Path) -> None:
    state = network().state_dict() | {"criterion.weight": torch.ones(7), "fc.total_ops": torch.zeros(1)}
    name = saved(tmp_path / "more.pth", {"state_dict": state, "classes": list(NAMES)})
    with pytest.warns(GanmendWarning, match=r"no part for 1 of the file's tensors, such as 'criterion.weight'"):
        load_classifier(name)


def test_a_generators_file_is_told_as_such() -> None:
    for name in (f"timm:{MODEL}@{FIXTURES / 'brock_biggan_32.pth'}", str(FIXTURES / "brock_biggan_32.pth")):
        with pytest.raises(ClassifierError, match="holds a generator, no classifier; give it as the GENERATOR"):
            load_classifier(name)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    name = saved(tmp_path / "cut.pth", network().state_dict())
    (tmp_path / "cut.pth").write_bytes((tmp_path / "cut.pth").read_bytes()[:5000])
    with pytest.raises(ClassifierError, match=r"cut.pth is truncated or damaged"):
        load_classifier(name)
    with pytest.raises(ClassifierError, match=r"is a folder, not a file"):
        load_classifier(f"timm:{MODEL}@{tmp_path}")
    with pytest.raises(ClassifierError, match=r"no file of weights at .*gone.pth"):
        load_classifier(f"timm:{MODEL}@{tmp_path / 'gone.pth'}")


def test_weights_alone_do_not_say_which_network_they_are_of(tmp_path: Path) -> None:
    saved(tmp_path / "own.pth", network().state_dict())
    with pytest.raises(ClassifierError, match=r"not which network they are of; give it as timm:NAME@FILE"):
        load_classifier(str(tmp_path / "own.pth"))


def test_a_file_of_torchvisions_published_weights_is_known_as_such(tmp_path: Path) -> None:
    """Else it could judge the search that the same network guided."""
    (tmp_path / "w.pth").write_bytes(b"weights")
    start = hashlib.sha256(b"weights").hexdigest()[:8]
    address = f"https://there.org/net-{start}.pth"
    known = hashlib.sha256(address.encode()).hexdigest()[:16]  # as a network is known whose file was downloaded
    others = [
        "https://there.org/net-00000000.pth",
        "https://there.org/net.pth",
        f"https://there.org/net-{start[:4]}.pth",
    ]
    assert published_digest(str(tmp_path / "w.pth"), [*others, address]) == known
    assert published_digest(str(tmp_path / "w.pth"), others) == ""
