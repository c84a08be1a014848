"""Kills the commands at random instants, and counts: `python -m tests.reliability.kill --kills 200 [--case NAME]`."""

import argparse
import json
import random
import tempfile
import time
from pathlib import Path

from tests.reliability.cases import CASES
from tests.reliability.killing import Count, Forks, kill_again_and_again, undisturbed


def main() -> None:
    """Kill until there were so many kills in all, the cases in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3600, help="After which no other run is begun.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--on", action="store_true", help="Go on after a failure, and list all of them.")
    asked = parser.parse_args()
    began, chance, failures = time.monotonic(), random.Random(asked.seed), list[str]()
    counts = {name: Count() for name in asked.case}
    with tempfile.TemporaryDirectory() as base:
        forks = Forks(Path(base))
        whole = {name: undisturbed(forks, CASES[name]) for name in asked.case}
        until = began + asked.seconds
        while sum(sum(count.kills.values()) for count in counts.values()) < asked.kills and time.monotonic() < until:
            name = min(counts, key=lambda name: sum(counts[name].kills.values()))
            try:
                kill_again_and_again(forks, CASES[name], *whole[name], chance, counts[name])
            except AssertionError as error:
                if not asked.on:
                    raise
                failures.append(str(error))
                print("FAILED", error, flush=True)
        forks.close()
    told = {
        name: {**count.kills, "chains": count.chains, "twice": round(count.most_twice, 3)}
        for name, count in counts.items()
    }
    print(json.dumps({"cases": told, "failures": len(failures), "seconds": round(time.monotonic() - began)}, indent=1))


if __name__ == "__main__":
    main()
