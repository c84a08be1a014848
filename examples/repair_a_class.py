"""Repair a collapsed class of the bundled generator and look at what the independent judge says.

python examples/repair_a_class.py [STEPS] [OUT]
"""

import sys
from dataclasses import replace

import ganmend

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 120
out = sys.argv[2] if len(sys.argv) > 2 else "mended_frog"

gan = ganmend.load_generator("demo")
settings = replace(ganmend.PRESETS["default"], steps=steps)
result = ganmend.repair(gan, "frog", config=settings, seed=0, samples=200)
verdict = result.verdict
for figure in ("judge_accuracy", "diversity"):
    print(f"{figure}: {getattr(verdict.before, figure):.3f} -> {getattr(verdict.after, figure):.3f}")
print("written to", result.save(out, overwrite=True))
