"""Repair a collapsed class of the bundled generator and look at what the independent judge says.

python examples/repair_a_class.py [STEPS] [OUT]
"""

import sys

import ganmend

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 120
out = sys.argv[2] if len(sys.argv) > 2 else "mended_frog"

gan = ganmend.load_generator("demo")
search_classifier = ganmend.load_classifier("demo:search")
judge = ganmend.load_classifier("demo:judge")

result = ganmend.repair(gan, search_classifier, "frog", seed=0, steps=steps)
verdict = result.judge(judge, n=200)
for figure in ("judge_accuracy", "diversity"):
    print(f"{figure}: {verdict['before'][figure]:.3f} -> {verdict['after'][figure]:.3f}")
print("written to", result.save(out, overwrite=True))
