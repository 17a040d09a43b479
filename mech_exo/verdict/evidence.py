"""What a portfolio and its score showed over some dates, and how much of it luck would show.

Two measures of the same skill: the active return that the holdings earned, hedged for their share
of the benchmark (`active.skill_return`), and the information coefficient of the score behind them
(`ranking`). Both are 0 on average without skill. The second uses all names, not the few that are
held, and so needs a fraction of the years: it decides, and the first must agree in sign
(`decision`). Where the scores cannot be ranked, the first decides alone.

References
----------
.. [1] Newey, West (1987), A simple, positive semi-definite, heteroskedasticity and
   autocorrelation consistent covariance matrix.
"""

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

import numpy as np

from mech_exo.data.frequency import YEAR
from mech_exo.data.panel import BoolArray, DateArray, FloatArray
from mech_exo.verdict.active import (
    MeanTest,
    mean_error,
    mean_test,
    newey_west_lags,
    skill_return,
)
from mech_exo.verdict.ranking import HoldingPeriod, block_means

SERIES = ("active", "skill", "skill_sums", "coefficients", "days", "hedged")
"""Of an Evidence: what is one after the other when pieces are joined."""


class Path(Protocol):
    """What a backtest returned: `backtest.result.BacktestResult` is one."""

    @property
    def first(self) -> int:
        """Position in the panel's dates of its first session."""

    @property
    def returns(self) -> FloatArray:
        """[D] one a session."""


def _no_days() -> DateArray:
    return np.zeros(0, dtype="datetime64[D]")


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
    days
        [B] datetime64[D] of each block's first return; [0] where they are not known.
    hedged
        [B] as `coefficients`, of what the user's premia leave of the outcomes; [0] without a hedge.
    periods_per_year
        Sessions a year.
    """

    active: FloatArray
    skill: FloatArray
    skill_sums: FloatArray
    coefficients: FloatArray
    days: DateArray = field(default_factory=_no_days)
    hedged: FloatArray = field(default_factory=lambda: np.zeros(0))
    periods_per_year: float = field(default=YEAR, kw_only=True)

    @property
    def ranked(self) -> BoolArray:
        """[B] the blocks on which the test stands.

        Those with a coefficient; all, if fewer than half of them have one.
        """
        known: BoolArray = np.isfinite(self.coefficients)
        return known if 2 * known.sum() >= len(known) else np.ones_like(known)

    @property
    def deciding(self) -> FloatArray:
        """The series on which the test stands, of the blocks that are `ranked`.

        The information coefficients; the sums of `skill` if fewer than half of the blocks have one.
        """
        series = self.coefficients[self.ranked]
        return series if np.isfinite(series).all() else self.skill_sums

    def with_hedged(self, coefficients: FloatArray, holding: HoldingPeriod) -> "Evidence":
        """The evidence with the hedged information coefficients [M] of the holding periods."""
        return replace(self, hedged=block_means(coefficients, holding.block))

    @property
    def hedged_t(self) -> float:
        """t-statistic of the hedged coefficients; NaN for fewer than two."""
        return t_statistic(self.hedged[np.isfinite(self.hedged)])

    @property
    def ratio(self) -> float:
        """Annual mean over deviation of `skill`; NaN for a flat one."""
        return mean_test(self.skill, periods=self.periods_per_year).ratio

    @property
    def rank_t(self) -> float:
        """t-statistic of the information coefficients; NaN for fewer than two."""
        return t_statistic(self.coefficients[np.isfinite(self.coefficients)])


def gather(
    path: Path,
    benchmark: FloatArray,
    dates: DateArray,
    coefficients: FloatArray,
    holding: HoldingPeriod,
    periods_per_year: float = YEAR,
) -> Evidence:
    """The evidence of one run.

    Parameters
    ----------
    benchmark
        [D] returns of what the run is measured against, on its dates.
    dates
        [T] of the panel.
    coefficients
        [M] information coefficient of each holding period.
    holding
        The panel's holding periods.
    """
    rows = path.first + np.arange(len(path.returns))
    held = rows >= holding.first[0]  # before the first trade both are cash
    active = (path.returns - benchmark)[held]
    skill = skill_return(path.returns[held], benchmark[held])
    period = np.searchsorted(holding.first, rows[held], side="right") - 1
    sums = np.bincount(holding.block[period], weights=skill, minlength=holding.blocks)
    opening = np.searchsorted(holding.block, np.arange(holding.blocks))
    return Evidence(
        active,
        skill,
        sums.astype(np.float64),
        block_means(coefficients, holding.block),
        dates[holding.first[opening]],
        periods_per_year=periods_per_year,
    )


def join(pieces: list[Evidence]) -> Evidence:
    """Pieces of different dates of one market as one."""
    return Evidence(
        *(np.concatenate([getattr(piece, name) for piece in pieces]) for name in SERIES),
        periods_per_year=pieces[0].periods_per_year,
    )


def nothing(periods_per_year: float) -> Evidence:
    """Of no dates."""
    none = np.zeros(0)
    return Evidence(none, none, none, none, periods_per_year=periods_per_year)


@dataclass(frozen=True)
class SkillTest:
    """One-sided test of skill over some dates.

    Attributes
    ----------
    active, skill
        Tests of the plain active return and of the hedged one, Newey–West.
    coefficient, rank_t
        Mean information coefficient of a block, and its plain t-statistic.
    blocks
        B, of those that decide.
    t, p
        Of what decides (`Evidence.deciding`): `robust_t`, and Student's p with B − 1 degrees of
        freedom. p is 1 with fewer than three blocks.
    p_plain
        As p, of the plain t (`t_statistic`): a promise is measured by it.
    """

    active: MeanTest
    skill: MeanTest
    coefficient: float
    rank_t: float
    blocks: int
    t: float
    p: float
    p_plain: float

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def skill_test(evidence: Evidence) -> SkillTest:
    """Test that the evidence is better than that of no skill."""
    known = evidence.coefficients[np.isfinite(evidence.coefficients)]
    deciding = evidence.deciding
    return SkillTest(
        active=mean_test(evidence.active, periods=evidence.periods_per_year),
        skill=mean_test(evidence.skill, periods=evidence.periods_per_year),
        coefficient=float(known.mean()) if len(known) else math.nan,
        rank_t=evidence.rank_t,
        blocks=len(deciding),
        t=robust_t(deciding),
        p=robust_p(deciding),
        p_plain=plain_p(deciding),
    )


def robust_t(values: FloatArray) -> float:
    """Mean over its standard error, where neighbours may depend on each other.

    The larger of the plain error and of Newey and West's [1]_, so that blocks that happen to
    alternate do not make a mean look surer than independent ones would. NaN as `t_statistic`.
    """
    n = len(values)
    if math.isnan(t_statistic(values)):
        return math.nan
    error = max(mean_error(values, lags) for lags in (0, newey_west_lags(n)))
    return float(values.mean()) / error * math.sqrt((n - 1) / n)


def robust_p(values: FloatArray) -> float:
    """One-sided p-value of a mean above 0, by `robust_t`."""
    return student_p(robust_t(values), len(values))


def plain_p(values: FloatArray) -> float:
    """One-sided p-value of a mean above 0, by the plain t."""
    return student_p(t_statistic(values), len(values))


def autocorrelation(values: FloatArray) -> float:
    """Of neighbours, lag 1; NaN for fewer than three values or flat ones."""
    if len(values) < 3:
        return math.nan
    centred = values - values.mean()
    total = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / total if total > 0.0 else math.nan


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
