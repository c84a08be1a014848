"""A generator is found wherever a training left it in a file, and draws what the bare file draws."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from ganmend.catalog.load import load_generator
from ganmend.errors import CheckpointError, GanmendWarning
from ganmend.formats.export import patch_checkpoint
from ganmend.formats.finding import find_generator
from ganmend.formats.naming import is_another, is_average, is_generator
from tests.conftest import FIXTURES

TINY = FIXTURES / "brock_biggan_32.pth"
State = dict[str, Tensor]
FAMILIES = ("brock_biggan_32.pth", "brock_biggan_deep_64.pth", "studiogan_big_resnet_32.pth",
            "hf_biggan_deep_64/pytorch_model.bin")  # fmt: skip
PREFIXES = ("module.", "module.module.", "generator.", "generator_ema.", "G.", "G_ema.", "netG.", "_orig_mod.",
            "module._orig_mod.", "state.G.module.", "any.name_at.all.")  # fmt: skip
KEYS = ("G_ema", "G", "ema", "ema_state_dict", "state_dict", "model", "net", "generator", "any name")
COUNTERS = {"step": 3, "epoch": 2.5, "best": None, "args": {"lr": [1e-4, True]}}


def state_of(checkpoint: str = TINY.name) -> State:
    content = torch.load(FIXTURES / checkpoint, weights_only=True)
    return content.get("state_dict", content)


def behind(prefix: str, state: State) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


def altered(state: State) -> State:
    """Of another fingerprint."""
    return {name: tensor + 0.125 if name.endswith("linear.bias") else tensor for name, tensor in state.items()}


def discriminator() -> State:
    return {"blocks.0.0.conv1.weight": torch.ones(4, 3, 3, 3), "linear.weight": torch.ones(1, 64),
            "linear.bias": torch.ones(1), "embed.weight": torch.ones(10, 64)}  # fmt: skip


def optimiser() -> dict:
    return {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2)}}, "param_groups": [{"params": [0]}]}


def loaded(tmp_path: Path, content: object) -> str:
    """The fingerprint of what is read; it holds every weight."""
    torch.save(content, tmp_path / "G.pth")
    return load_generator(tmp_path / "G.pth").fingerprint


@pytest.fixture(scope="module")
def bare() -> str:
    return load_generator(TINY).fingerprint


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_any_prefix(prefix: str, family: str) -> None:
    state = state_of(family)
    found, note = find_generator(behind(prefix, state))
    assert note == ""
    assert all(found.tensors()[name] is tensor for name, tensor in state.items())
    assert len(found.tensors()) == len(state)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_any_prefix_in_a_file(prefix: str, suffix: str, tmp_path: Path, bare: str) -> None:
    state = {name: tensor.contiguous() for name, tensor in behind(prefix, state_of()).items()}
    (save_file if suffix == ".safetensors" else torch.save)(state, tmp_path / f"G{suffix}")
    assert load_generator(tmp_path / f"G{suffix}").fingerprint == bare


@pytest.mark.parametrize("wrapper", ["module.", "_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."])
def test_wrappers_in_the_middle_of_names(wrapper: str, tmp_path: Path, bare: str) -> None:
    """A part of a network can be compiled, or put on several devices, by itself."""
    state = {name.replace("blocks.0.", f"blocks.0.{wrapper}"): tensor for name, tensor in state_of().items()}
    assert loaded(tmp_path, state) == bare


@pytest.mark.parametrize("key", KEYS)
def test_under_any_key(key: str, tmp_path: Path, bare: str) -> None:
    assert loaded(tmp_path, {key: state_of()} | COUNTERS) == bare
    assert loaded(tmp_path, {"state_dict": {key: OrderedDict(behind("module.", state_of()))}}) == bare


def lightning(state: State) -> dict:
    return {"state_dict": behind("generator.", state) | behind("discriminator.", discriminator()), "epoch": 3,
            "optimizer_states": [optimiser()], "pytorch-lightning_version": "2.4"}  # fmt: skip


def one_namespace(state: State) -> dict:
    return behind("G.", state) | behind("D.", discriminator())


def swa(state: State) -> dict:
    """torch.optim.swa_utils.AveragedModel, without its counter."""
    return behind("module.", state)


BESIDE: dict[str, Callable[[State], dict]] = {
    "lightning": lightning,
    "one namespace": one_namespace,
    "averaged model": swa,
    "keys": lambda state: {"G": state, "D": discriminator(), "optim": optimiser()} | COUNTERS,
    "two levels": lambda state: {"state_dict": {"model": {"G": state, "D": discriminator()}}, "seed": 1},
    "numbers in a list": lambda state: {"net": state, "losses": [1.0, 2.0], "noise": [torch.ones(2)]},
    "a tensor beside": lambda state: {"G": state, "fixed_z": torch.ones(4, 80), "rng": torch.get_rng_state()},
    "discriminator first": lambda state: {"D": behind("module.", discriminator()), "G": behind("module.", state)},
}


@pytest.mark.parametrize("kind", BESIDE)
def test_beside_other_networks(kind: str, tmp_path: Path, bare: str) -> None:
    assert loaded(tmp_path, BESIDE[kind](state_of())) == bare


AVERAGES: dict[str, Callable[[State, State], dict]] = {
    "G_ema": lambda ema, other: {"G": other, "D": discriminator(), "G_ema": ema, "optimizer": optimiser(), "epoch": 3},
    "ema first": lambda ema, other: {"ema": ema, "model": other},
    "state dicts": lambda ema, other: {"state_dict": other, "ema_state_dict": ema},
    "camel": lambda ema, other: {"generator": other, "generatorEMA": ema},
    "prefixes": lambda ema, other: {"state_dict": behind("generator.", other) | behind("generator_ema.", ema)},
    "one above the other": lambda ema, other: other | behind("ema.", ema),
    "wrapped": lambda ema, other: {"G": behind("module.", other), "G_ema": behind("module._orig_mod.", ema)},
    "E": lambda ema, other: {"G": other, "D": discriminator(), "E": ema},
    "two levels": lambda ema, other: {"state": {"G": other, "averaged": ema}},
}


@pytest.mark.parametrize("kind", AVERAGES)
def test_the_average_goes_first_and_one_line_says_so(kind: str, tmp_path: Path, bare: str) -> None:
    with pytest.warns(GanmendWarning, match=r"G\.pth holds 2 generators: took .*, the average \(EMA\)") as caught:
        assert loaded(tmp_path, AVERAGES[kind](state_of(), altered(state_of()))) == bare
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)


def test_an_average_of_parameters_alone_is_no_generator(tmp_path: Path, bare: str) -> None:
    """What lacks the norms' statistics cannot draw; what lacks counters can."""
    parameters = {name: tensor for name, tensor in altered(state_of()).items() if ".stored_" not in name}
    with pytest.warns(GanmendWarning, match="took 'G', the first; to take 'G_ema'"):
        assert loaded(tmp_path, {"G_ema": parameters, "G": state_of()}) == bare
    counted = state_of() | {"blocks.0.0.bn1.num_batches_tracked": torch.tensor(3)}
    with pytest.warns(GanmendWarning, match="took 'G_ema'"):
        assert loaded(tmp_path, {"G": counted, "G_ema": state_of()}) == bare


def test_of_equals_the_first_is_taken(tmp_path: Path, bare: str) -> None:
    with pytest.warns(GanmendWarning, match="took 'generator_with_a_long_name', the first; to take 'b'"):
        assert loaded(tmp_path, {"generator_with_a_long_name": state_of(), "b": altered(state_of())}) == bare
    with pytest.warns(GanmendWarning, match="took 'b', the first"):
        assert loaded(tmp_path, behind("b.", state_of()) | behind("longer.", altered(state_of()))) == bare


@pytest.mark.parametrize(
    "extra",
    ["n_averaged", "ema.num_updates", "step", "D.linear.weight", "blocks_counter", "perceptual.features.0.weight"],
)
def test_extra_tensors_are_named_and_change_nothing(extra: str, tmp_path: Path, bare: str) -> None:
    more = {extra: torch.tensor(3), "accumulation.count": torch.ones(2)}
    with pytest.warns(GanmendWarning, match="does not have") as caught:
        assert loaded(tmp_path, state_of() | more) == bare
    assert len(caught) == 1
    assert all(repr(name) in str(caught[0].message) for name in more)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_missing_tensor_is_named_behind_a_prefix(family: str, tmp_path: Path) -> None:
    """Whichever it is, but for the table, by which the prefix is found."""
    for missing in ("blocks.0.0.conv1.weight", "linear.weight", "linear0.bias", "generator.gen_z.bias"):
        state = state_of(family)
        if missing in state:
            del state[missing]
            with pytest.raises(CheckpointError, match=rf"lacks the tensor '{missing}'"):
                loaded(tmp_path, {"G": behind("module.", state)})


def test_tensors_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds tensors twice"):
        loaded(tmp_path, state_of() | behind("module.", state_of()))


@pytest.mark.parametrize("content", [[1, 2], torch.ones(2), "text", {}, None], ids=lambda it: type(it).__name__)
def test_what_holds_no_names_is_refused(content: object) -> None:
    with pytest.raises(CheckpointError, match="expected a state dict of named tensors"):
        find_generator(content)


def test_far_too_many_class_tables_are_refused() -> None:
    with pytest.raises(CheckpointError, match="holds 40 class tables"):
        find_generator({f"{k}.shared.weight": torch.ones(1) for k in range(39)})


def test_a_dictionary_in_itself_ends() -> None:
    content: dict = {"a": torch.ones(1)}
    content["b"] = content
    content["c"] = {str(k): content for k in range(1000)}
    with pytest.raises(CheckpointError, match="no known generator format"):
        find_generator(content)


@pytest.mark.parametrize("key", ["G_ema", "generator"])
def test_an_export_changes_the_table_that_was_read(key: str, tmp_path: Path) -> None:
    content = {"D": discriminator(), key: behind("module.", state_of()), "optimizer": optimiser()} | COUNTERS
    torch.save(content, tmp_path / "G.ckpt")
    patch_checkpoint(tmp_path / "G.ckpt", 3, torch.full((128,), 2.0), tmp_path / "out.ckpt")
    after = torch.load(tmp_path / "out.ckpt", weights_only=True)
    assert list(after) == list(content)
    assert {name: after[name] for name in COUNTERS} == COUNTERS
    changed = [name for name, tensor in content[key].items() if not torch.equal(tensor, after[key][name])]
    assert changed == ["module.shared.weight"]
    assert load_generator(tmp_path / "out.ckpt").class_embeddings[3].eq(2).all()


def test_the_words_of_names() -> None:
    averages = ("G_ema", "ema", "generator_ema.", "state.ema_state_dict", "netG_EMA", "generatorEMA", "averaged_model")
    assert all(map(is_average, averages))
    assert not any(map(is_average, ("G", "schema", "remain", "generator", "E", "email")))
    assert all(map(is_generator, ("G", "netG", "generator", "G_ema", "model=G-best-weights-step=1", "netG_A")))
    assert not any(map(is_generator, ("D", "biggan", "GAN", "weights", "pig")))
    assert all(map(is_another, ("D", "netD", "D_optim", "G_optim", "Discriminator", "model=D-best-weights-step=1")))
    assert not any(map(is_another, ("G", "model", "seed", "dog")))
