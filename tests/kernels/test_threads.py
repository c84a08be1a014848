"""How OpenMP's threads wait, in processes of their own."""

import os
import subprocess
import sys

import pytest

from ganmend.kernels.threads import TOLD_BY, wait_without_spinning


@pytest.mark.parametrize(
    ("told", "then"),
    [
        ({}, {"GOMP_SPINCOUNT": "1000"}),
        ({"GOMP_SPINCOUNT": "7"}, {"GOMP_SPINCOUNT": "7"}),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, {"OMP_WAIT_POLICY": "ACTIVE"}),
        ({"OMP_NUM_THREADS": "2"}, {"OMP_NUM_THREADS": "2", "GOMP_SPINCOUNT": "1000"}),
    ],
    ids=["nothing", "spins", "policy", "threads"],
)
def test_what_the_user_told_stays(told: dict[str, str], then: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(told))
    wait_without_spinning()
    assert os.environ == then


def test_the_command_line_says_so_before_pytorch_comes() -> None:
    """GNU's OpenMP reads it when it is loaded."""
    code = """import os, sys
from unittest.mock import patch
from ganmend.__main__ import main
with patch('ganmend.__main__.keep_freed_memory', lambda: print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)):
    sys.argv = ['ganmend', '--version']
    main()"""
    env = {name: value for name, value in os.environ.items() if name not in TOLD_BY}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env).stdout
    assert said.startswith("1000 False\n")


@pytest.mark.skipif(sys.platform != "linux", reason="GNU's OpenMP is in PyTorch's packages for Linux")
def test_pytorchs_openmp_reads_it() -> None:
    """Said by the library itself, in its own list of what it was told."""
    code = "from ganmend.kernels.threads import wait_without_spinning; wait_without_spinning(); import torch"
    env = {name: value for name, value in os.environ.items() if name not in TOLD_BY} | {"OMP_DISPLAY_ENV": "verbose"}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env).stderr
    assert "GOMP_SPINCOUNT = '1000'" in said
