"""One picture of the pictures that twelve.py wrote: two rows of samples a class, seed 0.

python recipes/imagenet/sheet.py PICTURES SHEET.png
"""

import sys
from pathlib import Path

from PIL import Image
from twelve import TARGETS

from ganmend.report.grids import labelled

COLUMNS, ROW = 3, 66  # pictures side by side; height of a row of samples in each
GAP = 16


def main() -> None:
    folder, place = Path(sys.argv[1]), Path(sys.argv[2])
    found = {}
    for target in TARGETS:
        with Image.open(folder / f"{target.replace(' ', '_')}-0-default.png") as picture:
            found[target] = picture.convert("RGB").crop((0, 0, picture.width, 2 * ROW + 2))
    names = list(found)
    bands = [labelled({name: found[name] for name in names[i : i + COLUMNS]}) for i in range(0, len(names), COLUMNS)]
    sheet = Image.new("RGB", (bands[0].width, sum(band.height + GAP for band in bands) - GAP), "white")
    top = 0
    for band in bands:
        sheet.paste(band, (0, top))
        top += band.height + GAP
    sheet.save(place, optimize=True)


if __name__ == "__main__":
    main()
