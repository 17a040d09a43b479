"""How a chart writes its figures: on an axis, in a label, in a table."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ChartUnit:
    """What the numbers of an axis are.

    Attributes
    ----------
    factor, suffix
        A value is shown times `factor` with `suffix` behind it.
    digits
        Decimals of a value in a label and in the table behind the figure.
    short_digits
        Decimals in a cell of a heat map, where there is little room.
    """

    name: str
    factor: float = 1.0
    suffix: str = ""
    digits: int = 3
    short_digits: int = 1

    def text(self, value: float) -> str:
        """A value as a label or a table has it; "–" for NaN."""
        return self._written(value, self.digits) + (self.suffix if math.isfinite(value) else "")

    def short(self, value: float) -> str:
        """A value where there is little room, without its suffix."""
        return self._written(value, self.short_digits)

    def tick(self, value: float, step: float) -> str:
        """A value of an axis whose ticks are `step` apart: as many decimals as tell them apart."""
        step = abs(step) * self.factor
        digits = next((d for d in range(9) if _is_whole(step * 10.0**d)), 9)
        return self._written(value, digits) + self.suffix

    def _written(self, value: float, digits: int) -> str:
        if not math.isfinite(value):
            return "–"
        shown = round(value * self.factor, digits) + 0.0  # no negative zero
        return f"{shown:,.{digits}f}"


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) <= 1e-6 * max(value, 1e-12) and round(value) > 0


NUMBER = ChartUnit("number")
PERCENT = ChartUnit("percent", factor=100.0, suffix=" %", digits=1)
MONEY = ChartUnit("money", digits=0, short_digits=0)
COUNT = ChartUnit("count", digits=0, short_digits=0)
GROWTH = ChartUnit("growth", digits=1)
"""What became of 100."""
BASIS_POINTS = ChartUnit("basis points", factor=1e4, suffix=" bps", digits=1)
