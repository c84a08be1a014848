"""The allocator's settings."""

import platform
import subprocess
import sys


def test_freed_memory_is_kept_where_the_library_is_glibc() -> None:
    """In a process of its own: the setting cannot be taken back."""
    code = "from ganmend.cli.memory import keep_freed_memory; print(keep_freed_memory())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(platform.libc_ver()[0] == "glibc")
