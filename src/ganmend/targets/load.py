"""From a name to a classifier: the bundled ones and torchvision's."""

import hashlib
from pathlib import Path

import torch
from torch import nn

from ganmend.errors import ClassifierError
from ganmend.targets.bundled import load_bundled
from ganmend.targets.classifier import Classifier
from ganmend.targets.imagenet import load_imagenet

# The last layer of torchvision's classification families, whose input serves as features.
LAST_LAYERS = ("fc", "classifier", "heads", "head")


def load_classifier(name: str, *, random_weights: str = "never") -> Classifier:
    """A classifier by name.

    'demo:search', 'demo:judge' and 'demo:second-judge' are bundled; 'imagenet:search' and 'imagenet:judge' come with
    the extra 'imagenet'; 'torchvision:MODEL' has its published ImageNet weights.

    Args:
        name: of the classifier.
        random_weights: where only time counts, of a torchvision model: 'always' instead of the published ones, or where
            their file is 'absent'.

    Returns:
        The classifier, on the CPU, in float32.

    Raises:
        ClassifierError: unknown name, or weights that cannot be had.
    """
    if not isinstance(name, str):
        raise ClassifierError(f"a classifier's name is a {type(name).__name__}; expected text such as demo:search")
    source, _, model = name.partition(":")
    if source == "demo":
        return load_bundled(model)
    if source == "imagenet":
        return load_imagenet(model)
    if source == "torchvision" and model:
        return _torchvision(name, model, random_weights)
    raise ClassifierError(
        f"unknown classifier {name!r}; expected demo:search, demo:judge, demo:second-judge, imagenet:search, "
        "imagenet:judge or torchvision:MODEL"
    )


def _torchvision(name: str, model: str, random_weights: str) -> Classifier:
    import torchvision

    # Those that classify images; segmentation, detection, video and so on stand in modules of their own.
    if model.lower() not in torchvision.models.list_models(module=torchvision.models):
        raise ClassifierError(f"torchvision has no classifier {model!r}; try alexnet, resnet50 or inception_v3")
    weights = torchvision.models.get_model_weights(model).DEFAULT
    stored = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    if str(stored).startswith("~"):  # torch would make a folder of that name here
        raise ClassifierError(f"the weights of {name} need a place, and this user has no home; set HOME or TORCH_HOME")
    anew = random_weights == "always" or (random_weights == "absent" and not stored.is_file())
    try:
        network = torchvision.models.get_model(model, weights=None if anew else weights)
    except OSError as error:
        raise ClassifierError(
            f"the weights of {name} are not in the cache and cannot be downloaded: {error}"
        ) from error
    preset = weights.transforms()
    return Classifier(
        network,
        name=name,
        fingerprint="random" if anew else hashlib.sha256(weights.url.encode()).hexdigest()[:16],
        class_names=weights.meta["categories"],
        resolution=preset.crop_size[0],
        mean=preset.mean,
        std=preset.std,
        feature_layer=_last_layer(network),
    )


def _last_layer(network: nn.Module) -> str:
    """The linear layer that classifies, or where there is none, as in SqueezeNet, the convolution."""

    def those(kind: type[nn.Module]) -> list[str]:
        return [path for path, module in network.named_modules() if isinstance(module, kind)]

    last = those(nn.Linear) or those(nn.Conv2d)
    named = [path for path in last if path.split(".")[0] in LAST_LAYERS]
    path: str = (named or last)[-1]
    return path
