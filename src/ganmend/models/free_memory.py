"""How much memory is free for this process: the machine's, and what its control groups leave of it."""

import math
from pathlib import Path

import torch

FREE_SHARE = 0.8  # of the free memory, for a gradient
ROOT = Path("/")
_processes = 1  # that share the machine, see share_memory
# What a control group may take and takes, and what of that is the cache of files, which makes room (cgroup-v2.rst and
# cgroup-v1/memory.rst of the Linux kernel).
VERSION_2 = ("memory.max", "memory.current", "inactive_file")
VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def memory_for_gradients(device: torch.device) -> float:
    """Bytes that the features of a gradient may take on a device as it is now; infinity where nothing tells."""
    if device.type == "cuda":
        return FREE_SHARE * torch.cuda.mem_get_info(device)[0]
    return FREE_SHARE / _processes * min(_free_on_the_machine(), _free_in_control_groups())


def share_memory(processes: int) -> None:
    """Leave others their part of the machine's memory from now on; a GPU is not shared.

    Args:
        processes: that do the same work on this machine, this one among them.
    """
    global _processes
    _processes = processes


def _free_on_the_machine() -> float:
    file = ROOT / "proc/meminfo"
    if not file.is_file():
        return math.inf
    fields = dict(line.split(":") for line in file.read_text().splitlines())
    return int(fields["MemAvailable"].split()[0]) * 1024


def _free_in_control_groups() -> float:
    """The least that the group of this process, or any group around it, leaves."""
    listed, mounted = ROOT / "proc/self/cgroup", ROOT / "sys/fs/cgroup"
    free = math.inf
    for line in listed.read_text().splitlines() if listed.is_file() else ():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top, names = mounted, VERSION_2
        elif "memory" in controllers.split(","):
            top, names = mounted / "memory", VERSION_1
        else:
            continue
        # In a container the path can be the host's, of which only the top is mounted: what is not there is passed over.
        group = top / path.strip("/")
        for around in (group, *group.parents):
            free = min(free, _free_in_group(around, *names))
            if around == top:
                break
    return free


def _free_in_group(folder: Path, limit: str, usage: str, cache: str) -> float:
    """Bytes that one group leaves; infinity where it sets no limit or does not tell."""
    try:
        most = (folder / limit).read_text().strip()
        if most == "max":
            return math.inf
        statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        taken = int((folder / usage).read_text()) - int(statistics.get(cache, 0))
        return max(int(most) - taken, 0)
    except OSError:
        return math.inf
