"""A Ray cluster that the user began: connected to, and never ended."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ganmend.errors import OptionError
from ganmend.runs.cluster.local import quietly

AUTO = "auto"  # the address of the cluster that this machine is part of
PATIENCE = 10.0  # seconds that a cluster has to answer


@contextmanager
def users_cluster(address: str) -> Iterator[None]:
    """A connection to a cluster of the user's, which is not ended with it.

    Args:
        address: 'auto' or 'HOST:PORT'.

    Yields:
        Nothing.

    Raises:
        OptionError: nothing answers there.
    """
    import ray

    with quietly():
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()


def expect_answer(address: str) -> None:
    """See whether something answers at an address, before Ray tries for minutes.

    Args:
        address: 'HOST:PORT'.

    Raises:
        OptionError: nothing does, or it is no address.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdecimal():
        raise OptionError(f"--cluster {address!r:.80} is no address; expected local, auto or HOST:PORT")
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise OptionError(
            f"no cluster answers at {address} ({error!s:.80}); give --cluster the address of its head, HOST:PORT "
            "(Ray's own port is 6379)"
        ) from error
