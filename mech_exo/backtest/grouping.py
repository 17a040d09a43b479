"""Sums over entries that are ordered by group."""

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray


class Grouping:
    """Entries in order of their group, of which some may be empty.

    Parameters
    ----------
    group
        [H] group of each entry, ascending.
    groups
        Number of groups.
    """

    def __init__(self, group: IntArray, groups: int) -> None:
        self.start = np.searchsorted(group, np.arange(groups))
        self.size = np.diff(self.start, append=len(group))
        self._some = np.flatnonzero(self.size)
        self._first = self.start[self._some]

    def sum(self, values: FloatArray) -> FloatArray:
        """Sum each group's entries [H, …], in a fixed order; 0 for an empty group."""
        if len(self._some) == len(self.size) and len(values):
            total: FloatArray = np.add.reduceat(values, self._first, axis=0)
            return total
        total = np.zeros((len(self.size), *values.shape[1:]))
        if len(self._some):
            total[self._some] = np.add.reduceat(values, self._first, axis=0)
        return total
