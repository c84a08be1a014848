"""Say by a folder of photographs which class is wanted. Samples of the generator stand in for photographs here.

python examples/own_photographs.py [STEPS] [OUT] [FOLDER]
"""

import sys
from dataclasses import replace
from pathlib import Path

from torchvision.transforms.functional import to_pil_image

import ganmend

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 120
out = Path(sys.argv[2] if len(sys.argv) > 2 else "my_boat")
folder = Path(sys.argv[3] if len(sys.argv) > 3 else f"{out}_photographs")

gan = ganmend.load_generator("demo")
if not folder.exists():  # FOLDER: your own photographs
    folder.mkdir(parents=True)
    for number, image in enumerate(ganmend.sample(gan, "ship", 60, seed=5)):
        to_pil_image((image + 1) / 2).save(folder / f"{number:02}.png")

settings = replace(ganmend.PRESETS["default"], steps=steps)
bench = ganmend.Workbench(gan, images=ganmend.FolderTarget({"my boat": str(folder)}))
bench.prepare()
for note in bench.notes:  # how well the photographs are told from other pictures
    print(note)
result = bench.mend("repurpose", "my boat", config=settings, seed=0, samples=200)
print(result.verdict.outcome)
for harm in result.harm:  # expected here: the generator has ships already, so there is nothing to win
    print("no success:", harm)
print("written to", result.save(out, overwrite=True))
