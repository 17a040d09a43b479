"""What a portfolio and its score showed over some dates, and how much of it luck would show.

Two measures of the same skill: the active return that the holdings earned, hedged for their share
of the benchmark (`active.skill_return`), and the information coefficient of the score behind them
(`ranking`). Both are 0 on average without skill. They are added block by block, each in units of
its own deviation, so that the test knows how they move together.
"""

import math
from dataclasses import asdict, dataclass, field

import numpy as np

from mech_exo.data.frequency import YEAR
from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.verdict.active import MeanTest, mean_test, skill_return
from mech_exo.verdict.ranking import HoldingPeriod, block_means


@dataclass(frozen=True, eq=False)
class Evidence:
    """Of one stretch of dates, or of several joined.

    Attributes
    ----------
    active
        [D] return over the benchmark's, one a session.
    skill
        [D] the same with the benchmark's share as it was, r − β·b.
    skill_sums
        [B] sum of `skill` over each block.
    coefficients
        [B] mean information coefficient of each block; NaN where there is none.
    periods_per_year
        Sessions a year.
    """

    active: FloatArray
    skill: FloatArray
    skill_sums: FloatArray
    coefficients: FloatArray
    periods_per_year: float = field(default=YEAR, kw_only=True)

    @property
    def ratio(self) -> float:
        """Annual mean over deviation of `skill`; NaN for a flat one."""
        return mean_test(self.skill, periods=self.periods_per_year).ratio

    @property
    def rank_t(self) -> float:
        """t-statistic of the information coefficients; NaN for fewer than two."""
        return t_statistic(self.coefficients[np.isfinite(self.coefficients)])


def gather(
    returns: FloatArray,
    benchmark: FloatArray,
    rows: IntArray,
    coefficients: FloatArray,
    holding: HoldingPeriod,
    periods_per_year: float = YEAR,
) -> Evidence:
    """The evidence of one run.

    Parameters
    ----------
    returns, benchmark
        [D] returns of the portfolio and of what it is measured against.
    rows
        [D] their positions in the panel's dates.
    coefficients
        [M] information coefficient of each holding period.
    holding
        The panel's holding periods.
    """
    held = rows >= holding.first[0]  # before the first trade both are cash
    active = (returns - benchmark)[held]
    skill = skill_return(returns[held], benchmark[held])
    period = np.searchsorted(holding.first, rows[held], side="right") - 1
    sums = np.bincount(holding.block[period], weights=skill, minlength=holding.blocks)
    return Evidence(
        active,
        skill,
        sums.astype(np.float64),
        block_means(coefficients, holding.block),
        periods_per_year=periods_per_year,
    )


def join(pieces: list[Evidence]) -> Evidence:
    """Pieces of different dates of one market as one."""
    return Evidence(
        *(
            np.concatenate([getattr(piece, name) for piece in pieces])
            for name in ("active", "skill", "skill_sums", "coefficients")
        ),
        periods_per_year=pieces[0].periods_per_year,
    )


@dataclass(frozen=True)
class SkillTest:
    """One-sided test of skill over some dates.

    Attributes
    ----------
    active, skill
        Tests of the plain active return and of the hedged one, Newey–West.
    coefficient, rank_t
        Mean information coefficient of a block, and its t-statistic.
    blocks
        B.
    t, p
        Of the two measures together: Student's t with B − 1 degrees of freedom. p is 1 with fewer
        than three blocks.
    """

    active: MeanTest
    skill: MeanTest
    coefficient: float
    rank_t: float
    blocks: int
    t: float
    p: float

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def skill_test(evidence: Evidence) -> SkillTest:
    """Test that the evidence is better than that of no skill."""
    known = evidence.coefficients[np.isfinite(evidence.coefficients)]
    summed = _standardised(evidence.skill_sums) + np.nan_to_num(
        _standardised(evidence.coefficients)
    )
    t = t_statistic(summed)
    return SkillTest(
        active=mean_test(evidence.active, periods=evidence.periods_per_year),
        skill=mean_test(evidence.skill, periods=evidence.periods_per_year),
        coefficient=float(known.mean()) if len(known) else math.nan,
        rank_t=evidence.rank_t,
        blocks=len(summed),
        t=t,
        p=student_p(t, len(summed)),
    )


def t_statistic(values: FloatArray) -> float:
    """Mean over its standard error, ddof 1; NaN for fewer than two values or flat ones."""
    if len(values) < 2:
        return math.nan
    deviation = float(values.std(ddof=1))
    return float(values.mean()) / deviation * math.sqrt(len(values)) if deviation > 0 else math.nan


def student_p(t: float, n: int) -> float:
    """P(T ≥ t) with n − 1 degrees of freedom; 1 where t is NaN or n < 3."""
    if math.isnan(t) or n < 3:
        return 1.0
    from scipy.special import stdtr

    return float(stdtr(n - 1, -t))


def years_of(evidence: Evidence) -> float:
    """Length in years, by the number of sessions."""
    return len(evidence.active) / evidence.periods_per_year


def _standardised(values: FloatArray) -> FloatArray:
    """Values over their own standard deviation, NaN left out; zeros if they are flat."""
    known = values[np.isfinite(values)]
    deviation = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    return values / deviation if deviation > 1e-15 else np.zeros_like(values)
