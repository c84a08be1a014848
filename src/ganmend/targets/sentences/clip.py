"""Models of images and texts (CLIP, Radford et al. 2021) by name, through open_clip: where their files are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganmend.errors import ClassifierError, HubError, UnreadableError
from ganmend.files.json_text import parse_json, read_text
from ganmend.files.weights import check_file
from ganmend.hub.address import Address, is_address, parse_address
from ganmend.hub.download import Wanted, fetch
from ganmend.targets.sentences.clip_model import Clip, build_clip

PREFIX = "clip:"
DEFAULT = "clip:ViT-B-32/laion2b_s34b_b79k"
EXPECTED = "clip:MODEL/WEIGHTS, clip:MODEL@FILE, clip:FOLDER or clip:hf:OWNER/REPO"
CONFIG = "open_clip_config.json"  # beside the weights, where open_clip saves a model
WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
LISTED, SAVED = (Wanted("open_clip model", WEIGHTS[0], WEIGHTS[1:], beside) for beside in ("", CONFIG))
SHOWN = 8  # names of weights in a message; some models have twenty
PLAIN = {"mean": (0.48145466, 0.4578275, 0.40821073), "std": (0.26862954, 0.26130258, 0.27577711)}  # OpenAI's


@dataclass(frozen=True)
class _Source:
    """What a name stands for: the model's configuration, mean and std of its images, and the file of its weights."""

    config: Mapping[str, Any]
    colours: Mapping[str, Any]
    weights: Path


def load_clip(name: str) -> Clip:
    """A model of images and texts.

    Args:
        name: 'clip:MODEL/WEIGHTS' of open_clip's list, such as 'clip:ViT-B-32/laion2b_s34b_b79k', whose weights are
            downloaded or taken from the hub's cache; 'clip:MODEL@FILE' with weights of your own; or the place of a
            model as open_clip saves it, a folder or 'clip:hf:OWNER/REPO'. 'clip:' may be left out.

    Returns:
        The model, on the CPU, in float32.

    Raises:
        ClassifierError: no such model, weights that cannot be had or do not fit, or open_clip is not installed.
    """
    text = name.removeprefix(PREFIX)
    try:
        source = _source(text)
    except ImportError as error:
        raise ClassifierError(
            f"{PREFIX}{text} needs the extra 'clip' ({error.name} is missing); pip install 'ganmend[clip]'"
        ) from error
    except HubError as error:
        raise ClassifierError(f"the weights of {PREFIX}{text} cannot be had: {error}") from error
    try:
        check_file(source.weights)
        return build_clip(f"{PREFIX}{text}", source.config, source.colours, source.weights)
    except FileNotFoundError as error:
        raise ClassifierError(f"{source.weights} is not there; expected the weights of {PREFIX}{text}") from error
    except UnreadableError as error:
        raise ClassifierError(f"{source.weights} {error}") from error


def _source(text: str) -> _Source:
    import open_clip

    if is_address(text):
        return _saved(fetch(parse_address(text), SAVED))
    if Path(text).is_dir():
        here = [name for name in WEIGHTS if (Path(text) / name).exists()]
        return _saved(Path(text) / (here or WEIGHTS)[0])
    known, _, file = text.partition("@")
    model, _, weights = known.partition("/")
    config, published = open_clip.get_model_config(model), open_clip.list_pretrained_tags_by_model(model)
    if config is None:
        raise ClassifierError(
            f"{text!r:.200} is neither a folder nor a model of open_clip, such as {DEFAULT}; expected {EXPECTED}"
        )
    if file:
        facts = open_clip.get_pretrained_cfg(model, published[0]) if published else {}  # all have the same mean and std
        return _Source(config, {**PLAIN, **_colours(facts)}, Path(file))
    facts = open_clip.get_pretrained_cfg(model, weights)
    if not facts:
        shown = ", ".join(f"{PREFIX}{model}/{tag}" for tag in published[:SHOWN]) or "none that are published"
        raise ClassifierError(
            f"open_clip knows no weights {weights!r:.80} of {model}; expected {shown}; your own: {PREFIX}{model}@FILE"
        )
    if facts.get("quick_gelu"):  # of the weights, whatever the model's own name says
        config["quick_gelu"] = True
    repository, _, file = facts["hf_hub"].rpartition("/")
    return _Source(config, {**PLAIN, **_colours(facts)}, fetch(Address(repository, file), LISTED))


def _saved(weights: Path) -> _Source:
    """A model as open_clip saves it: weights, and beside them a JSON file.

    Args:
        weights: of the model.

    Returns:
        What the JSON file says of it.

    Raises:
        ClassifierError: there is no such file, or it says something else.
    """
    path = weights.with_name(CONFIG)
    if not path.is_file():
        raise ClassifierError(f"{path.parent} holds no {CONFIG}; expected a folder as open_clip saves a model")
    try:
        facts = parse_json(read_text(path))
    except UnreadableError as error:
        raise ClassifierError(f"{path} {error}; expected the file that open_clip saves beside a model") from error
    facts = facts if isinstance(facts, dict) else {}
    config, colours = facts.get("model_cfg"), facts.get("preprocess_cfg") or {}
    if not isinstance(config, dict) or not isinstance(colours, dict):
        raise ClassifierError(f"{path} holds no 'model_cfg'; expected the file that open_clip saves beside a model")
    return _Source(config, {**PLAIN, **_colours(colours)}, weights)


def _colours(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: facts[key] for key in PLAIN if facts.get(key) is not None}
