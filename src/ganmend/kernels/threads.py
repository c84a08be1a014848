"""How OpenMP's threads wait for each other: GNU's, which PyTorch's packages for Linux bring, spin for milliseconds."""

import os

# Some twenty microseconds, longer than PyTorch takes from one operation to the next on an idle machine. On one whose
# cores are busy with other work a thread that spins keeps the very thread that it waits for from running.
SPINS = "1000"
TOLD_BY = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def wait_without_spinning() -> None:
    """Let threads sleep soon while they wait, unless the user has told how they wait.

    It holds where PyTorch has not been imported yet: the command line calls it first, the library leaves its caller's
    process alone. Results do not depend on it.
    """
    if not any(name in os.environ for name in TOLD_BY):
        os.environ["GOMP_SPINCOUNT"] = SPINS
