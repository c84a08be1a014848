"""A program: a search under a limit of addresses that its features do not fit into, and the same without; for Linux."""

import resource
import sys
from pathlib import Path

import torch

from ganmend.catalog.load import load_generator
from ganmend.search import observation
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.feature_memory import FeatureMemory
from ganmend.search.loop import search
from ganmend.search.searched import tensors_of
from ganmend.targets.load import load_classifier

MEGABYTE = 10**6
ALLOWED = 80 * MEGABYTE  # beyond what the process has; the features take more
LATENTS = 60

observation.PART_BYTES = {"cpu": 1}  # four images a part
generator, classifier = load_generator("demo").prepared("float32"), load_classifier("demo:search")
tries: list[int] = []
decide = FeatureMemory.parts_kept


def note(memory: FeatureMemory, sizes: list[int], image_bytes: int) -> int:
    """How many parts keep their features, noted."""
    tries.append(decide(memory, sizes, image_bytes))
    return tries[-1]


def found(config: SearchConfig) -> dict[str, torch.Tensor]:
    """What a search finds that is told to take as much memory as it likes."""
    result = search(generator, classifier, generator.class_embeddings[:1, None], torch.tensor([3]), config)
    return tensors_of(result.edits)


FeatureMemory.parts_kept = note  # type: ignore[assignment, method-assign]
config = search_config(steps=1, latents=LATENTS, validation_latents=4, memory=1e3)
found(search_config(steps=1, latents=4, validation_latents=4, memory=1e3))  # the libraries take what they need once
tries.clear()
lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
resource.setrlimit(resource.RLIMIT_AS, (int(lines["VmSize"].split()[0]) * 1024 + ALLOWED, resource.RLIM_INFINITY))
limited = found(config)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(*tries)
sys.exit(0 if all(torch.equal(limited[name], tensor) for name, tensor in found(config).items()) else 1)
