"""Reads many broken files: each must be read as something whole, or refused in one line, cheaply.

    python -m tests.fuzz.run --files 20000 --seed 0

The files are read in a process of their own: one that crashes it, or keeps it for longer than it may, is reported like
any other. `--first N --files 1` makes file N of the same run again.
"""

import argparse
import multiprocessing
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.fuzz.outcome import Outcome, table
from tests.fuzz.worker import Factory, work, write

PATIENCE = 300  # seconds for one file, however busy the machine is


def outcomes(
    seed: int, indices: range, folder: Path, worker: Callable[..., None] = work, patience: float = PATIENCE
) -> Iterator[Outcome]:
    """What came of each file; `folder` is where they are written."""
    spawn = multiprocessing.get_context("spawn")
    while indices:
        receiver, sender = spawn.Pipe(duplex=False)
        process = spawn.Process(target=worker, args=(seed, indices, folder, sender))
        process.start()
        sender.close()
        begun = None
        try:
            while indices:
                begun = receiver.recv()
                if not receiver.poll(patience):
                    raise TimeoutError(f"it took more than {patience} seconds")
                yield receiver.recv()
                indices = indices[1:]
        except (EOFError, TimeoutError) as error:
            process.join(1)
            if begun is None or begun.index != indices[0]:
                raise RuntimeError(f"the process ended before file {indices[0]}") from error
            ended = "it took too long" if process.exitcode == -signal.SIGPROF else f"status {process.exitcode}"
            yield replace(begun, failure=str(error) or f"the process ended: {ended}")
            indices = indices[1:]
        finally:
            process.kill()
            process.join()


def kept(seed: int, index: int, folder: Path) -> Path:
    """File `index` of a run, and those beside it, made again in a folder of their own."""
    place = folder / f"{seed}-{index}"
    place.mkdir(parents=True, exist_ok=True)
    return write(Factory(seed).make(index)[0], place)


def main() -> int:
    """Exit status 1 where a file failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="folder for the files that fail")
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for outcome in outcomes(options.seed, range(options.first, options.first + options.files), Path(folder)):
            found.append(outcome)
            if outcome.failure:
                path = kept(options.seed, outcome.index, options.keep)
                print(f"{path}: {outcome.format}, {outcome.change}\n{outcome.failure}\n", flush=True)
    print(table(found))
    return any(outcome.failure for outcome in found)


if __name__ == "__main__":
    raise SystemExit(main())
