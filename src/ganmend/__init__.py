"""Repair, re-purpose and de-bias pre-trained class-conditional GANs by searching for better class embeddings."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganmend.classifier import Classifier, load_classifier
    from ganmend.embedding import ClassEmbedding, load_embedding
    from ganmend.errors import GanmendError
    from ganmend.generator import Generator, load_generator
    from ganmend.search import PRESETS, SearchConfig
    from ganmend.tasks import Diagnosis, MendResult, debias, diagnose, evaluate, repair, repurpose

__all__ = [
    "PRESETS",
    "ClassEmbedding",
    "Classifier",
    "Diagnosis",
    "GanmendError",
    "Generator",
    "MendResult",
    "SearchConfig",
    "debias",
    "diagnose",
    "evaluate",
    "load_classifier",
    "load_embedding",
    "load_generator",
    "repair",
    "repurpose",
]
_ROOMS = ("errors", "embedding", "classifier", "generator", "search", "tasks")


def __getattr__(name: str) -> object:
    """What is public, looked up when it is first asked for: to import `ganmend` alone costs no PyTorch (PEP 562)."""
    if name in __all__:
        for room in _ROOMS:
            found = getattr(import_module(f"ganmend.{room}"), name, None)
            if found is not None:
                return globals().setdefault(name, found)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
