"""`ganmend`, and `python -m ganmend`."""

from ganmend.kernels.allocator import keep_freed_memory
from ganmend.kernels.threads import wait_without_spinning
from ganmend.telemetry import turn_off


def main() -> None:
    """The command line, in a process that keeps freed memory; PyTorch is imported only there."""
    turn_off()
    wait_without_spinning()
    keep_freed_memory()
    from ganmend.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
