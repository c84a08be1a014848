"""A classifier tried on two images before anything else is loaded, so that what does not fit is told at once."""

import torch
from torch import Tensor, nn

from ganmend.errors import ClassifierError, DrawingError
from ganmend.targets.classifier import Classifier

INSTEAD = {1: "grey images", 4: "images with transparency"}  # by the number of colours that a network takes
IMAGES = 2  # a program may have been saved for one image at a time
ANY_NUMBER = "save it for any number of them (of torch.export: dynamic_shapes=({0: torch.export.Dim('n')},))"


def tried(classifier: Classifier) -> Classifier:
    """Run a classifier once, on noise, which shows more of a network than empty images.

    Args:
        classifier: on any device; one without numbers (on 'meta') is not run.

    Returns:
        The same.

    Raises:
        ClassifierError: it fails, gives no row of logits, not one a class, NaN, or its last layer is not called.
        DrawingError: never, since noise is finite.
    """
    if classifier.device.type == "meta":
        return classifier
    name, names, size = classifier.name, classifier.class_names, classifier.resolution
    noise = torch.rand(IMAGES, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    try:
        with torch.no_grad():
            logits, features = classifier.logits_and_features(noise.to(classifier.device))
    except (ClassifierError, DrawingError):
        raise
    except KeyError as error:
        raise ClassifierError(
            f"{name} does not call its layer {classifier.feature_layer!r}, whose input should serve as features"
        ) from error
    except Exception as error:  # a network may raise anything on images that it is not made for
        raise ClassifierError(_why(classifier.network, name, size, error)) from error
    n_classes = _columns(logits, name)
    if n_classes != len(names):
        raise ClassifierError(f"{name} gives {n_classes} logits, but has {len(names)} class names; see --classes")
    if n_classes < 2:
        raise ClassifierError(f"{name} tells {n_classes} class; expected at least 2, the wanted one and another")
    if not features.isfinite().all():
        raise ClassifierError(f"{name} gives NaN or infinity as features; use another classifier")
    return classifier


def count_logits(network: nn.Module, name: str, size: int) -> int:
    """How many classes a network tells.

    Args:
        network: images (N, 3, H, W) -> logits (N, n_classes).
        name: of it, for messages.
        size: height and width of its images, in pixels.

    Returns:
        n_classes.

    Raises:
        ClassifierError: it fails on images of that size, or gives something else.
    """
    try:
        with torch.no_grad():
            logits = network(torch.zeros(IMAGES, 3, size, size))
    except ClassifierError:
        raise
    except Exception as error:  # see `tried`
        raise ClassifierError(_why(network, name, size, error)) from error
    if not _takes(network, (IMAGES + 1, 3, size, size)):
        raise ClassifierError(f"{name} takes {IMAGES} images at a time; {ANY_NUMBER}")
    return _columns(logits, name)


def in_one_line(error: BaseException) -> str:
    """What an error of any library says, short enough for one line; the cause stands at the end of long ones."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"... {text[-200:]}"


def _columns(logits: object, name: str) -> int:
    if not isinstance(logits, Tensor):
        raise ClassifierError(f"{name} gives a {type(logits).__name__}; expected a tensor of logits")
    if logits.dim() != 2 or len(logits) != IMAGES:
        raise ClassifierError(
            f"{name} gives {tuple(logits.shape)} for {IMAGES} images; expected ({IMAGES}, classes): is it a classifier?"
        )
    return logits.shape[1]


def _why(network: nn.Module, name: str, size: int, error: Exception) -> str:
    """Why a network failed, in one line, and what to do where that can be told."""
    for colours, shown in INSTEAD.items():
        if _takes(network, (IMAGES, colours, size, size)):
            return f"{name} is made for {shown}; expected a classifier for red, green and blue"
    if _takes(network, (1, 3, size, size)):
        return f"{name} takes one image at a time; {ANY_NUMBER}"
    return (
        f"{name} cannot be run on images of {size} x {size}: {in_one_line(error)}; is its size another (--image-size)?"
    )


def _takes(network: nn.Module, shape: tuple[int, ...]) -> bool:
    try:
        with torch.no_grad():
            network(torch.zeros(shape))
    except Exception:  # see `tried`
        return False
    return True
