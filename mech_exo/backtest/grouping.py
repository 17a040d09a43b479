"""Sums over entries that are ordered by group."""

from typing import Self

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray


class Grouping:
    """Entries in order of their group, of which some may be empty.

    Parameters
    ----------
    bounds
        [G + 1] where each group begins, and the number of entries.
    """

    def __init__(self, bounds: IntArray) -> None:
        self.start = bounds[:-1]
        self.size = bounds[1:] - self.start
        self._some = None if self.size.all() else np.flatnonzero(self.size)

    @classmethod
    def of(cls, group: IntArray, groups: int) -> Self:
        """Entries [H] of ascending groups."""
        return cls(np.searchsorted(group, np.arange(groups + 1)))

    def sum(self, values: FloatArray) -> FloatArray:
        """Sum each group's entries [H, …], in a fixed order; 0 for an empty group."""
        total: FloatArray
        if self._some is None:
            total = np.add.reduceat(values, self.start, axis=0)
            return total
        total = np.zeros((len(self.size), *values.shape[1:]))
        if len(self._some):
            total[self._some] = np.add.reduceat(values, self.start[self._some], axis=0)
        return total
