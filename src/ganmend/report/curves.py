"""The course of a search as curves, one panel a quantity, for a page to draw as SVG."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

Records = Sequence[Mapping[str, float | int | None]]
Lines = dict[int, tuple[list[int], list[float]]]  # by trial: steps, and values at these

# What a validation notes, in the order of the panels, and what it is called.
QUANTITIES: Mapping[str, str] = MappingProxyType(
    {
        "objective": "objective, which the search raises",
        "target_probability": "probability of the class, by the search's classifier",
        "diversity": "diversity ratio of the samples",
        "matching": "distance to features of real images, lower is better",
        "prior": "distance to samples of healthy classes, lower is better",
        "imbalance": "distance from the wished shares, lower is better",
    }
)
ALWAYS = ("objective", "target_probability")  # the others where they are anything but 0
WIDTH, HEIGHT = 320, 170  # of a panel, in units of its SVG
LEFT, RIGHT, TOP, BOTTOM = 48, 308, 10, 140  # of its axes
TICKS = 4  # at most, on an axis
POINTS, OTHERS = 500, 20  # of a line, and lines of other trials, at most: a page stays small however long a search was
LARGEST = 1e30  # a number that is drawn


@dataclass(frozen=True)
class Panel:
    """One quantity over the steps, in units of the SVG.

    Attributes:
        title: what is drawn.
        lines: of each trial its points, such as '48.0,140.0 308.0,10.0', the kept trial's last; long lines are thinned.
        kept: where the kept state lies.
        kept_step: its step.
        kept_value: its value.
        across: label and place of each tick of the steps.
        up: likewise of the values.
    """

    title: str
    lines: tuple[str, ...]
    kept: tuple[float, float]
    kept_step: int
    kept_value: float
    across: tuple[tuple[str, float], ...]
    up: tuple[tuple[str, float], ...]


def panels(history: Records, *, keep: str = "best") -> list[Panel]:
    """What is to be drawn of a search.

    Args:
        history: one record a validation and trial: 'step', 'trial', and quantities; what is no number is left out.
        keep: which state the search kept, 'best' by the objective or 'last'.

    Returns:
        A panel for each quantity that played a part; none of a history without numbers.
    """
    known = _known(history)
    if not known:
        return []
    last = max(_number(record, "step") for record in known)
    eligible = known if keep == "best" else [record for record in known if record["step"] == last]
    kept = max(eligible, key=lambda record: _number(record, "objective"))
    return [_panel(key, lines, kept) for key, lines in series(known).items() if _is_number(kept.get(key))]


def series(history: Records) -> dict[str, Lines]:
    """The same quantities as numbers.

    Args:
        history: see `panels`.

    Returns:
        By quantity, as the history calls it, and by trial: its steps, and its values at these.
    """
    known, found = _known(history), {}
    for key in _shown(known):
        lines: Lines = {}
        for record in known:
            if _is_number(record.get(key)):
                steps, values = lines.setdefault(int(_number(record, "trial")), ([], []))
                steps.append(int(_number(record, "step")))
                values.append(_number(record, key))
        found[key] = lines
    return found


def _known(history: Records) -> Records:
    """The records that say when and of what they are, and how good that was."""
    return [record for record in history if all(_is_number(record.get(key)) for key in ("step", "trial", "objective"))]


def _shown(history: Records) -> list[str]:
    """The quantities that played a part."""
    return [
        key
        for key in QUANTITIES
        if any(_is_number(record.get(key)) and (key in ALWAYS or record[key]) for record in history)
    ]


def _panel(key: str, lines: Lines, kept: Mapping[str, float | int | None]) -> Panel:
    trial, step, value = int(_number(kept, "trial")), int(_number(kept, "step")), _number(kept, key)
    shown = [*[other for other in lines if other != trial][:OTHERS], trial]  # the kept one over the others
    every = [number for one in shown for number in lines[one][1]]
    across = ticks(0, max(max(lines[one][0]) for one in shown), whole=True)
    up = ticks(min(every), max(every))

    def place(step: float, value: float) -> tuple[float, float]:
        return _scaled(step, across, LEFT, RIGHT), _scaled(value, up, BOTTOM, TOP)  # y points down

    points = [[place(*point) for point in _thinned(list(zip(*lines[one], strict=True)))] for one in shown]
    return Panel(
        QUANTITIES[key],
        tuple(" ".join(f"{x:.1f},{y:.1f}" for x, y in line) for line in points),
        place(step, value),
        step,
        value,
        tuple((f"{tick:g}", _scaled(tick, across, LEFT, RIGHT)) for tick in across),
        tuple((f"{tick:g}", _scaled(tick, up, BOTTOM, TOP)) for tick in up),
    )


def _thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most some POINTS of a line, its first and last among them."""
    every = math.ceil(len(points) / POINTS)
    return [*points[:-1:every], points[-1]]


def ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Round numbers at equal distances, the first at or below `low` and the last at or above `high`.

    Args:
        low: the least value.
        high: the greatest one.
        whole: whether only whole numbers count.

    Returns:
        Two to TICKS + 2 of them, in steps of 1, 2 or 5 times a power of ten.
    """
    wide = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(wide / TICKS))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wide / TICKS)
    step = max(1.0, step) if whole else step
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _scaled(value: float, axis: Sequence[float], begin: float, end: float) -> float:
    """Where a value lies between two ends of an axis."""
    return round(begin + (value - axis[0]) / (axis[-1] - axis[0]) * (end - begin), 1)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < LARGEST  # which NaN is not


def _number(record: Mapping[str, float | int | None], key: str) -> float:
    value = record[key]
    assert value is not None
    return float(value)
