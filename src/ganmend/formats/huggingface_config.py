"""The config.json of pytorch-pretrained-BigGAN: what it says of the weights beside it."""

import math
from collections.abc import Mapping, Sequence

from ganmend.errors import CheckpointError
from ganmend.models.biggan.architecture import Architecture

EPS = 1e-4  # of the published models


def eps_of(config: Mapping[str, object]) -> float:
    """The eps of all norms.

    Args:
        config: the content of config.json, or nothing.

    Returns:
        A number above 0.

    Raises:
        CheckpointError: it gives something else.
    """
    stored = config.get("eps", EPS)
    if not isinstance(stored, float) or not 0 < stored < math.inf:
        raise CheckpointError(f"config.json gives eps {stored!r:.80}; expected a number above 0")
    return stored


def upsampling_of(config: Mapping[str, object], channels: Sequence[tuple[int, int]]) -> list[bool]:
    """Which blocks upsample, by config.json's layers (upsamples, in, out); empty where it does not list them.

    Args:
        config: the content of config.json, which gives widths in units of the last block's.
        channels: (in, out) of each block of the weights.

    Returns:
        One answer a block, or nothing.

    Raises:
        CheckpointError: it lists other blocks.
    """
    layers = config.get("layers")
    if layers is None:
        return []
    width = channels[-1][1] or 1
    expected = [[into // width, out // width] for into, out in channels]
    if not isinstance(layers, list) or [layer[1:] if isinstance(layer, list) else None for layer in layers] != expected:
        raise CheckpointError(f"config.json lists other layers than the {len(channels)} blocks of the weights")
    if not all(layer[0] in (True, False) for layer in layers):
        raise CheckpointError("config.json lists layers that do not begin with true or false")
    return [bool(layer[0]) for layer in layers]


def check_config(config: Mapping[str, object], plan: Architecture, n_classes: int) -> None:
    """Refuse the config.json of other weights.

    Args:
        config: its content.
        plan: of the weights.
        n_classes: of the weights.

    Raises:
        CheckpointError: the two differ.
    """
    attention = [0] * plan.first_attention + [k + 1 for k, block in enumerate(plan.blocks) if block.attention]
    found = {"z_dim": plan.dim_z, "num_classes": n_classes, "channel_width": plan.blocks[-1].channels_out}
    if config.get("attention_layer_position") in range(len(plan.blocks)):  # at another place it stands for none
        found["attention_layer_position"] = attention[0] if attention else -1
    for name, value in found.items():
        if config.get(name, value) != value:
            raise CheckpointError(
                f"config.json gives {name} {config[name]!r:.80}, the weights {value}: it is not theirs"
            )
