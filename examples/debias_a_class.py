"""Widen the bundled generator's automobiles, which are red, and compare the colours before and after.

python examples/debias_a_class.py [STEPS] [OUT]
"""

import sys
from dataclasses import replace

from torch import Tensor

import ganmend


def share_of_red(images: Tensor) -> float:
    """The share of images (N, 3, H, W) in whose middle red is well above both other colours."""
    height, width = images.shape[2:]
    middle = images[:, :, height // 4 : -height // 4, width // 4 : -width // 4].mean((2, 3))  # (N, 3)
    red, others = middle[:, 0], middle[:, 1:].amax(1)
    return float((red - others > 0.15).float().mean())


steps = int(sys.argv[1]) if len(sys.argv) > 1 else 120
out = sys.argv[2] if len(sys.argv) > 2 else "cars"

gan = ganmend.load_generator("demo")
settings = replace(ganmend.PRESETS["default"], steps=steps)
result = ganmend.debias(gan, "automobile", config=settings, seed=0, samples=200)
for harm in result.harm:
    print("no success:", harm)

# The same latents before and after: sample i differs in nothing but the edit.
before = ganmend.sample(gan, "automobile", 100, seed=1)
after = ganmend.sample(gan, result.after, 100, seed=1)
print(f"red: {share_of_red(before):.2f} -> {share_of_red(after):.2f} of 100 automobiles")

low, high = result.verdict.changes["coverage"]
print(f"coverage of real automobiles changes by {low:.2f} to {high:.2f}")
print("written to", result.save(out, overwrite=True))
