"""The allocator's settings, in processes of their own."""

import os
import subprocess
import sys

import pytest

SAY = """import os, ganmend.kernels.allocator
ganmend.kernels.allocator.keep_freed_memory()
print(os.environ.get('GLIBC_TUNABLES'), os.getpid())"""


def _said(tunables: str) -> tuple[str, int, int]:
    """What a program of ours finds in its environment, its own process number, and the one that was started."""
    env = {**os.environ, "GLIBC_TUNABLES": tunables}
    with subprocess.Popen([sys.executable, "-c", SAY], env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        settings, number = process.stdout.read().split()
    assert process.returncode == 0
    return settings, int(number), process.pid


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
def test_the_program_starts_again_with_settings_that_keep_freed_memory() -> None:
    settings, number, started = _said("glibc.pthread.rseq=1")
    assert settings.startswith("glibc.pthread.rseq=1:glibc.malloc.")
    assert {"mmap_threshold", "tcache_count"} <= {part.split("=")[0].split(".")[-1] for part in settings.split(":")}
    assert number == started


def test_what_the_user_told_the_allocator_stays() -> None:
    own = "glibc.malloc.arena_max=2"
    assert _said(own)[0] == own


def test_the_package_alone_imports_no_pytorch() -> None:
    """Or starting again would cost its import twice."""
    code = "import sys, ganmend.__main__; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_all_public_names_are_there() -> None:
    import ganmend

    assert [name for name in ganmend.__all__ if getattr(ganmend, name) is None] == []
    assert not hasattr(ganmend, "no_such_name")
