"""A studio of the bundled generator, whose judges see few samples: python -m tests.studio.serving DIR PORT."""

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SAMPLES = 20


@contextlib.contextmanager
def served(directory: Path, port: int = 0) -> Iterator[str]:
    """The address of a studio; Ctrl-C ends it.

    Args:
        directory: of the studio.
        port: 0 takes one that is free.
    """
    words = [sys.executable, "-m", "tests.studio.serving", str(directory), str(port)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            found = re.match(r"http://\S+", process.stdout.readline())
            assert found is not None, "it did not begin"
            yield found[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def main(directory: str, port: str) -> None:
    """Serve until Ctrl-C."""
    from ganmend.catalog.source import GeneratorSource
    from ganmend.studio.bench import Bench
    from ganmend.studio.queue import Jobs
    from ganmend.studio.server import address, listen, serve
    from ganmend.studio.settings import StudioSettings
    from ganmend.workbench.request import MendRequest

    settings = StudioSettings(Path(directory), port=int(port))
    request = MendRequest("repair", "", GeneratorSource("demo"), samples=SAMPLES)
    jobs = Jobs(settings.directory, threads=1)
    with listen(settings, safe=False) as listening:
        jobs.start()
        try:
            bench = Bench(request.workbench(), request)
            print(address(listening, settings), flush=True)
            serve([bench], jobs, settings, None, listening)
        except KeyboardInterrupt:
            pass
        finally:
            jobs.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
