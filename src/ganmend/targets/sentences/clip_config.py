"""What a configuration says of a model of images and texts: checked, since it may come from anyone.

It could ask for endless layers, for downloads, or for code. So its sizes are bounded, nothing in it is fetched but the
tokenizer that it names, and of a tokenizer's settings those pass that run nothing.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganmend.errors import ClassifierError

# The most of each number in a configuration: far above any published model, and below what no machine builds.
MOST = {"layers": 200, "image_size": 2048, "context_length": 4096, "attn_pooler_queries": 4096}
MOST_OF_OTHERS = 1 << 20
TOKENIZER = {"clean", "strip_sep_token", "language", "reduction_mask"}  # settings that run and fetch nothing
UNBUILDABLE = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def check_config(name: str, config: Mapping[str, Any]) -> None:
    """Refuse what would take endless time, or more than what is here.

    Args:
        name: of the model, for messages.
        config: open_clip's 'model_cfg'.

    Raises:
        ClassifierError: so.
    """
    import timm

    vision, text = config.get("vision_cfg"), config.get("text_cfg")
    if not isinstance(vision, dict) or not isinstance(text, dict):
        raise ClassifierError(f"{name} has a configuration without 'vision_cfg' and 'text_cfg'; expected open_clip's")
    parts = (config, vision, text, config.get("multimodal_cfg") or {}, text.get("tokenizer_kwargs") or {})
    if not all(isinstance(part, dict) for part in parts):
        raise ClassifierError(f"{name} has a configuration whose parts are no dictionaries; expected open_clip's")
    for part in parts:
        for key, value in part.items():
            numbers = [value] if not isinstance(value, list | tuple) else value
            most = MOST.get(key, MOST_OF_OTHERS)
            if len(numbers) > 16 or any(isinstance(number, int | float) and abs(number) > most for number in numbers):
                raise ClassifierError(f"{name} has a configuration with {key} {value!r:.40}; expected {most} at most")
    if text.get("hf_model_name"):
        raise ClassifierError(f"{name} reads texts by a model of the package transformers; choose another model")
    if (tower := vision.get("timm_model_name")) and not timm.is_model(str(tower)):
        raise ClassifierError(f"{name} looks at images by {tower!r:.80}, which timm does not have")


def load_tokenizer(name: str, config: Mapping[str, Any], folder: Path) -> Any:
    """What makes numbers of texts; the simple one comes with open_clip, others with a model of the hub.

    Args:
        name: of the model, for messages.
        config: open_clip's 'model_cfg'.
        folder: of the weights, in which another tokenizer than the simple one may lie.

    Returns:
        open_clip's tokenizer.

    Raises:
        ClassifierError: it cannot be had.
    """
    from open_clip import tokenizer

    text = config["text_cfg"]
    length = text.get("context_length") or tokenizer.DEFAULT_CONTEXT_LENGTH
    settings = {key: value for key, value in (text.get("tokenizer_kwargs") or {}).items() if key in TOKENIZER}
    source = text.get("hf_tokenizer_name")
    try:
        if not source:
            return _simple_tokenizer(length, **settings)
        place = str(folder if (folder / "tokenizer_config.json").is_file() else source)
        mode = text.get("tokenizer_mode")
        return tokenizer.HFTokenizer(place, context_length=length, tokenizer_mode=mode, **settings)
    except ImportError as error:
        raise ClassifierError(
            f"{name} reads texts by the package {error.name}, which is missing; install it"
        ) from error
    except (OSError, *UNBUILDABLE) as error:
        raise ClassifierError(f"the tokenizer {source} of {name} cannot be had: {error!s:.200}") from error


@functools.cache  # it takes a third of a second, and is the same for all models
def _simple_tokenizer(length: int, **settings: Any) -> Any:
    from open_clip import tokenizer

    return tokenizer.SimpleTokenizer(context_length=length, **settings)


def normalisation(name: str, colours: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and std of the images.

    Args:
        name: of the model, for messages.
        colours: that came with it.

    Returns:
        Three numbers each.

    Raises:
        ClassifierError: something else came.
    """
    mean, std = (colours[key] for key in ("mean", "std"))
    for key, value, least in (("mean", mean, 0.0), ("std", std, 1e-3)):
        fits = isinstance(value, list | tuple) and len(value) == 3 and all(type(one) in (int, float) for one in value)
        if not fits or not all(least <= one <= 1 for one in value):
            raise ClassifierError(f"{name} says {value!r:.80} of the {key} of images; expected three numbers up to 1")
    return tuple(mean), tuple(std)
