"""What a server sends, taken in bounded time and memory, and checked before it is kept."""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PATIENCE = 60.0  # seconds that any answer may take
SLOWEST = 20_000  # bytes a second that it must bring beyond them
STALLED = 10  # seconds between two pieces
HEAD, PAGE = 512, (b"<!doctype html", b"<html")


@dataclass(frozen=True)
class Expected:
    """What is known of a file before it comes.

    Attributes:
        size: in bytes, or None.
        sha256: hexadecimal, as Git LFS has it, or "".
        blob: Git's own SHA-1 of it, hexadecimal, or "".
    """

    size: int | None = None
    sha256: str = ""
    blob: str = ""

    def check(self, path: Path) -> None:
        """Refuse a file that is another one.

        Args:
            path: of the file.

        Raises:
            OSError: another length or checksum, or a web page.
        """
        if is_page(path):
            raise OSError("the answer is a web page, no file")
        size = path.stat().st_size
        if self.size is not None and size != self.size:
            raise OSError(f"{size} bytes came, {self.size} were announced")
        if re.fullmatch("[0-9a-f]{64}", self.sha256):
            digest, announced = hashlib.sha256(), self.sha256
        elif re.fullmatch("[0-9a-f]{40}", self.blob):
            digest, announced = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False), self.blob
        else:
            return
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        if digest.hexdigest() != announced:
            raise OSError("what came has another checksum than announced")


def is_page(path: Path) -> bool:
    """Whether a file is a web page, as servers send in place of a file that is not there."""
    with path.open("rb") as file:
        return file.read(HEAD).lstrip().lower().startswith(PAGE)


def receive(url: str, headers: Mapping[str, str], file: BinaryIO, most: int | None, shown: str = "") -> None:
    """Write what an address answers to a file.

    Args:
        url: the address; redirects are followed.
        headers: of the request.
        file: that is written to.
        most: bytes that are accepted; None accepts all.
        shown: name for a progress bar on a terminal, or "" for none.

    Raises:
        OSError: it takes too long, brings too much, breaks off, or is an error by its status (an `HTTPError`).
    """
    from huggingface_hub.utils import get_session, hf_raise_for_status, tqdm

    done = 0

    def work() -> None:
        nonlocal done
        with get_session().stream("GET", url, headers=headers, timeout=STALLED) as response:
            if response.status_code >= 400:
                response.read()  # which says more about the error
            hf_raise_for_status(response)
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() and len(length) < 18 else None
            with tqdm(total=total, desc=shown, unit="B", unit_scale=True, disable=None if shown else True) as bar:
                for piece in response.iter_bytes():
                    done += len(piece)
                    if most is not None and done > most:
                        raise OSError(f"more than the {most} bytes came that were announced")
                    file.write(piece)
                    bar.update(len(piece))

    _watched(work, lambda: PATIENCE + done / SLOWEST)


def _watched(work: Callable[[], None], allowed: Callable[[], float]) -> None:
    """Do work in a thread, and leave it where it takes too long: a server may send a byte now and then for ever.

    Args:
        work: to be done.
        allowed: seconds that it may take, which may grow.

    Raises:
        TimeoutError: it takes longer.
    """
    errors: list[BaseException] = []
    begin = time.monotonic()

    def catch() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=catch, daemon=True)
    thread.start()
    while thread.is_alive():
        if time.monotonic() - begin > allowed():
            from huggingface_hub import close_session

            with suppress(Exception):
                close_session()  # ends the connection, and with it the thread
            raise TimeoutError("the answer comes too slowly")
        thread.join(0.05)
    if errors:
        raise errors[0]
