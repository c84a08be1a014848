"""What more than one vector costs of a search step: each capacity's step beside that of one vector, in one process.

    python benchmarks/capacity.py demo
    python benchmarks/capacity.py G_ema.pth --classifier torchvision:alexnet --rounds 5

The capacities take turns, round by round, so that a busy machine slows all of them; of each the fastest round's median
step counts.
"""

import argparse

from ganmend.catalog.load import load_generator
from ganmend.kernels.allocator import keep_freed_memory
from ganmend.models.precision import PRECISIONS
from ganmend.search.config import CAPACITIES
from ganmend.targets.load import load_classifier
from ganmend.workbench.step_cost import measure_step


def main() -> None:
    """Print a row a capacity."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("generator")
    parser.add_argument("--classifier", default="demo:search")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    keep_freed_memory()  # as the command line does
    gan = load_generator(options.generator).prepared(options.precision)
    classifier = load_classifier(options.classifier, random_weights="absent").in_precision(PRECISIONS[gan.precision])
    seconds: dict[str, list[float]] = {capacity: [] for capacity in CAPACITIES}
    for _ in range(options.rounds):
        for capacity, measured in seconds.items():
            cost = measure_step(gan, classifier, batch=options.batch, precision=gan.precision, capacity=capacity)
            measured.append(cost.step_seconds)
    print(f"| {options.generator}, {gan.precision}, batch {options.batch} | step | of one vector's |")
    print("| --- | --- | --- |")
    for capacity, measured in seconds.items():
        print(f"| {capacity} | {min(measured):.3f} s | {min(measured) / min(seconds['row']):.2f} |")


if __name__ == "__main__":
    main()
