"""Real images of the bundled generator's classes, as the bundled classifiers saw them."""

from functools import cache

from safetensors import safe_open
from torch import Tensor

from ganmend.demo.bundled import WEIGHTS
from ganmend.metrics.statistics import ReferenceStatistics
from ganmend.targets.classifier import Classifier


@cache
def bundled_reference(judge: str) -> ReferenceStatistics | None:
    """What real CIFAR-10 images look like to a bundled judge, for its verdict.

    Args:
        judge: its fingerprint.

    Returns:
        The statistics, or None where this is none of the bundled judges.
    """
    for path in sorted(WEIGHTS.glob("*reference.safetensors")):
        with safe_open(path, "pt") as file:
            made_by = file.metadata()["judge"]
        if made_by == judge:
            return ReferenceStatistics.load(path)
    return None


def bundled_photographs(classifier: Classifier, target: str) -> Tensor | None:
    """The classifier's matching features (200, F) of real images of the target, where the package has them."""
    with safe_open(WEIGHTS / "photographs.safetensors", "pt") as file:
        known = file.metadata()["classifier"] == classifier.fingerprint and target in file.keys()  # noqa: SIM118
        return file.get_tensor(target).float() if known else None
