"""How figures are written for people. Files and JSON carry exact floats instead.

A figure that is rounded to zero has no minus (the option `z` of a format).
"""

import math
from collections.abc import Callable, Mapping

Format = Callable[[float | None], str]


def number(value: float | None, digits: int = 3) -> str:
    """A plain number; "–" where undefined."""
    return "–" if value is None or math.isnan(value) else f"{value:z.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction as a percentage; "–" where undefined."""
    return "–" if value is None or math.isnan(value) else f"{100 * value:z.{digits}f} %"


def look_words(look: int, looks: int) -> str:
    """Which look at the holdout a portfolio's first was, of how many portfolios seen there so far.

    The same wherever it is told; `looks` may be known alone (`look` 0).
    """
    if look:
        return f"look {look} of {looks} at the holdout"
    return f"portfolios seen on the holdout so far: {looks}"


def about(amount: float) -> str:
    """An amount of money to two digits, in full: 12,000,000."""
    return f"{float(f'{amount:.2g}'):,.0f}"


WRITTEN: Mapping[str, Format] = {"ratio": number, "fraction": percent}
"""Unit of a metric or a constraint -> how it is written, in every table."""
