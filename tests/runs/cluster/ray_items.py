"""Items for workers of real clusters: plain functions that a worker imports."""

import os
import re
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save

from ganmend.errors import OptionError
from ganmend.models.free_memory import FREE_SHARE, memory_for_gradients
from ganmend.runs.items.item import Answer, Item, Outcome
from ganmend.search.config import PRESETS
from ganmend.workbench.workbench import Workbench


@dataclass
class Doing:
    """Does an item, and notes in a folder that it began.

    Attributes:
        folder: that holds a file an item, a line an attempt.
        shared: a tensor that all items share.
    """

    folder: Path
    shared: torch.Tensor

    def __call__(self, item: Item) -> Outcome:
        note(self.folder, item.name)
        attempt = len(attempts(self.folder, item.name))
        match item.kind:
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "die once" if attempt == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            case "stay once" if attempt == 1:
                time.sleep(600)
            case "rest":
                time.sleep(0.5)
            case "refuse":
                return Outcome(item, None, str(OptionError("no such class")))
            case "fall":
                raise ZeroDivisionError
            case "look":
                return Outcome(item, Answer(self.seen()))
        number = item.arguments.get("number", 0)
        return Outcome(item, Answer({"sum": (self.shared[:10] * number).sum().item()}, {"square": b"%d" % number**2}))

    def seen(self) -> dict[str, object]:
        """How a worker sees what is shared, its threads and its memory."""
        address = self.shared.data_ptr()
        for line in Path("/proc/self/maps").read_text().splitlines():
            low, high, rights, path = re.match(r"(\w+)-(\w+) (\S+)(?:\s+\S+){3}\s*(.*)", line).groups()
            if int(low, 16) <= address < int(high, 16):
                break
        free = int(re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) * 1024
        part = memory_for_gradients(torch.device("cpu"))() / (FREE_SHARE * free)
        return {
            "rights": rights, "path": path, "threads": torch.get_num_threads(), "process": os.getpid(), "part": part,
        }  # fmt: skip


def tied(folder: Path) -> Doing:
    """One that cannot be sent, as a network that is a program cannot: a worker makes its own."""
    note(folder, "made")
    doing = Doing(folder, torch.full((10,), 3.0))
    doing.tie = lambda: None
    return doing


def note(folder: Path, name: str) -> None:
    with (folder / name).open("a") as file:
        file.write(f"{os.getpid()}\n")


def attempts(folder: Path, name: str) -> list[int]:
    """The processes that began an item, in their order."""
    path = folder / name
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


@dataclass
class Mending:
    """Repairs a class, in a few steps, and judges it."""

    bench: Workbench

    def __call__(self, item: Item) -> Outcome:
        config = replace(PRESETS["default"], steps=2, latents=8, validation_latents=8, validate_every=1)
        result = self.bench.mend("repair", str(item.arguments["target"]), config=config, samples=8)
        values = {"figures": repr(result.verdict), "history": repr(result.history)}
        tensors = {name: part for name in ("vectors", "offsets") if (part := getattr(result.after, name)) is not None}
        return Outcome(item, Answer(values, {"edit": save(tensors)}))
