"""`ganmend`, and `python -m ganmend`."""

from ganmend.kernels.allocator import keep_freed_memory


def main() -> None:
    """The command line, in a process that keeps freed memory; PyTorch is imported only there."""
    keep_freed_memory()
    from ganmend.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
