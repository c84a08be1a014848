"""Whether a small generator searches two classes faster in one batch than one after another.

    python benchmarks/classes_in_a_batch.py --pairs 3

The bundled generator, one trial a class, without real images, the same steps and latents; both ways by turns, in
processor time. Both find the same edits, as far as the last line says so.
"""

import argparse
import time
from collections.abc import Sequence
from statistics import median

import torch

from ganmend.search.config import search_config
from ganmend.search.loop import search
from ganmend.workbench.workbench import Workbench

CLASSES = (3, 5)
CONFIG = search_config(steps=10, prior_weight=0.0, patience=0)


def edits_of(bench: Workbench, classes: Sequence[int]) -> tuple[list[bytes], float]:
    """The edits of one search for several classes, and the processor seconds that it took."""
    start = bench.generator.class_embeddings[list(classes)].cpu().float()[:, None]  # (classes, dim) -> (trials, 1, dim)
    began = time.process_time()
    found = search(bench.generator, bench.searching, start, torch.tensor(classes), CONFIG)
    seconds = time.process_time() - began
    return [edit.vectors.numpy().tobytes() for edit in map(found.edits.select, range(len(classes)))], seconds


def main() -> None:
    """Print the ratio of both ways' times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    bench = Workbench("demo")
    ratios, same = [], True
    for _ in range(asked.pairs):
        together, at_once = edits_of(bench, CLASSES)
        one_by_one = [edits_of(bench, [index]) for index in CLASSES]
        ratios.append(sum(seconds for _, seconds in one_by_one) / at_once)
        same = same and together == [edit for edits, _ in one_by_one for edit in edits]
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    print(f"one after another takes {median(ratios):.3f} times as long as one batch ({spread})")
    print(f"the same edits: {same}")


if __name__ == "__main__":
    main()
