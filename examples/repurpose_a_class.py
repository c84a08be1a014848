"""Make the bundled generator draw trucks, which it never saw, and add them to its file as a class of their own.

python examples/repurpose_a_class.py [STEPS] [OUT]
"""

import sys
from dataclasses import replace
from pathlib import Path

import ganmend

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 120
out = Path(sys.argv[2] if len(sys.argv) > 2 else "trucks")

# One object for all that follows: generator and classifiers are loaded once.
bench = ganmend.Workbench("demo")
settings = replace(ganmend.PRESETS["default"], steps=steps)
result = bench.mend("repurpose", "truck", config=settings, seed=0, samples=200)
print(f"compared with the row of {result.generator.class_names[result.before_index]}: {result.verdict.outcome}")
for doubt in result.verdict.doubts:
    print("doubt:", doubt)
result.save(out, overwrite=True)

# The generator's file with one class more; all others draw what they drew.
bench.export("demo", [out], out.with_suffix(".safetensors"), append=True)
more = ganmend.load_generator(out.with_suffix(".safetensors"))
print(len(bench.generator.class_names), "classes became", len(more.class_names))

# Ten trucks in a row, drawn by name.
images = ganmend.sample(more, "truck", 10, seed=1)
ganmend.image_grid(images, columns=10).save(out.with_suffix(".png"))
