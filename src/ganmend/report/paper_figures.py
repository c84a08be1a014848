"""Figures of a result for a paper, as PDF by matplotlib: samples in rows under each other, and the search's curves."""

import importlib.util
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ganmend.errors import OptionError
from ganmend.report.curves import Records, series

COLUMNS = 10  # samples of a row
WIDTH = 5.5  # inches: the text of a page with one column
PANELS, HEIGHT = 3, 1.5  # of curves in a row; inches of a row
STYLE: dict[Any, Any] = {
    "font.family": "serif",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "pdf.fonttype": 42,  # which publishers ask for
}
NOTHING_OF_NOW = {"CreationDate": None}  # so that the same result gives the same file


def check_matplotlib() -> None:
    """Refuse to promise figures that this installation cannot draw.

    Raises:
        OptionError: matplotlib is missing.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise OptionError("--figures needs the package matplotlib; install ganmend[figures], or leave --figures out")


def save_samples(path: Path, rows: Mapping[str, Sequence[Image.Image]]) -> None:
    """Draw samples, a row of each set under its name, without loss.

    Args:
        path: of the PDF.
        rows: pictures by the name of their set; the first COLUMNS of each are shown.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, WIDTH / COLUMNS * len(rows)))
        figure.set_layout_engine("constrained", w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
        axes = figure.subplots(len(rows), COLUMNS, squeeze=False)
        for line, (name, pictures) in zip(axes, rows.items(), strict=True):
            line[0].set_ylabel(name)
            for axis, picture in zip(line, pictures, strict=False):
                axis.imshow(picture, interpolation="none")
            for axis in line:
                axis.set(xticks=[], yticks=[], frame_on=False)
        figure.savefig(path, format="pdf", metadata=NOTHING_OF_NOW)


def save_curves(path: Path, history: Records) -> None:
    """Draw what the search went through, a panel a quantity and a line a trial.

    Args:
        path: of the PDF.
        history: one record a validation and trial.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    drawn = series(history)
    across, down = min(PANELS, len(drawn)), math.ceil(len(drawn) / PANELS)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH / PANELS * across, HEIGHT * down), layout="constrained")
        axes = figure.subplots(down, across, squeeze=False).flatten()
        for axis in axes[len(drawn) :]:
            axis.remove()
        for axis, (quantity, lines) in zip(axes, drawn.items(), strict=False):
            for steps, values in lines.values():
                axis.plot(steps, values, linewidth=1)
            axis.set(title=quantity.replace("_", " "), xlabel="step")
        figure.savefig(path, format="pdf", metadata=NOTHING_OF_NOW)
