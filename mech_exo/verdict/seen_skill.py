"""What a backtest shows of skill, period by period, and how that lies on another one's blocks."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray, IntArray
from mech_exo.tuning.seen_periods import SeenPeriods
from mech_exo.verdict.active import skill_return
from mech_exo.verdict.conviction import conviction
from mech_exo.verdict.evidence import Evidence
from mech_exo.verdict.ranking import HoldingPeriod, information_coefficients
from mech_exo.verdict.stretch import Outcomes

if TYPE_CHECKING:
    from mech_exo.backtest.candidate import Candidate
    from mech_exo.backtest.kernel import Kernel
    from mech_exo.backtest.result import BacktestResult

SEEN = 0.5  # share of a block's days from which on a look counts as having seen it


def seen_periods(
    kernel: "Kernel",
    candidate: "Candidate",
    result: "BacktestResult",
    outcomes: Outcomes,
    start: int = 0,
) -> SeenPeriods:
    """Information coefficient and hedged active return of each holding period.

    Parameters
    ----------
    result
        The candidate's path in that kernel.
    outcomes
        Of the kernel's dates from `start` on.
    start
        Position of the first date that is shown; periods that begin before it are left out.
    """
    schedule = kernel.schedule
    first = schedule.executed + 1
    first = first[first < len(schedule.dates)]
    last = np.append(first[1:], len(schedule.dates))[: len(first)]
    shown = first >= start
    scores = conviction(kernel, candidate)[: len(first)][shown]
    first, last = first[shown], last[shown]
    if not len(first):
        none = schedule.dates[:0]
        return SeenPeriods.of(none, none, np.zeros(0), np.zeros(0))
    holding = HoldingPeriod(first - start, last - start, np.arange(len(first)))
    coefficients = information_coefficients(scores, outcomes.over(holding))
    days = slice(int(first[0]) - result.first, None)
    skill = skill_return(result.returns[days], result.benchmark_returns[days])
    sums = np.add.reduceat(skill, first - first[0])
    dates = schedule.dates
    return SeenPeriods.of(dates[first], dates[last - 1], coefficients, sums)


@dataclass(frozen=True, eq=False)
class BlockSkill:
    """What a portfolio showed, block by block.

    Attributes
    ----------
    evidence
        Of B blocks.
    first, last
        [B] first and last day of each block, since 1970-01-01.
    """

    evidence: Evidence
    first: IntArray
    last: IntArray

    @classmethod
    def of(cls, evidence: Evidence, holding: HoldingPeriod, dates: DateArray) -> "BlockSkill":
        """Of one run's evidence, with its holding periods on `dates` [T]."""
        days = dates.astype("datetime64[D]").astype(np.int64)
        block = np.arange(holding.blocks)
        opens = np.searchsorted(holding.block, block)
        closes = np.searchsorted(holding.block, block, side="right") - 1
        return cls(evidence, days[holding.first[opens]], days[holding.last[closes] - 1])

    def seen_instead(self, seen: SeenPeriods) -> "BlockSkill":
        """What a look showed on these blocks; this portfolio's own where it showed nothing.

        A block counts as seen from half of its days on. What is partly in a block counts by days.
        """
        cells, own = seen.cells, self.evidence
        begins = np.maximum(self.first[:, None], cells["first"])
        ends = np.minimum(self.last[:, None], cells["last"])
        days = np.maximum(ends - begins + 1, 0).astype(np.float64)  # [B, M] shared
        lengths = self.last - self.first + 1
        ranked = np.isfinite(cells["coefficient"])
        coefficients = self._seen(days * ranked, np.where(ranked, cells["coefficient"], 0.0))
        rates = self._seen(days, cells["skill"] / (cells["last"] - cells["first"] + 1))
        shown = replace(
            own,
            coefficients=np.where(
                np.isfinite(coefficients) & np.isfinite(own.coefficients),
                coefficients,
                own.coefficients,
            ),
            skill_sums=np.where(np.isfinite(rates), rates * lengths, own.skill_sums),
        )
        return BlockSkill(shown, self.first, self.last)

    def _seen(self, days: FloatArray, values: FloatArray) -> FloatArray:
        """[B] mean of values [M] by the days [B, M] in each block; NaN with less than `SEEN`."""
        shared = days.sum(axis=1)
        enough = shared >= SEEN * (self.last - self.first + 1)
        return np.where(enough, days @ values / np.where(enough, shared, 1.0), np.nan)
