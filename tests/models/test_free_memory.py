"""How much memory is free, in trees of files as Linux shows them."""

import math
from pathlib import Path

import pytest
import torch

from ganmend.models import free_memory
from ganmend.models.free_memory import memory_for_gradients, share_memory

MACHINE = {"proc/meminfo": "MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n"}
FREE = 8_000_000 * 1024  # bytes of it
V1, NO_LIMIT = "sys/fs/cgroup/memory", "9223372036854771712"


def version_2(folder: str, limit: str, usage: int, cache: int = 0) -> dict[str, str]:
    place = f"sys/fs/cgroup/{folder}".rstrip("/")
    statistics = f"anon 5\ninactive_file {cache}\nactive_file 70\n"
    return {f"{place}/memory.max": limit, f"{place}/memory.current": f"{usage}\n", f"{place}/memory.stat": statistics}


def version_1(folder: str, limit: str, usage: int, cache: int = 0) -> dict[str, str]:
    statistics = f"cache 9\ninactive_file 3\ntotal_inactive_file {cache}\n"
    return {
        f"{folder}/memory.limit_in_bytes": limit,
        f"{folder}/memory.usage_in_bytes": f"{usage}\n",
        f"{folder}/memory.stat": statistics,
    }


SIZE, RESIDENT, DATA = 1_000_000 * 1024, 400_000 * 1024, 700_000 * 1024  # bytes that the process has


def of_process(
    space: int | str = "unlimited", data: int | str = "unlimited", resident: int = RESIDENT
) -> dict[str, str]:
    rows = [("Max cpu time", "1", "seconds"), ("Max data size", data, "bytes"), ("Max resident set", 7, "bytes"),
            ("Max address space", space, "bytes")]  # fmt: skip
    limits = "".join(f"{name:26}{soft!s:21}{'unlimited':21}{unit:10}\n" for name, soft, unit in rows)
    memory = {"VmPeak": 9, "VmSize": SIZE // 1024, "VmRSS": resident // 1024, "VmData": DATA // 1024}
    status = "Name:\ta b: c\n" + "".join(f"{name}:\t{kilobytes:8} kB\n" for name, kilobytes in memory.items())
    return {"proc/self/limits": f"{'Limit':26}{'Soft Limit':21}\n{limits}", "proc/self/status": status}


CASES: dict[str, tuple[dict[str, str], float]] = {
    "no control group": (MACHINE, FREE),
    "no limit": ({**MACHINE, "proc/self/cgroup": "0::/a\n", **version_2("a", "max\n", 10**9)}, FREE),
    "a limit, less what is taken": (
        {**MACHINE, "proc/self/cgroup": "0::/a\n", **version_2("a", "1200000000\n", 700_000_000)},
        500_000_000,
    ),
    "the cache of files makes room": (
        {**MACHINE, "proc/self/cgroup": "0::/a\n", **version_2("a", "1200000000\n", 700_000_000, 200_000_000)},
        700_000_000,
    ),
    "the tightest of nested groups": (
        {
            **MACHINE,
            "proc/self/cgroup": "0::/outer/middle/inner\n",
            **version_2("outer", "900\n", 100),
            **version_2("outer/middle", "700\n", 50),
            **version_2("outer/middle/inner", "max\n", 20),
        },
        650,
    ),
    "a group beside ours": (
        {**MACHINE, "proc/self/cgroup": "0::/a\n", **version_2("a", "max\n", 1), **version_2("b", "10\n", 1)},
        FREE,
    ),
    "a container that sees itself as the root": (
        {**MACHINE, "proc/self/cgroup": "0::/\n", **version_2("", "1000\n", 400)},
        600,
    ),
    "a container that is told the host's path": (
        {**MACHINE, "proc/self/cgroup": "4:memory:/docker/1f\n1:name=systemd:/\n", **version_1(V1, "1000\n", 400)},
        600,
    ),
    "version 1": (
        {
            **MACHINE,
            "proc/self/cgroup": "5:cpu,cpuacct:/c\n4:hugetlb,memory:/a/b\n0::/a\n",
            **version_1(f"{V1}/a/b", NO_LIMIT, 400),
            **version_1(f"{V1}/a", "2000\n", 900, 100),
            **version_1(f"{V1}/c", "10\n", 1),  # of another controller's path
        },
        1200,
    ),
    "more taken than allowed": ({**MACHINE, "proc/self/cgroup": "0::/a\n", **version_2("a", "10\n", 30)}, 0),
    "a limit above what the machine has": (
        {**MACHINE, "proc/self/cgroup": "0::/a\n", **version_2("a", f"{10**12}\n", 30)},
        FREE,
    ),
    "a path with a colon": ({**MACHINE, "proc/self/cgroup": "0::/a:b\n", **version_2("a:b", "900\n", 300)}, 600),
    "a limit from which on a group is slowed down": (
        {
            **MACHINE,
            "proc/self/cgroup": "0::/a\n",
            **version_2("a", "1200000000\n", 700_000_000),
            "sys/fs/cgroup/a/memory.high": "900000000\n",
        },
        200_000_000,
    ),
    "none from which on it is slowed down": (
        {
            **MACHINE,
            "proc/self/cgroup": "0::/a\n",
            **version_2("a", "1200000000\n", 700_000_000),
            "sys/fs/cgroup/a/memory.high": "max\n",
        },
        500_000_000,
    ),
    "a limit of addresses": ({**MACHINE, **of_process(space=3_000_000_000)}, 3_000_000_000 - SIZE),
    "a limit of data": ({**MACHINE, **of_process(data=2_000_000_000)}, 2_000_000_000 - DATA),
    "no limit of a process": ({**MACHINE, **of_process()}, FREE),
    "more mapped than allowed": ({**MACHINE, **of_process(space=5)}, 0),
    "another system": ({}, math.inf),
}


def put(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.mark.parametrize("case", CASES)
def test_what_is_free(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, free = CASES[case]
    put(tmp_path, files)
    monkeypatch.setattr(free_memory, "ROOT", tmp_path)
    assert memory_for_gradients(torch.device("cpu"))() == pytest.approx(0.8 * free)


def test_it_is_asked_again_at_each_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that shrinks counts from then on; what earlier steps took stays with the process, for the next."""
    monkeypatch.setattr(free_memory, "ROOT", tmp_path)
    put(tmp_path, {**MACHINE, "proc/self/cgroup": "0::/a\n", **version_2("a", "1000000000\n", 300_000_000)})
    put(tmp_path, of_process(resident=200_000_000))
    free = memory_for_gradients(torch.device("cpu"))
    assert free() == pytest.approx(0.8 * 700_000_000)
    # A step took 400 MB, freed, which the process holds ready.
    put(tmp_path, {**of_process(resident=600_000_000), **version_2("a", "1000000000\n", 700_000_000)})
    assert free() == pytest.approx(0.8 * 700_000_000)
    put(tmp_path, version_2("a", "800000000\n", 700_000_000))
    assert free() == pytest.approx(0.8 * 500_000_000)
    put(tmp_path, {**of_process(resident=100_000_000), **version_2("a", "800000000\n", 200_000_000)})
    assert free() == pytest.approx(0.8 * 600_000_000), "what was given back is no debt"


def test_processes_that_share_a_machine_take_their_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_memory, "ROOT", tmp_path)
    monkeypatch.setattr(free_memory, "_processes", 1)
    put(tmp_path, {**MACHINE, **of_process()})
    free = memory_for_gradients(torch.device("cpu"))
    share_memory(4)
    assert free() == pytest.approx(0.8 * FREE / 4)
    put(tmp_path, of_process(resident=RESIDENT + 4096))
    assert free() == pytest.approx(0.8 * (FREE / 4 + 4096)), "what it took is its own"
    put(tmp_path, of_process(space=SIZE + 1000))
    assert free() == pytest.approx(0.8 * 1000), "and so is its limit"


def test_processes_that_share_a_machine_leave_each_other_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(MACHINE["proc/meminfo"])
    monkeypatch.setattr(free_memory, "ROOT", tmp_path)
    monkeypatch.setattr(free_memory, "_processes", 1)  # put back at the end
    share_memory(4)
    assert memory_for_gradients(torch.device("cpu"))() == pytest.approx(0.8 * FREE / 4)


def test_this_machine_has_some() -> None:
    assert memory_for_gradients(torch.device("cpu"))() > 1e6
