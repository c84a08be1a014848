"""What a user gave, refused in one line where it is of another type or out of range."""

import math

from ganmend.errors import OptionError


def check_whole(name: str, value: object, least: int | None = None) -> None:
    """Refuse what is no whole number, or too small a one.

    Args:
        name: of the option, for the message.
        value: that was given.
        least: the smallest that is accepted; None accepts all.

    Raises:
        OptionError: so.
    """
    if type(value) is not int:
        raise OptionError(f"{name} is {value!r:.80}; expected a whole number")
    if least is not None and value < least:
        raise OptionError(f"{name} is {value}; expected at least {least}")


def check_number(name: str, value: object, *, least: float = -math.inf, above: float = -math.inf) -> None:
    """Refuse what is no finite number, or too small a one.

    Args:
        name: of the option, for the message.
        value: that was given.
        least: the smallest that is accepted.
        above: only larger ones are accepted.

    Raises:
        OptionError: so.
    """
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise OptionError(f"{name} is {value!r:.80}; expected a number")
    if value < least:  # type: ignore[operator]
        raise OptionError(f"{name} is {value}; expected at least {least:g}")
    if value <= above:  # type: ignore[operator]
        raise OptionError(f"{name} is {value}; expected a number above {above:g}")


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
