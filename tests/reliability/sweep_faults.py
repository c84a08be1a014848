"""Every fault at each moment of every command that writes; hours on a busy machine. One that is ended says what it did.

python -m tests.reliability.sweep_faults [EVERY [COMMAND ...]]
"""

import signal
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.reliability.faulty_disk import COMMANDS, outcomes, wrong_with


def main() -> int:
    every, names = int(sys.argv[1]) if sys.argv[1:] else 1, sys.argv[2:] or list(COMMANDS)
    tried: Counter[str] = Counter()
    wrong = 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        for outcome in outcomes(Path(folder), every, names):
            tried[f"{outcome.name}, {outcome.fault}"] += 1
            if problem := wrong_with(outcome):
                wrong += 1
                print(problem, outcome)
    for name, count in tried.items():
        print(f"{name}: {count}")
    print(f"{tried.total()} faults, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
