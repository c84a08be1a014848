"""From a name to a classifier, whatever it names."""

import os
from collections.abc import Callable

from ganmend.errors import ClassifierError
from ganmend.targets.classifier import Classifier
from ganmend.targets.sentences.zero_shot import zero_shot_parts
from ganmend.targets.sources.bundled import load_bundled
from ganmend.targets.sources.from_code import FUNCTION, NOT_ALLOWED, leads_to_code, made_by_code
from ganmend.targets.sources.imagenet import load_imagenet
from ganmend.targets.sources.network_name import NetworkName, Settings, parse_name
from ganmend.targets.sources.parts import NetworkParts, assemble
from ganmend.targets.sources.places365 import places365_parts
from ganmend.targets.sources.program import program_parts
from ganmend.targets.sources.robustness import robustness_parts
from ganmend.targets.sources.timm_networks import timm_parts
from ganmend.targets.sources.torchvision_networks import torchvision_parts
from ganmend.targets.trial import tried

# By what stands before the colon. A new source is a file and a line.
COMPLETE: dict[str, Callable[[str], Classifier]] = {"demo": load_bundled, "imagenet": load_imagenet}  # take no settings
SOURCES: dict[str, Callable[[NetworkName, str], NetworkParts]] = {
    "torchvision": torchvision_parts,
    "timm": timm_parts,
    "places365": places365_parts,
    "robustness": robustness_parts,
    "clip": zero_shot_parts,
}
FILES = (".pt", ".pt2", ".pth", ".ts", ".jit", ".tar", ".safetensors", ".ckpt", ".bin")
EXPECTED = (
    "demo:search, demo:judge, demo:second-judge, imagenet:search, imagenet:judge, torchvision:MODEL, timm:MODEL, "
    "either with @FILE, places365:MODEL, robustness:MODEL@FILE, clip:MODEL/WEIGHTS,classes=FILE, the path of a "
    "TorchScript (.pt) or torch.export (.pt2) file, or module.path:function"
)


def load_classifier(name: str, *, random_weights: str = "never", allow_code: bool = False) -> Classifier:
    """A classifier by name, tried on one image.

    'demo:search', 'demo:judge' and 'demo:second-judge' are bundled; 'imagenet:search' and 'imagenet:judge' come with
    the extra 'imagenet'. 'torchvision:MODEL' and 'timm:MODEL' have their published weights, or those of a file:
    'timm:resnet18@FILE'. 'places365:resnet18' is downloaded once; 'robustness:resnet50@FILE' is a checkpoint of the
    robustness library. 'clip:MODEL/WEIGHTS,classes=FILE' asks open_clip's model for each class by its name. A path is a
    TorchScript or torch.export file. 'module.path:function' is code of the user's.
    What a file does not say may stand behind all but the first five: ',size=64', ',classes=FILE',
    ',mean=0.5/0.5/0.5', ',std=0.5/0.5/0.5'.

    Args:
        name: of the classifier.
        random_weights: where only time counts, of a published network: 'always' instead of the published ones, or where
            their file is 'absent'.
        allow_code: run Python code that the name leads to: a function, or a file that holds more than plain operations.

    Returns:
        The classifier, on the CPU, in float32.

    Raises:
        ClassifierError: unknown name, weights that cannot be had, code that was not allowed, or no
            classifier of images.
        OptionError: the file of class names cannot be read.
    """
    if not isinstance(name, str):
        raise ClassifierError(f"a classifier's name is a {type(name).__name__}; expected text such as demo:search")
    parsed = parse_name(name)
    if parsed.source in COMPLETE:
        if parsed.settings != Settings():
            raise ClassifierError(f"{parsed.base} is complete: it takes no settings, but {name!r:.200} has some")
        return tried(COMPLETE[parsed.source](parsed.base.partition(":")[2]))
    made = _made(parsed, random_weights, allow_code)
    return tried(made if isinstance(made, Classifier) else assemble(parsed, made))


def takes_settings(name: str) -> bool:
    """Whether size, normalisation and class names may stand behind a name."""
    return parse_name(name).source not in COMPLETE


def is_users_own(name: str) -> bool:
    """Whether a name is of a user's own file or code, of which ganmend knows only what that says."""
    parsed = parse_name(name)
    return parsed.source not in COMPLETE and (bool(parsed.file) or parsed.source not in SOURCES)


def _made(name: NetworkName, random_weights: str, allow_code: bool) -> Classifier | NetworkParts:
    if name.source in SOURCES and name.model:
        return SOURCES[name.source](name, random_weights)
    if name.source not in SOURCES and _is_path(name.base):
        return program_parts(name, allow_code=allow_code)
    if name.source not in SOURCES and leads_to_code(name.base):
        if not allow_code:
            raise ClassifierError(NOT_ALLOWED.format(name.base))
        return made_by_code(name)
    if allow_code and name.source not in SOURCES and FUNCTION.fullmatch(name.base):
        module = name.base.partition(":")[0]
        raise ClassifierError(
            f"there is no module {module!r:.80} here for {name.base!r:.120}; expected module.path:function"
        )
    raise ClassifierError(f"unknown classifier {name.base!r:.200}; expected {EXPECTED}")


def _is_path(base: str) -> bool:
    return os.path.lexists(base) or "/" in base or base.lower().endswith(FILES)
