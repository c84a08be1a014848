"""Where the time of a search step goes, by kernel.

    python benchmarks/profile_step.py --precision bfloat16

BigGAN-128 (ch 96, random weights), AlexNet, batch 10; two steps after two that warm up.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from plain_port import random_generator
from torch.profiler import ProfilerActivity, profile

from ganmend.catalog.load import load_generator
from ganmend.kernels.allocator import keep_freed_memory
from ganmend.models.precision import PRECISIONS
from ganmend.search.config import PRESETS
from ganmend.search.loop import Progress, search
from ganmend.targets.load import load_classifier

WARM, STEPS, SHOWN = 2, 2, 14


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--resolution", type=int, choices=(128, 256), default=128)
    options = parser.parse_args()
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder:
        torch.save(random_generator(options.resolution).state_dict(), Path(folder) / "gan.pth")
        gan = load_generator(Path(folder) / "gan.pth").prepared(options.precision)
    classifier = load_classifier("torchvision:alexnet", random_weights="always").in_precision(PRECISIONS[gan.precision])
    config = replace(
        PRESETS["paper"], steps=WARM + STEPS, latents=10, trials=1, validate_every=WARM + STEPS, validation_latents=2
    )
    recorder = profile(activities=[ProfilerActivity.CPU])

    def note(progress: Progress) -> None:
        if progress.step == WARM:
            recorder.start()
        elif progress.step == WARM + STEPS:
            recorder.stop()

    search(gan, classifier, gan.class_embeddings[:1][None], torch.zeros(1, dtype=torch.long), config, on_progress=note)
    kernels = sorted(recorder.key_averages(), key=lambda kernel: -kernel.self_cpu_time_total)
    total = sum(kernel.self_cpu_time_total for kernel in kernels)
    print(f"| kernel, {gan.precision} | share | calls a step |\n| --- | --- | --- |")
    for kernel in kernels[:SHOWN]:
        print(f"| {kernel.key} | {kernel.self_cpu_time_total / total:.1%} | {kernel.count // STEPS} |")


if __name__ == "__main__":
    main()
