"""Files altered by what they mean, and saved whole: tensors renamed, reshaped, of other types; other values in JSON."""

import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.fuzz.seeds import Seed, encoded

DTYPES = (torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.uint8, torch.bool, torch.complex64)
NUMBERS = (float("nan"), float("inf"), 1e30, 0.0, -1.0, 1e-40)
ODD = (None, 3, 2.5, "text", [], {}, (), np.float32(1), torch.Size([2]))
VALUES = (None, True, False, 0, -1, 1, 2, 3, 4, 1 << 40, 1 << 70, 0.5, 1e308, "", "x", "\n", "Ω" * 300, [], {}, [[]],
          [1, 2], [None], {"a": 1}, "0123456789abcdef")  # fmt: skip


def altered(seed: Seed, rng: random.Random) -> bytes:
    """The seed's file with one to three things changed in what it holds."""
    if seed.name.endswith(".json"):
        return json.dumps(_other_json(json.loads(seed.raw), rng)).encode()
    times = rng.choice((1, 1, 2, 3))
    if seed.name.endswith(".npy"):
        array = torch.from_numpy(seed.content)
        for _ in range(times):
            array = rng.choice((_reshaped, _retyped, _renumbered))(array, rng)
        return encoded(seed.name, array.float().numpy() if array.dtype is torch.bfloat16 else array.numpy(), {})
    inner = seed.content.get("state_dict", seed.content)
    tensors, facts = dict(inner), dict(seed.facts)
    for _ in range(times):
        if facts and rng.random() < 0.5:
            name = rng.choice(list(facts))
            facts[name] = _other_text(facts[name], rng)
        else:
            tensors = rng.choice(CHANGES)(tensors, rng)
    if seed.name.endswith(".safetensors"):
        return encoded(seed.name, {name: tensor.contiguous().clone() for name, tensor in tensors.items()}, facts)
    older = seed.format.endswith("older format")
    return encoded(seed.name, _wrapped(seed.content, inner, tensors, rng), {}, older)


def _wrapped(content: dict[str, Any], inner: dict[str, Tensor], tensors: dict[str, Any], rng: random.Random) -> Any:
    """As it was, or as other scripts save it, or as none does."""
    usual = tensors if content is inner else content | {"state_dict": tensors}
    if rng.random() < 0.7:
        return usual
    if rng.random() < 0.5 and tensors:
        return tensors | {rng.choice([*tensors, "x", 7]): rng.choice(ODD)}
    with_prefix = {f"module.{name}": tensor for name, tensor in tensors.items()}
    nested = {"state_dict": tensors, "step": 3}
    return rng.choice((with_prefix, nested, {"state_dict": nested}, [tensors], with_prefix | tensors, {}))


def _other_json(value: Any, rng: random.Random) -> Any:
    """A value with another somewhere inside."""
    if isinstance(value, dict) and value and rng.random() < 0.95:
        name = rng.choice(list(value))
        if rng.random() < 0.1:
            return {key: kept for key, kept in value.items() if key != name} | ({"x": 1} if rng.random() < 0.5 else {})
        return value | {name: _other_json(value[name], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        index = rng.randrange(len(value))
        new = rng.choice(([], [_other_json(value[index], rng)], [_other_json(value[index], rng)], [value[index]] * 2))
        return value[:index] + new + value[index + 1 :]
    return rng.choice(VALUES)


def _other_text(text: str, rng: random.Random) -> str:
    try:
        return json.dumps(_other_json(json.loads(text), rng))
    except ValueError:
        return str(rng.choice(VALUES))


def _one(
    change: Callable[[Tensor, random.Random], Tensor],
) -> Callable[[dict[str, Any], random.Random], dict[str, Any]]:
    """The change made to one of the tensors."""

    def changed(tensors: dict[str, Any], rng: random.Random) -> dict[str, Any]:
        if not tensors:
            return tensors
        name = rng.choice(list(tensors))
        return tensors | {name: change(tensors[name], rng)}

    return changed


def _reshaped(tensor: Tensor, rng: random.Random) -> Tensor:
    if tensor.dim() == 0:
        return tensor[None].expand(rng.choice((0, 1, 5)))
    return rng.choice((tensor[:0], tensor[:1], tensor[1:], tensor.flatten(), tensor[None], tensor.mT if tensor.dim() > 1
                       else tensor[:, None], tensor.repeat(2, *[1] * (tensor.dim() - 1))))  # fmt: skip


def _retyped(tensor: Tensor, rng: random.Random) -> Tensor:
    return tensor if tensor.is_complex() else tensor.nan_to_num(0, 1, -1).to(rng.choice(DTYPES))


def _renumbered(tensor: Tensor, rng: random.Random) -> Tensor:
    number = torch.tensor(rng.choice(NUMBERS))
    changed = tensor.clone(memory_format=torch.contiguous_format)
    if changed.is_floating_point() or changed.is_complex():
        if rng.random() < 0.5:
            return changed.copy_(number)
        changed.view(-1)[:1] = number.to(changed.dtype)
    return changed


def _resized(tensors: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """All axes of one size cut to another, or all tensors doubled along them: a generator of other widths, or none."""
    sizes = sorted({size for tensor in tensors.values() for size in tensor.shape})
    if not sizes:
        return tensors
    old = rng.choice(sizes)
    new = min(2 * old, rng.choice((0, 1, 2, max(0, old - 1), old // 2, 2 * old)))

    def fitted(tensor: Tensor) -> Tensor:
        for axis, size in enumerate(tensor.shape):
            if size == old:
                tensor = torch.cat([tensor, tensor], axis).narrow(axis, 0, new)
        return tensor

    return {name: fitted(tensor) for name, tensor in tensors.items()}


def _renamed(tensors: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    if not tensors:
        return tensors
    name = rng.choice(list(tensors))
    new = rng.choice((rng.choice(list(tensors)), f"module.{name}", name + "x", name.replace("0", "9"), "", "\n"))
    return {key: value for key, value in tensors.items() if key != name} | {new: tensors[name]}


def _removed(tensors: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """One tensor left out, or a whole layer."""
    if not tensors:
        return tensors
    name = rng.choice(list(tensors))
    stem = name if rng.random() < 0.5 else ".".join(name.split(".")[: rng.randint(1, 3)])
    return {key: value for key, value in tensors.items() if not key.startswith(stem)}


def _exchanged(tensors: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """One tensor under another's name: their numbers are shared."""
    return tensors | {rng.choice(list(tensors)): rng.choice(list(tensors.values()))} if tensors else tensors


CHANGES = (_one(_reshaped), _one(_retyped), _one(_renumbered), _resized, _renamed, _removed, _exchanged)
