"""A process that does items for another one, until that one closes the pipe between them, or is gone."""

import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread

from ganmend.errors import GanmendError
from ganmend.runs.items.item import Item, Outcome

Do = Callable[[Item], Outcome]
# Ctrl-C reaches all processes of a terminal: the one that gives out items ends the others.
IGNORED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name))
GONE = 1  # the exit status of a worker whose driver is gone: nobody reads it


@dataclass(frozen=True)
class Ready:
    """What a worker says when it can begin."""


@dataclass(frozen=True)
class Refused:
    """What a worker says when nothing can come of it.

    Attributes:
        message: for the user, in one line; '' where it is a defect of ours.
        traceback: of the defect.
    """

    message: str = ""
    traceback: str = ""


Said = Ready | Refused | Outcome


def work(connection: Connection, prepare: Callable[[], Do]) -> None:
    """Do the items that come.

    Args:
        connection: brings items, and takes what is said of them.
        prepare: loads what all items need, and gives what does one.
    """
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # whoever started this process kept signals back until here
    Thread(target=_end_with_the_driver, daemon=True).start()
    try:
        do = prepare()
        connection.send(Ready())
        while True:
            connection.send(do(connection.recv()))
    except (EOFError, OSError):  # the driver closed the pipe
        return
    except GanmendError as error:
        connection.send(Refused(str(error)))
    except Exception:
        connection.send(Refused(traceback=traceback.format_exc()))


def _end_with_the_driver() -> None:
    """Wait for the driver's end, however it ends, and go at once: what was finished is written down."""
    driver = parent_process()
    assert driver is not None
    wait([driver.sentinel])
    os._exit(GONE)
