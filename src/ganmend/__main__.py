"""`ganmend`, and `python -m ganmend`."""

import sys

from ganmend.kernels.allocator import keep_freed_memory
from ganmend.kernels.threads import wait_without_spinning
from ganmend.signals import INTERRUPTED, end_like_ctrl_c
from ganmend.telemetry import turn_off


def main() -> None:
    """The command line, in a process that keeps freed memory; PyTorch is imported only there."""
    end_like_ctrl_c()
    try:
        turn_off()
        wait_without_spinning()
        keep_freed_memory()
        from ganmend.cli import main as command_line

        command_line()
    except KeyboardInterrupt:  # while modules are imported, before a command can say anything
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
