"""One market with two histories of returns: kernels that take either, segment by segment.

A placebo of the verdict differs from the real data in the returns of some segments alone. What the
prices decide is prepared once for each history; a kernel only chooses.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.benchmark import Universe, gather_universe
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.growth import Growth, gross_returns, grow, never_zero
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.score_table import Scores
from mech_exo.backtest.selection import Selector
from mech_exo.data.panel import BoolArray, FloatArray, IntArray, Panel

KEPT = 32  # candidates; a search begins with some fifteen that are drawn evenly or given


class RecallingSelector(Selector):
    """A Selector that knows again the first `KEPT` candidates that it has chosen for.

    What is chosen does not depend on the returns, and searches on other returns begin with the same
    candidates: those that are drawn before anything is known.
    """

    def __init__(self, scores: Scores) -> None:
        super().__init__(scores)
        self._known: dict[tuple[bytes, int, int, int], tuple[IntArray, IntArray]] = {}

    def choose(
        self, candidate: Candidate, start: int, stop: int, chosen: BoolArray, ranks: IntArray
    ) -> None:
        """As the Selector."""
        key = (candidate.weights.tobytes(), candidate.positions, start, stop)
        if key in self._known:
            chosen[:] = False
            cells, ranks[:] = self._known[key]
            np.put(chosen, cells, True)
            return
        super().choose(candidate, start, stop, chosen, ranks)
        if len(self._known) < KEPT:
            self._known[key] = np.flatnonzero(chosen), ranks.copy()


class TwoWorlds:
    """Kernels that differ in their returns, with the bits of kernels made anew.

    They share their buffers: one runs at a time.

    Parameters
    ----------
    kernel
        Of the one history.
    panel
        From which `kernel` was made: it has the returns of the one history.
    others
        [T, N] returns of the other, known where the panel's are, and none below −1.
    """

    def __init__(self, kernel: Kernel, panel: Panel, others: FloatArray) -> None:
        schedule, rules = kernel.schedule, panel.frequency.rules(kernel.rules)
        self._kernel = kernel
        self._selector = RecallingSelector(kernel.scores)
        self._other = grow(others, schedule, rules)
        self._universe = gather_universe(self._other, schedule, kernel.scores.tradable, rules.cost)
        self._both = _joined(kernel.growth, self._other)
        gross = [never_zero(gross_returns(r)) for r in (panel.returns, others)]
        self._rows: tuple[list[FloatArray], ...] = tuple(list(g) for g in gross)

    def kernel(self, other: BoolArray) -> Kernel:
        """The kernel whose segments [G] take the other history where `other`; else the one."""
        if not other.any():
            return self._kernel
        one, two, both = self._kernel.growth, self._other, self._both
        in_row = other[:, None]
        growth = replace(
            both,
            row=np.where(other, both.row + _shift(one)[one.block], both.row),
            index=self._index(other),
            low=np.where(in_row, two.low, one.low),
            boundary=np.where(in_row, two.boundary, one.boundary),
            end=np.where(in_row, two.end, one.end),
        )
        return self._kernel.on(growth, self._chosen_universe(other), self._selector)

    def _index(self, other: BoolArray) -> FloatArray:
        """[G, N] price index at the executions: the returns multiplied in their order."""
        executed = self._kernel.schedule.executed.tolist()
        one, two = self._rows
        index = np.empty((len(executed), len(one[0])))
        level = np.ones(len(one[0]))
        start = 0
        for g, stop in enumerate(executed):
            # the sessions up to execution g are those of the segment before it
            for row in (two if g and other[g - 1] else one)[start : stop + 1]:
                np.multiply(level, row, out=level)
            index[g] = level
            start = stop + 1
        return index

    def _chosen_universe(self, other: BoolArray) -> Universe:
        one, two = self._kernel.universe, self._universe
        before = np.append(False, other[:-1])  # what is kept has grown in the segment before
        of_key = np.repeat(before, np.diff(one.key_start))
        kept = np.where(of_key, two.kept, one.kept)
        aside, aside_before = other[one.aside_segment], before[one.aside_segment]
        days = self._kernel.schedule.day_segment(0, len(other))
        return replace(
            one,
            daily=np.where(other[days], two.daily, one.daily),
            last=np.where(other, two.last, one.last),
            alive=np.where(other, two.alive, one.alive),
            key=np.where(of_key, two.key, one.key),
            key_scale=np.where(before, two.key_scale, one.key_scale),
            kept=kept,
            key_sum=np.append(0.0, np.cumsum(kept)),
            aside_before=np.where(aside_before, two.aside_before, one.aside_before),
            aside_last=np.where(aside, two.aside_last, one.aside_last),
            aside_alive=np.where(aside, two.aside_alive, one.aside_alive),
            aside_daily=np.where(aside[:, None], two.aside_daily, one.aside_daily),
        )


def _shift(growth: Growth) -> IntArray:
    """[B] rows of each block of one history: where the other's begin in the joined blocks."""
    cells = np.diff(growth.block_start, append=len(growth.path))
    return cells // growth.block_width


def _joined(one: Growth, two: Growth) -> Growth:
    """Both histories in one: each block holds the one's rows and then the other's."""

    def woven(a: NDArray[np.float64], b: NDArray[np.float64]) -> FloatArray:
        if not len(a):
            return a
        cuts = one.block_start[1:]
        pairs = zip(np.split(a, cuts), np.split(b, cuts), strict=True)
        return np.concatenate([part for pair in pairs for part in pair])

    return replace(
        one,
        path=woven(one.path, two.path),
        trigger=woven(one.trigger, two.trigger),
        block_start=2 * one.block_start,
    )
