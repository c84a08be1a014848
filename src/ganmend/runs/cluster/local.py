"""A Ray cluster on this machine for one run: begun by it, and ended with it, in whatever way that ends."""

import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ganmend.errors import GanmendWarning, OptionError
from ganmend.telemetry import OFF

# On the loopback, where nobody else can reach it; Ray puts the machine's address in the network in place of 127.0.0.1.
ADDRESS = "127.0.0.2"
SHARED_MEMORY = Path("/dev/shm")
LEAST_STORE, BESIDE = 80 << 20, 64 << 20  # bytes: the least that Ray takes; for answers, beside what is shared
LONGEST_FOLDER = 40  # characters: the names of sockets below it may have 107

# Ray asks whoever connects for a password. Where the user has none for it, it would write one into the user's home. It
# remembers the first that a process had, so that all clusters of this process have one.
OWN_PASSWORD = {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}
PASSWORD = {"RAY_AUTH_TOKEN": secrets.token_hex(32)}


@contextmanager
def own_cluster(processors: int, shared: int) -> Iterator[None]:
    """Begin a cluster and connect to it; at the end nothing of it is left, not even where this process is killed.

    Args:
        processors: that its workers take together.
        shared: bytes of what all workers have in common.

    Yields:
        Nothing.

    Raises:
        OptionError: there is no room for it, or Ray cannot begin.
    """
    import ray

    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ganmend-ray-", dir=_short(Path(tempfile.gettempdir()))))
        stack.enter_context(_watched(folder))
        stack.enter_context(_environment({**OFF, **({} if OWN_PASSWORD & set(os.environ) else PASSWORD)}))
        store = max(LEAST_STORE, shared + shared // 10 + BESIDE)
        stack.callback(ray.shutdown)
        with quietly():
            ray.init(
                "local", num_cpus=processors, object_store_memory=store, include_dashboard=False, log_to_driver=False,
                logging_level=logging.ERROR, _node_ip_address=ADDRESS, _temp_dir=str(folder),
                _plasma_directory=str(store_folder(store, folder)),
            )  # fmt: skip
        yield


def store_folder(store: int, folder: Path) -> Path:
    """Where what is shared lies: in memory, where that has room, else on the disk, with a warning.

    Args:
        store: bytes of the whole store.
        folder: the cluster's own, on the disk.

    Returns:
        The folder.

    Raises:
        OptionError: neither has room.
    """
    if SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free >= store:
        return SHARED_MEMORY
    free = shutil.disk_usage(folder).free
    if free < store:
        raise OptionError(
            f"{SHARED_MEMORY} and {folder.parent} have no room for the {store / 1e6:.0f} MB that workers share; free "
            "some, set TMPDIR to another folder, or leave --cluster out"
        )
    warnings.warn(
        f"{SHARED_MEMORY} has no room for the {store / 1e6:.0f} MB that workers share, so that these lie in "
        f"{folder.parent}, which is slower to begin; in a container, start it with a larger --shm-size",
        GanmendWarning,
        stacklevel=2,
    )
    return folder


@contextmanager
def quietly() -> Iterator[None]:
    """Leave what signals do as it is, though Ray sets SIGTERM, and tell what Ray raises as a user's mistake, in a line.

    Yields:
        Nothing.

    Raises:
        OptionError: Ray raised something.
    """
    from ray.exceptions import RayError

    before = signal.getsignal(signal.SIGTERM)
    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        yield
    except (RayError, OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise OptionError(f"Ray cannot begin: {reason:.200}; see --cluster in docs/scaling.md") from error
    finally:
        with suppress(ValueError):  # not the main thread, where Ray did not set it either
            signal.signal(signal.SIGTERM, before)


@contextmanager
def _watched(folder: Path) -> Iterator[None]:
    """Have another process end what this one leaves in a folder."""
    command = [sys.executable, "-m", "ganmend.runs.cluster.watchdog", str(folder)]
    watchdog = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        watchdog.communicate()  # closes the pipe, and waits


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set what the user did not set, for what this process starts meanwhile; what Ray sets itself goes with it."""
    before = {name: os.environ.get(name) for name in (*values, *OWN_PASSWORD)}
    os.environ.update({name: value for name, value in values.items() if before[name] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _short(folder: Path) -> Path:
    return folder if len(str(folder)) <= LONGEST_FOLDER else Path("/tmp")
