"""The names chosen on all dates in one list: a hundredth of the cells of a table [G, N]."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from mech_exo.data.panel import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False, slots=True)
class Picks:
    """Names chosen, ordered by decision.

    Attributes
    ----------
    row, name
        [P] positions of the decision and of the name.
    decisions
        G.
    """

    row: IntArray
    name: IntArray
    decisions: int

    @classmethod
    def of(cls, chosen: BoolArray) -> Self:
        """The names marked in [G, N]."""
        row, name = np.divmod(np.flatnonzero(chosen), chosen.shape[1])
        return cls(row, name, len(chosen))

    def total(self, values: FloatArray) -> FloatArray:
        """Sum [G] of values [P] over the names of each decision, in their order."""
        added: FloatArray = np.bincount(self.row, values, minlength=self.decisions).astype(
            np.float64
        )
        return added

    def count(self, among: BoolArray | None = None) -> IntArray:
        """How many names each decision has [G], of those marked [P]."""
        row = self.row if among is None else self.row[among]
        number: IntArray = np.bincount(row, minlength=self.decisions)
        return number

    def at(self, table: FloatArray) -> FloatArray:
        """The values [P] of a table [G, N]."""
        values: FloatArray = table[self.row, self.name]
        return values

    def places(self, scores: FloatArray, order: IntArray) -> IntArray:
        """Place [P] of each among the names of its decision by score [P], the best 0.

        Ties go by the place of the name in `order` [N].
        """
        symbol = np.empty(len(order), dtype=np.int64)
        symbol[order] = np.arange(len(order))
        ordered = np.lexsort((symbol[self.name], -scores, self.row))
        start = np.cumsum(self.count()) - self.count()
        place = np.empty(len(self.row), dtype=np.int64)
        place[ordered] = np.arange(len(self.row)) - start[self.row]
        return place
