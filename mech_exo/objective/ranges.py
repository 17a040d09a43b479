"""What a parameter of the space can be: a number between two limits, or one of some names."""

import numbers
from typing import Any, NamedTuple


class Limits(NamedTuple):
    """A range, whether its ends are in it, and whether it has whole numbers only."""

    low: float
    has_low: bool
    high: float
    has_high: bool
    whole: bool = False


Allowed = Limits | tuple[str, ...] | None
"""Numbers, names, or whatever there is."""


def within(value: Any, allowed: Allowed) -> bool:
    """Whether a parameter can have the value."""
    if allowed is None:
        return True
    if not isinstance(allowed, Limits):
        return value in allowed
    if allowed.whole and not isinstance(value, numbers.Integral):
        return False
    if type(value) is not float and (
        isinstance(value, bool) or not isinstance(value, numbers.Real)
    ):
        return False
    number: Any = value  # NaN is in no range
    low, has_low, high, has_high, _ = allowed
    above = number >= low if has_low else number > low
    below = number <= high if has_high else number < high
    return bool(above and below)


def in_words(allowed: Allowed) -> str:
    """What a parameter must be."""
    assert allowed is not None, "only a limited value is outside"
    if not isinstance(allowed, Limits):
        return "one of " + ", ".join(allowed)
    low, has_low, high, has_high, whole = allowed
    return (
        f"a {'whole number' if whole else 'number'} {'from' if has_low else 'above'} {low:g} "
        f"{'to' if has_high else 'to below'} {high:g}"
    )
