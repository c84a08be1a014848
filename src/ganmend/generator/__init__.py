"""G: the canonical generator and how to get one."""

from ganmend.generator.latents import sample_latents
from ganmend.generator.load import checkpoint_path, load_generator
from ganmend.generator.model import Generator
from ganmend.generator.names import find_class, search_classes, usual_names
from ganmend.generator.tables import TABLES

__all__ = [
    "TABLES",
    "Generator",
    "checkpoint_path",
    "find_class",
    "load_generator",
    "sample_latents",
    "search_classes",
    "usual_names",
]
