"""What the workers of benchmarks/cluster.py do."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ganmend.models.protocol import Generator
from ganmend.runs.items import Answer, Item, Outcome
from ganmend.runs.packed import Packed, pack, unpack
from ganmend.search.config import PRESETS
from ganmend.workbench.workbench import Workbench

MB = 1e6


@dataclass
class Search:
    """Repairs a class, in few steps."""

    bench: Workbench
    steps: int

    def __call__(self, item: Item) -> Outcome:
        config = replace(PRESETS["default"], steps=self.steps, validate_every=self.steps)
        result = self.bench.mend("repair", str(item.arguments["target"]), config=config, samples=50)
        return Outcome(item, Answer({"process": os.getpid()}), seconds=result.seconds)


@dataclass
class Memory:
    """Tells a worker's private memory, before and after it draws with a generator, mapped or copied."""

    gan: Generator

    def __call__(self, item: Item) -> Outcome:
        gan, before = self.gan, private_memory()
        if item.kind == "copied":
            packed = pack(gan)
            gan = unpack(Packed(packed.rest, tuple(row.copy() for row in packed.memory)))
        had = private_memory() - before
        gan(torch.zeros(1, gan.dim_z), gan.class_embeddings[0])  # which reads all weights
        return Outcome(item, Answer({"before": before, "weights": had, "total": private_memory()}))


@dataclass
class Nothing:
    """Does nothing."""

    shared: torch.Tensor

    def __call__(self, item: Item) -> Outcome:
        return Outcome(item, Answer({}))


def private_memory() -> float:
    """MB that this process shares with no other."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(r"Private_\w+:\s+(\d+) kB", text)) * 1024 / MB
