"""Repair, re-purpose and de-bias pre-trained class-conditional GANs by searching for better class embeddings."""

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
