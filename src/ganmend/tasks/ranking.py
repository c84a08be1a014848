"""Every class scored once by a classifier; serves each later `top` initialisation, so it is cached."""

import hashlib
import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ganmend.classifier import Classifier
from ganmend.generator import Generator, sample_latents

SAMPLES = 50


def cache_folder() -> Path:
    """Where ganmend keeps what it can compute again."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ganmend"


def class_probabilities(generator: Generator, classifier: Classifier, seed: int = 0) -> Tensor:
    """Mean probabilities (n_classes, classifier classes): what each row shows, by the classifier."""
    table = hashlib.sha256(generator.class_embeddings.cpu().numpy().tobytes()).hexdigest()[:16]
    facts = (generator.fingerprint, table, generator.truncation, classifier.fingerprint, SAMPLES, seed)
    name = f"ranking-{'-'.join(map(str, facts))}.safetensors"
    path = cache_folder() / name
    try:
        return load_file(path)["probabilities"]
    except (OSError, SafetensorError, KeyError):
        probabilities = _score(generator, classifier, seed)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        save_file({"probabilities": probabilities}, partial)
        os.replace(partial, path)
    except OSError:
        pass  # a cache that cannot be written costs time, nothing else
    return probabilities


@torch.no_grad()
def _score(generator: Generator, classifier: Classifier, seed: int) -> Tensor:
    z = sample_latents(seed, SAMPLES, generator.dim_z, truncation=generator.truncation, purpose="ranking")
    z = z.to(generator.device)
    rows = [classifier(generator(z, row)).softmax(1).mean(0) for row in generator.class_embeddings]
    return torch.stack(rows).cpu()


def ranking(generator: Generator, classifier: Classifier, target: int, seed: int = 0) -> Tensor:
    """Row indices (n_classes,), the one that shows classifier class `target` best first."""
    return class_probabilities(generator, classifier, seed)[:, target].argsort(descending=True)
