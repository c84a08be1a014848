"""What the workers of benchmarks/cluster.py do."""

import re
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch

from ganmend.models.protocol import Generator
from ganmend.runs.cluster.packed import Packed, pack, unpack
from ganmend.runs.items.item import Answer, Item, Outcome
from ganmend.workbench.workbench import Workbench

MB = 1e6


@dataclass
class Draw:
    """Draws samples of a class, and has the judge look at them: half a second of a processor."""

    bench: Workbench
    samples: int

    def __call__(self, item: Item) -> Outcome:
        began, judge = perf_counter(), self.bench.judge
        assert judge is not None
        seen = [judge(images) for images in self.bench.sample(str(item.arguments["target"]), self.samples)]
        answer = Answer({"logits": sum(logits.sum().item() for logits in seen)})
        return Outcome(item, answer, seconds=perf_counter() - began)


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
