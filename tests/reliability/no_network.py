"""A process that has no network, and that says whenever it asks for one. It needs Python and Linux, nothing else.

Python tells what its own code asks of the network before it is done (sys.addaudithook). Code in C goes round Python;
therefore the system itself ends the process where anything makes an internet socket (seccomp(2)), for good, in its
children too.
"""

import ctypes
import errno
import faulthandler
import os
import platform
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import TextIO

LOCAL = {"socket.gethostname", "socket.sethostname"}  # events of Python's that send nothing
# By machine: its number in <linux/audit.h>, and that of its system call socket(2).
SOCKET_CALL = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of <linux/bpf_common.h>
ALLOW, TRAP = 0x7FFF0000, 0x00030000  # of <linux/seccomp.h>
NUMBER, MACHINE, FIRST_ARGUMENT = 0, 4, 16  # where these stand in its struct seccomp_data
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2


def refuse_in_python(tell: Callable[[str], None]) -> None:
    """From now on, in this process, whatever asks for a network through Python is told of and fails.

    Args:
        tell: is given a line that says what was asked for, and where in the code.
    """

    def hook(event: str, words: tuple[object, ...]) -> None:
        if event.startswith("socket.") and event not in LOCAL and not _is_local(event, words):
            tell(f"{event} {words!s:.200}, by {_callers()}")
            raise OSError(errno.ENETUNREACH, "this test has no network")

    sys.addaudithook(hook)


def _is_local(event: str, words: tuple[object, ...]) -> bool:
    """Whether an event is about a socket between processes of this machine; one that is made says so beside it."""
    family = words[1] if event == "socket.__new__" else getattr(words[0], "family", None)
    return family == socket.AF_UNIX


def _callers() -> str:
    frame, names = sys._getframe(2), []
    while frame and len(names) < 6:
        names.append(f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}")
        frame = frame.f_back  # type: ignore[assignment]
    return " < ".join(names)


def can_refuse_everywhere() -> bool:
    """Whether this machine is one that `refuse_everywhere` knows."""
    return sys.platform == "linux" and platform.machine() in SOCKET_CALL


def refuse_everywhere(told: TextIO) -> None:
    """From now on, this process and its children end by SIGSYS where they make an internet socket, in any language.

    Args:
        told: a file; the lines of Python that were being run are written to it.
    """
    machine, call = SOCKET_CALL[platform.machine()]
    steps = [
        (LOAD, 0, 0, MACHINE), (JUMP_IF_EQUAL, 0, 6, machine),
        (LOAD, 0, 0, NUMBER), (JUMP_IF_EQUAL, 0, 4, call),
        (LOAD, 0, 0, FIRST_ARGUMENT), (JUMP_IF_EQUAL, 1, 0, socket.AF_INET), (JUMP_IF_EQUAL, 0, 1, socket.AF_INET6),
        (RETURN, 0, 0, TRAP), (RETURN, 0, 0, ALLOW),
    ]  # fmt: skip
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    faulthandler.register(signal.SIGSYS, file=told, chain=True)
    system = ctypes.CDLL(None, use_errno=True)
    for words in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0)):
        if system.prctl(*words):
            raise OSError(ctypes.get_errno(), "prctl")
