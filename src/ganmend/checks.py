"""What a user gave, refused in one line where it is of another type or out of range."""

import math

from ganmend.errors import OptionError

LARGEST_SEED = 2**63 - 1  # what PyTorch's random numbers and files of 64-bit integers both hold
MOST = 10**9  # of anything that is counted: more is a slip of the keyboard


def check_whole(name: str, value: object, least: int | None = None, most: int = MOST) -> None:
    """Refuse what is no whole number, or out of range.

    Args:
        name: of the option, for the message.
        value: that was given.
        least: the smallest that is accepted; None accepts down to -`most`.
        most: the largest that is accepted.

    Raises:
        OptionError: so.
    """
    if type(value) is not int:
        raise OptionError(f"{name} is {value!r:.80}; expected a whole number")
    if value < (-most if least is None else least):
        raise OptionError(f"{name} is {_short(value)}; expected at least {-most if least is None else least}")
    if value > most:
        raise OptionError(f"{name} is {_short(value)}; expected at most {most}")


def check_seed(value: object, name: str = "seed") -> None:
    """Refuse what is no whole number of 64 bits, with its sign.

    Args:
        value: that was given.
        name: of the option, for the message.

    Raises:
        OptionError: so.
    """
    check_whole(name, value, -LARGEST_SEED - 1, LARGEST_SEED)


def check_number(
    name: str, value: object, *, least: float = -math.inf, above: float = -math.inf, most: float = math.inf
) -> None:
    """Refuse what is no finite number, or out of range.

    Args:
        name: of the option, for the message.
        value: that was given.
        least: the smallest that is accepted.
        above: only larger ones are accepted.
        most: the largest that is accepted.

    Raises:
        OptionError: so.
    """
    if type(value) is int and abs(value) > MOST**2:  # too long for a float, and perhaps for a line
        raise OptionError(f"{name} is {_short(value)}; expected a smaller number")
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise OptionError(f"{name} is {value!r:.80}; expected a number")
    if value < least:  # type: ignore[operator]
        raise OptionError(f"{name} is {value}; expected at least {least:g}")
    if value <= above:  # type: ignore[operator]
        raise OptionError(f"{name} is {value}; expected a number above {above:g}")
    if value > most:  # type: ignore[operator]
        raise OptionError(f"{name} is {value}; expected at most {most:g}")


def check_truncation(value: object) -> None:
    """Refuse a truncation that is neither None nor a number above 0 and at most 1.

    Args:
        value: that was given.

    Raises:
        OptionError: so.
    """
    if value is None:
        return
    check_number("truncation", value)
    if not 0 < value <= 1:  # type: ignore[operator]
        raise OptionError(f"truncation is {value}; expected a number above 0 and at most 1")


def _short(value: int) -> str:
    """A whole number for a message; Python writes none of more than 4,300 digits."""
    return str(value) if abs(value) < 10**40 else f"{'-' * (value < 0)}a number of more than 40 digits"
