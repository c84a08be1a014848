"""A model of images and texts, built from its configuration and a file of weights.

The shapes of all its tensors are compared with the file's before memory is taken for them.
"""

import copy
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmend.errors import ClassifierError, GanmendWarning
from ganmend.files.weights import read_weights
from ganmend.targets.sentences.clip_config import UNBUILDABLE, check_config, load_tokenizer, normalisation

TEXTS_AT_ONCE = 64


@dataclass(frozen=True)
class Clip:
    """A model of images and texts, which puts both into one space.

    Attributes:
        name: what a user typed to get it.
        model: open_clip's, in eval mode.
        tokenizer: texts -> (K, context length) int64.
        resolution: height and width of the images that it takes, in pixels.
        mean: of the images in [0, 1] that it was trained on: red, green, blue.
        std: of the same.
    """

    name: str
    model: nn.Module
    tokenizer: Any
    resolution: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def image_tower(self) -> nn.Module:
        """Images (N, 3, resolution, resolution), normalised -> embeddings (N, D), or a tuple that begins with them."""
        tower: nn.Module = self.model.visual  # type: ignore[assignment]
        return tower

    @property
    def scale(self) -> float:
        """What a cosine between image and text is multiplied by to give a logit."""
        return self.model.logit_scale.exp().item()  # type: ignore[operator]

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Tensor:
        """Texts -> (K, D) of length 1, float32; what is longer than the model reads is cut, with a warning."""
        tokens = self.tokenizer(list(texts))  # (K, context length)
        for text in texts:
            self._warn_of_length(text, tokens.shape[1])
        parts = [self.model.encode_text(part) for part in tokens.split(TEXTS_AT_ONCE)]  # type: ignore[operator]
        return F.normalize(torch.cat(parts).float(), dim=-1)

    def _warn_of_length(self, text: str, most: int) -> None:
        parts = getattr(self.tokenizer, "encode", str.split)(text)
        if len(parts) > most - 2:  # beside those that mark the beginning and the end
            warnings.warn(
                f"{self.name} reads {most - 2} tokens, words and parts of words; the end of {text!r:.60} is left out",
                GanmendWarning,
                stacklevel=3,
            )


def build_clip(name: str, config: Mapping[str, Any], colours: Mapping[str, Any], weights: Path) -> Clip:
    """A model with its weights.

    Args:
        name: what a user typed to get it.
        config: open_clip's 'model_cfg'.
        colours: 'mean' and 'std' of its images.
        weights: a file that `check_file` accepted.

    Returns:
        The model, on the CPU, in float32.

    Raises:
        ClassifierError: a configuration that open_clip cannot build, or weights of another model.
        ImportError: open_clip is not installed.
        UnreadableError: the file is broken or holds something else; the message goes on from its name.
    """
    check_config(name, config)
    tensors = _tensors(weights)
    try:
        with torch.device("meta"):
            shapes = {key: tensor.shape for key, tensor in _network(config).state_dict().items()}
    except UNBUILDABLE as error:
        raise ClassifierError(f"{name} has a configuration that open_clip cannot build: {error!s:.200}") from error
    tensors = _fitting(name, weights, tensors, shapes)
    model = _network(config).eval()
    model.load_state_dict(tensors)
    tokenizer, (mean, std) = load_tokenizer(name, config, weights.parent), normalisation(name, colours)
    return Clip(name, model, tokenizer, _resolution(name, model), mean, std)


def _network(config: Mapping[str, Any]) -> nn.Module:
    """The model with random weights, by the class that open_clip would take."""
    import open_clip

    settings = copy.deepcopy({**config})
    if settings["vision_cfg"].get("timm_model_name"):
        settings["vision_cfg"]["timm_model_pretrained"] = False  # that would be a download
    kind = open_clip.CustomTextCLIP if settings.pop("custom_text", False) else open_clip.CLIP
    network: nn.Module = (open_clip.CoCa if "multimodal_cfg" in settings else kind)(**settings)
    return network


def _tensors(weights: Path) -> dict[str, Tensor]:
    """The tensors of a file by name, out of what a training saves around them."""
    content, _ = read_weights(weights)
    while isinstance(content, Mapping) and isinstance(inner := content.get("state_dict"), Mapping):
        content = inner
    found = content if isinstance(content, Mapping) else {}
    return {
        str(key).removeprefix("module."): value for key, value in found.items() if isinstance(value, Tensor)
    }  # as distributed training calls them


def _fitting(
    name: str, weights: Path, tensors: Mapping[str, Tensor], shapes: Mapping[str, torch.Size]
) -> dict[str, Tensor]:
    """The tensors that the model has.

    Args:
        name: of the model, for messages.
        weights: the file, for messages.
        tensors: that the file has.
        shapes: that the model has, by name.

    Returns:
        As many as the model has.

    Raises:
        ClassifierError: one is missing or has another shape.
    """
    from open_clip.model import convert_to_custom_text_state_dict

    if "text.token_embedding.weight" in shapes:  # models of which open_clip later put the text tower apart
        tensors = convert_to_custom_text_state_dict(dict(tensors))
    found = {}
    for key, shape in shapes.items():
        tensor = tensors.get(key)
        if tensor is None and key == "logit_bias":  # which is the same for all texts of an image
            tensor = torch.zeros(shape)
        if tensor is not None and key in ("logit_scale", "logit_bias") and tensor.numel() == 1:
            tensor = tensor.reshape(shape)
        if tensor is None or tensor.shape != shape:
            has = "lacks it" if tensor is None else f"has {tuple(tensor.shape)}"
            raise ClassifierError(
                f"{weights} does not fit {name}: the model has a tensor {key} of shape {tuple(shape)}, the file {has}; "
                "give the model that the weights are of"
            )
        found[key] = tensor
    return found


def _resolution(name: str, model: nn.Module) -> int:
    size = model.visual.image_size  # type: ignore[union-attr]
    height, width = size if isinstance(size, list | tuple) else (size, size)
    if height != width:
        raise ClassifierError(f"{name} takes images of {height} x {width} pixels; expected a model for squares")
    return int(height)
