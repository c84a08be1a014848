"""How much memory is free for this process: the machine's, and what its limits and control groups leave of it."""

import math
from collections.abc import Callable
from pathlib import Path

import torch

FREE_SHARE = 0.8  # of the free memory, for a gradient
ROOT = Path("/")
_processes = 1  # that share the machine, see share_memory
# What a control group may take and takes, and what of that is the cache of files, which makes room (cgroup-v2.rst and
# cgroup-v1/memory.rst of the Linux kernel); from `memory.high` on the processes of a group are slowed down.
Names = tuple[tuple[str, ...], str, str]
VERSION_2: Names = (("memory.max", "memory.high"), "memory.current", "inactive_file")
VERSION_1: Names = (("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file")
# What a limit of a process (/proc/self/limits) is called, and what counts (/proc/self/status).
LIMITS = {"Max address space": "VmSize", "Max data size": "VmData"}


def memory_for_gradients(device: torch.device) -> Callable[[], float]:
    """Tell what the features of a gradient may take on a device.

    Args:
        device: where they lie.

    Returns:
        A function that tells the bytes as they are when it is called; infinity where nothing tells. What this process
        has taken since now counts as free: it holds the features of one step ready for the next.
    """
    if device.type == "cuda":
        return lambda: FREE_SHARE * _free_on_gpu(device)
    before = _taken("VmRSS")
    return lambda: FREE_SHARE * (_free() + max(0, _taken("VmRSS") - before))


def share_memory(processes: int) -> None:
    """Leave others their part of the machine's memory from now on; a GPU is not shared.

    Args:
        processes: that do the same work on this machine, this one among them.
    """
    global _processes
    _processes = processes


def _free() -> float:
    return min(min(_free_on_the_machine(), _free_in_control_groups()) / _processes, _free_in_limits())


def _free_on_gpu(device: torch.device) -> int:
    """What no program has, and what PyTorch keeps of what it freed."""
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + kept


def _free_in_limits() -> float:
    """What the limits of this process leave (ulimit -v and -d); infinity where it has none."""
    file, free = ROOT / "proc/self/limits", math.inf
    for line in file.read_text().splitlines() if file.is_file() else ():
        name, columns = line[:26].strip(), line[26:].split()  # the names, of several words, have 26 columns
        if name in LIMITS and columns[0].isdigit():
            free = min(free, max(int(columns[0]) - _taken(LIMITS[name]), 0))
    return free


def _taken(what: str) -> int:
    """Bytes that this process has by /proc/self/status; 0 where that does not tell."""
    file = ROOT / "proc/self/status"
    lines = dict(line.split(":", 1) for line in file.read_text().splitlines()) if file.is_file() else {}
    return int(lines.get(what, "0").split()[0]) * 1024


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


def _free_in_group(folder: Path, limits: tuple[str, ...], usage: str, cache: str) -> float:
    """Bytes that one group leaves; infinity where it sets no limit or does not tell."""
    try:
        texts = [(folder / limit).read_text().strip() for limit in limits if (folder / limit).is_file()]
        if not (set_limits := [int(text) for text in texts if text != "max"]):
            return math.inf
        statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        taken = int((folder / usage).read_text()) - int(statistics.get(cache, 0))
        return max(min(set_limits) - taken, 0)
    except OSError:
        return math.inf
