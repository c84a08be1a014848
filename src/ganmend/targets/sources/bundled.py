"""The classifiers in the package: 'demo:search', 'demo:judge' and 'demo:second-judge'."""

import hashlib
import json

from safetensors import safe_open

from ganmend.demo.bundled import WEIGHTS
from ganmend.errors import ClassifierError
from ganmend.targets.classifier import Classifier
from ganmend.targets.sources.networks import NETWORKS, build

# photographs.safetensors holds features of exactly these layers, so that they are stated, not found.
MATCHING_LAYERS = {
    "search": ("stem", "stages.0", "stages.1"),
    "judge": ("blocks.1.expand", "blocks.4.expand", "blocks.7.expand"),
    "second-judge": ("stages.0.0", "stages.1.1", "stages.2.2"),
}


def load_bundled(kind: str) -> Classifier:
    """One of the classifiers in the package.

    Args:
        kind: 'search' guides searches, 'judge' and 'second-judge' give verdicts.

    Returns:
        The classifier, on the CPU, in float32.

    Raises:
        ClassifierError: another name, or an incomplete installation.
    """
    if kind not in NETWORKS:
        names = " or ".join(f"demo:{name}" for name in NETWORKS)
        raise ClassifierError(f"no bundled classifier {kind!r}; expected {names}")
    path = WEIGHTS / f"{kind}.safetensors"
    if not path.is_file():
        raise ClassifierError(f"{path.name} is missing from the installed package; install ganmend again")
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["classifier"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return Classifier(
        build(kind, len(facts["class_names"]), tensors),
        name=f"demo:{kind}",
        fingerprint=hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        class_names=facts["class_names"],
        resolution=facts["resolution"],
        mean=facts["mean"],
        std=facts["std"],
        feature_layer="head",
        matching_layers=MATCHING_LAYERS[kind],
    )
