"""module.path:function: a classifier that a user's own code makes, which is run only where that was allowed."""

import importlib
import re
import sys
from importlib.machinery import PathFinder

from torch import Tensor, nn

from ganmend.errors import ClassifierError
from ganmend.targets.classifier import Classifier
from ganmend.targets.sources.last_layer import last_layer
from ganmend.targets.sources.network_name import NetworkName, Settings
from ganmend.targets.sources.parts import IMAGENET_MEAN, IMAGENET_STD, SIZE, NetworkParts
from ganmend.targets.sources.state import weights_digest
from ganmend.targets.trial import count_logits, in_one_line

FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")  # module.path:function
NOT_ALLOWED = (
    "{} is Python code, which ganmend runs only where it is told to: add --allow-code (allow_code=True) if you trust it"
)


class Logits(nn.Module):
    """A network whose answer is its logits, whatever it gives beside them: a tuple, a dictionary, or an object."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, n_classes)."""
        given = self.network(images)
        if isinstance(given, dict):
            given = given.get("logits")
        given = getattr(given, "logits", given)
        logits: Tensor = given[0] if isinstance(given, tuple | list) and given else given
        return logits


def leads_to_code(base: str) -> bool:
    """Whether a name is module.path:function of a module that is here; nothing is imported to tell."""
    top = base.partition(":")[0].partition(".")[0]
    fits = FUNCTION.fullmatch(base) is not None
    return fits and (top in sys.modules or PathFinder.find_spec(top, ["", *sys.path]) is not None)


def made_by_code(name: NetworkName) -> Classifier | NetworkParts:
    """What a user's function makes.

    Args:
        name: module.path:function; the module is looked for in the working folder too, as by `python -m`.

    Returns:
        The function's classifier, or the parts of its network.

    Raises:
        ClassifierError: there is no such function, it fails, or it gives something else.
    """
    module_name, _, path = name.base.partition(":")
    if "" not in sys.path:
        sys.path.append("")  # the working folder, behind all others, so that nothing of ours is replaced
    try:
        found: object = importlib.import_module(module_name)
        for part in path.split("."):
            found = getattr(found, part)
        made = found() if callable(found) and not isinstance(found, nn.Module) else found
    except ClassifierError:
        raise
    except Exception as error:  # whatever a user's code raises, it is told which and why
        raise ClassifierError(f"{name.base} failed: {type(error).__name__}: {in_one_line(error)}") from error
    if isinstance(made, Classifier):
        if name.settings != Settings():
            raise ClassifierError(f"{name.base} gave a whole Classifier, which takes no settings; leave them out")
        made.name = name.text  # by which a request finds it again
        return made
    if not isinstance(made, nn.Module):
        raise ClassifierError(f"{name.base} gave a {type(made).__name__}; expected a torch.nn.Module or a Classifier")
    return _parts(name, made.cpu().eval())


def _parts(name: NetworkName, network: nn.Module) -> NetworkParts:
    """The parts of a network that says little of itself: what timm and torchvision write on theirs is taken.

    Args:
        name: that led to it.
        network: in eval mode, on the CPU.

    Returns:
        Its parts.

    Raises:
        ClassifierError: it has no layer that classifies, or is no classifier of images.
    """
    facts, last = getattr(network, "pretrained_cfg", None) or {}, last_layer(network)
    if not last:
        raise ClassifierError(f"{name.base} gave a network without a linear layer, whose input would be its features")
    size = name.settings.size or (facts.get("input_size") or (SIZE,))[-1]
    return NetworkParts(
        Logits(network),
        count_logits(Logits(network), name.base, size),
        tuple(getattr(network, "class_names", ())),
        size,
        tuple(facts.get("mean") or IMAGENET_MEAN),
        tuple(facts.get("std") or IMAGENET_STD),
        f"network.{last}",
        weights_digest(network),
    )
