"""How figures are written for people. Files and JSON carry exact floats instead."""

import math


def number(value: float | None, digits: int = 3) -> str:
    """A plain number; "–" where undefined."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction as a percentage; "–" where undefined."""
    return "–" if value is None or math.isnan(value) else f"{100 * value:.{digits}f} %"


def about(amount: float) -> str:
    """An amount of money to two digits, in full: 12,000,000."""
    return f"{float(f'{amount:.2g}'):,.0f}"
