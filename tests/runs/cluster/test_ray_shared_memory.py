"""Where shared memory is as small as in a container, what is shared lies on the disk, and the run goes on."""

import shutil
import subprocess

import pytest

from tests.runs.cluster.ray_run import started

pytest.importorskip("ray", reason="needs pip install 'ganmend[ray]'")
pytestmark = pytest.mark.ray

# A process with a /dev/shm of its own, as Docker gives one.
SMALL = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=64m tmpfs /dev/shm && exec "$@"', "sh")


def may_mount():
    return shutil.which("unshare") is not None and subprocess.run([*SMALL, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="only root may mount")
def test_with_little_shared_memory_a_warning_says_so_and_all_items_are_done(tmp_path):
    with started(tmp_path, 4, SMALL) as program:
        out, _ = program.communicate(timeout=200)
    assert "/dev/shm has no room for the 84 MB that workers share" in out
    assert "done=4, before=0, running=0, failed={}" in out
