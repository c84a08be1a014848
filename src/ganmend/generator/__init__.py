"""G: the canonical generator and how to get one."""

from ganmend.generator.batches import images_at_once, in_batches, memory_for_gradients
from ganmend.generator.cost import multiply_adds, step_multiply_adds
from ganmend.generator.latents import sample_latents
from ganmend.generator.load import checkpoint_path, load_generator
from ganmend.generator.model import Generator
from ganmend.generator.names import find_class, search_classes, usual_names
from ganmend.generator.precision import PRECISIONS, best_precision, prepared
from ganmend.generator.tables import TABLES

__all__ = [
    "PRECISIONS",
    "TABLES",
    "Generator",
    "best_precision",
    "checkpoint_path",
    "find_class",
    "images_at_once",
    "in_batches",
    "load_generator",
    "memory_for_gradients",
    "multiply_adds",
    "prepared",
    "sample_latents",
    "search_classes",
    "step_multiply_adds",
    "usual_names",
]
