"""The options file of qilimk/biggan-am, the released code of Li et al. (2020), in this command line's words."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ganmend.errors import OptionError, UnreadableError
from ganmend.files.json_text import read_text

LARGEST = 1 << 16  # bytes; the released file has 425
# Where the released code looks for weights, from its own folder.
WEIGHTS = {128: "pretrained_weights/138k/G_ema.pth", 256: "pretrained_weights/biggan_256_weights.pth"}
ROBUST = "madrylab_models/ImageNet.pt"
PLACES = {"mit_alexnet": "places365:alexnet", "mit_resnet18": "places365:resnet18"}
CLASSIFIERS = PLACES | {
    "alexnet": "torchvision:alexnet",
    "resnet50": "torchvision:resnet50",
    "inception_v3": "torchvision:inception_v3",
    "madrylab_resnet50": "robustness:resnet50@",  # and the file
}
DIVERSITIES = {"": "none", "softmax": "softmax", "pixelwise": "pixels", "features": "features"}
STARTS = {name: name for name in ("mean", "top", "random", "target")}
KINDS: dict[str, type] = {
    **dict.fromkeys(("resolution", "target_class", "init_num", "n_iters", "z_num", "steps_per_z", "seed_z"), int),
    **dict.fromkeys(("lr", "dr", "alpha", "noise_std"), float),
    **dict.fromkeys(("model", "dloss_function", "init_method", "intermediate_dir", "final_dir"), str),
    "use_noise_layer": bool,
}
IN_WORDS = {int: "a whole number", float: "a number", str: "text", bool: "True or False"}
NEEDED = ("resolution", "target_class", "model")
# Keys whose value is a search setting as it is.
SETTINGS = {
    "init_num": "trials", "z_num": "latents", "steps_per_z": "steps_per_draw", "lr": "learning_rate",
    "dr": "weight_decay", "alpha": "diversity_weight",
}  # fmt: skip


@dataclass(frozen=True)
class Mapped:
    """What a key of the file becomes: words of the command line, or none of them and a note that says why."""

    words: tuple[str, ...] = ()
    note: str = ""


def read_paper_options(path: Path) -> dict[str, object]:
    """The keys and values of an options file, checked; numbers that YAML takes for text (1e-3) are numbers.

    Args:
        path: of the YAML file.

    Returns:
        Values by key, in the file's order; unknown keys are among them.

    Raises:
        OptionError: it cannot be read, is no YAML of keys and plain values, or a value is not what its key takes.
    """
    import yaml

    if not path.is_file():
        raise OptionError(f"no file at {path}; expected an options file of qilimk/biggan-am")
    try:
        content = yaml.safe_load(read_text(path, LARGEST))
    except UnreadableError as error:
        raise OptionError(f"{path} {error}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # the latter two of dates, and of deep nesting
        raise OptionError(f"{path} is no YAML ({error!s:.120}); expected lines of KEY: VALUE") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise OptionError(f"{path} holds no keys with values; expected an options file of qilimk/biggan-am")
    options: dict[str, object] = {key: _checked(key, value) for key, value in content.items()}
    for key in NEEDED:
        if key not in options:
            raise OptionError(f"{path} has no {key}; expected an options file of qilimk/biggan-am")
    return options


def _checked(key: str, value: object) -> object:
    kind = KINDS.get(key)
    if (
        kind is float and isinstance(value, int | str) and not isinstance(value, bool)
    ):  # 1, and 1e-3, which YAML 1.1 reads as text
        with suppress(ValueError):
            value = float(value)
    if kind is str and value is None:  # KEY: without a value
        value = ""
    if kind is not None and type(value) is not kind:
        raise OptionError(f"{key} is {value!r:.80}; expected {IN_WORDS[kind]}")
    return value


def map_options(options: Mapping[str, object], folder: Path, generator: str = "") -> dict[str, Mapped]:
    """What each key becomes.

    Args:
        options: as `read_paper_options` gives them.
        folder: in which the released code would run: the file's own.
        generator: that was typed, or '' for the weights that the released code reads.

    Returns:
        By key, in the file's order. The words of `resolution` are the generator, those of `target_class` the verb and
        the class.

    Raises:
        OptionError: a value that the released code does not know, or its weights are not there.
    """
    mapped = {key: _map_one(key, options, folder) for key in options}
    return mapped | {
        "resolution": _generator(options["resolution"], folder, generator),
        "target_class": _class(options),
    }


def command_words(mapped: Mapping[str, Mapped]) -> list[str]:
    """The same as one command: its verb, generator, class and options."""
    (generator,), (verb, wanted) = mapped["resolution"].words, mapped["target_class"].words
    rest = [word for key in mapped if key not in NEEDED[:2] for word in mapped[key].words]
    return [verb, generator, wanted, "--preset", "paper", *rest]


def _generator(resolution: object, folder: Path, typed: str) -> Mapped:
    if typed:
        return Mapped((typed,), "as --generator says")
    if resolution not in WEIGHTS:
        raise OptionError(f"resolution is {resolution!r:.80}; expected 128 or 256, or another generator by --generator")
    weights = folder / WEIGHTS[int(str(resolution))]
    if not weights.is_file():
        raise OptionError(
            f"no weights at {weights}; say where they are: --generator FILE, or a name as biggan-deep-128"
        )
    return Mapped((str(weights),))


def _class(options: Mapping[str, object]) -> Mapped:
    # An ImageNet class is the generator's own, one of Places365 is new to it.
    index = int(str(options["target_class"]))
    if index < 0:
        raise OptionError(f"target_class is {index}; expected the index of a class, from 0")
    if options["model"] not in PLACES:
        return Mapped(("repair", str(index)))
    from ganmend.catalog.tables import places365_names

    names = places365_names()
    if index >= len(names):
        raise OptionError(f"target_class is {index}; expected 0 to {len(names) - 1}, a class of Places365")
    return Mapped(("repurpose", names[index]), f"class {index} of Places365")


def _map_one(key: str, options: Mapping[str, object], folder: Path) -> Mapped:
    value = options[key]
    if key in SETTINGS:
        return Mapped(("--set", f"{SETTINGS[key]}={value}"))
    if key in CHANGED:
        return CHANGED[key](options, folder)
    return Mapped(note="" if key in NEEDED else "unknown to the released code: nothing is done with it")


def _steps(options: Mapping[str, object], folder: Path) -> Mapped:
    steps = int(str(options["n_iters"])) * int(str(options.get("steps_per_z", 20)))
    return Mapped(("--set", f"steps={steps}"), "n_iters x steps_per_z")


def _classifier(options: Mapping[str, object], folder: Path) -> Mapped:
    name = _choice("model", options["model"], CLASSIFIERS)
    return Mapped(("--classifier", f"{name}{folder / ROBUST}" if name.endswith("@") else name))


def _diversity(options: Mapping[str, object], folder: Path) -> Mapped:
    words = ("--set", f"diversity={_choice('dloss_function', options['dloss_function'], DIVERSITIES)}")
    if options["dloss_function"] != "features":
        return Mapped(words)
    if str(options["model"]).endswith("alexnet"):
        return Mapped((*words, "--set", "diversity_layer=features"), "AlexNet's conv5")
    return Mapped(words, "in the last layer of the search's classifier, not in AlexNet's conv5")


def _start(options: Mapping[str, object], folder: Path) -> Mapped:
    return Mapped(("--init", _choice("init_method", options["init_method"], STARTS)))


def _noise(options: Mapping[str, object], folder: Path) -> Mapped:
    if options.get("init_method") != "target":
        return Mapped(note="only init_method target looks at it")
    return Mapped(("--set", f"noise={options['noise_std']}"))


def _latent_map(options: Mapping[str, object], folder: Path) -> Mapped:
    return Mapped(("--set", f"latent_map={str(options['use_noise_layer']).lower()}"))


def _seed(options: Mapping[str, object], folder: Path) -> Mapped:
    return Mapped(("--seed", str(options["seed_z"])), "draws other numbers than the released code")


def _out(options: Mapping[str, object], folder: Path) -> Mapped:
    return Mapped(("--out", str(folder / str(options["final_dir"])))) if options["final_dir"] else Mapped()


def _intermediate(options: Mapping[str, object], folder: Path) -> Mapped:
    return Mapped(note="no pictures of single steps: history.jsonl has their figures")


def _choice(key: str, value: object, known: Mapping[str, str]) -> str:
    if value not in known:
        raise OptionError(f"{key} is {value!r:.80}; expected one of {', '.join(map(repr, known))}")
    return known[str(value)]


CHANGED: dict[str, Callable[[Mapping[str, object], Path], Mapped]] = {
    "model": _classifier, "dloss_function": _diversity, "init_method": _start, "n_iters": _steps, "noise_std": _noise,
    "use_noise_layer": _latent_map, "seed_z": _seed, "final_dir": _out, "intermediate_dir": _intermediate,
}  # fmt: skip
