"""Does a score rank stocks? The information coefficient of each holding period.

The active return of the n names that a portfolio holds is a noisy measure of its weights: it uses
a tenth of the cross-section. The information coefficient uses all of it, each name's return
hedged for the market and scaled by its own risk, and needs a fraction of the years to tell skill
from luck.

References
----------
.. [1] Grinold, Kahn (2000), Active portfolio management, chapters 6 and 10: IR = IC·√breadth.
"""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.frequency import Frequency
from mech_exo.data.panel import BoolArray, FloatArray, IntArray, Panel
from mech_exo.system.memory import row_slices
from mech_exo.system.running import running

MINIMUM_HISTORY = 60  # days of a name below which its own beta and risk are not estimated,
FEWEST_RETURNS = 24  # and returns, where a market has fewer in that time
MINIMUM_NAMES = 5  # in a cross-section
BLOCK_DAYS = 21  # holding periods shorter than this are judged together


@dataclass(frozen=True)
class HoldingPeriod:
    """Holding periods of a panel's decisions, and the blocks into which they are joined.

    Attributes
    ----------
    first, last
        [M] the return rows of period m are first[m] … last[m] − 1: from the day after the trade
        to the day of the next trade. The last period ends with the panel.
    block
        [M] number of the block of at least `BLOCK_DAYS` that period m is part of; a last, shorter
        one joins the block before it.
    """

    first: IntArray
    last: IntArray
    block: IntArray

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return int(self.block[-1]) + 1 if len(self.block) else 0


def holding_periods(panel: Panel, execution_lag: int) -> HoldingPeriod:
    """The holding periods of a panel; decisions that cannot be traded in it have none."""
    sessions = len(panel.dates)
    first = panel.rebalance + execution_lag + 1
    first = first[first < sessions]
    last = np.append(first[1:], sessions)[: len(first)]
    block = np.zeros(len(first), dtype=np.int64)
    lasts = panel.frequency.sessions(BLOCK_DAYS)
    opened, number = 0, 0
    for m in range(len(first)):
        if first[m] - first[opened] >= lasts:
            opened, number = m, number + 1
        block[m] = number
    if number and sessions - first[opened] < lasts:
        block[block == number] = number - 1
    return HoldingPeriod(first, last, block)


def fewest_returns(frequency: Frequency) -> int:
    """Returns of a name below which its own beta and risk are not estimated."""
    return frequency.sessions(MINIMUM_HISTORY, FEWEST_RETURNS)


def market_model(
    returns: FloatArray, counted: BoolArray | None = None, fewest: int = MINIMUM_HISTORY
) -> tuple[FloatArray, FloatArray]:
    """Each name's share of the market, and what is left of its return.

    Parameters
    ----------
    returns
        [T, N] simple returns, NaN where there is none.
    counted
        [T, N] the names whose mean is the market (`Panel.choice`); None: all.
    fewest
        As `fewest_returns` has it.

    Returns
    -------
    common, residual
        [T, N] β_i·m_t and r_it − β_i·m_t, with m the mean over the names that count that day and
        β_i the slope over the name's own returns (1 with fewer than `fewest`). The residual is NaN
        where the return is.
    """
    market = market_return(returns, counted)
    common = market[:, None] * market_betas(market, returns, fewest)
    return common, returns - common


def panel_model(panel: Panel) -> tuple[FloatArray, FloatArray]:
    """The market model of a panel, [T, N] each: what `market_model` returns."""
    return market_model(panel.returns, panel.choice, fewest_returns(panel.frequency))


def market_return(returns: FloatArray, counted: BoolArray | None = None) -> FloatArray:
    """[T] mean over the names that count that day and have a return; 0 without any.

    Parameters
    ----------
    returns, counted
        As `market_model` has them.
    """
    market = np.empty(len(returns))
    for days in row_slices(returns):
        known = np.isfinite(returns[days])
        within = known if counted is None else known & counted[days]
        total = np.where(within, returns[days], 0.0).sum(axis=1)
        market[days] = total / np.maximum(within.sum(axis=1), 1)
    return market


def market_betas(market: FloatArray, returns: FloatArray, fewest: int) -> FloatArray:
    """[N] slope of each name's returns [T, N] on the market [T], over its own dates.

    1 for a name with fewer than `fewest` returns, or where the market did not move.
    """
    days, seen_sum, squares, sums, products = (np.zeros(returns.shape[1]) for _ in range(5))
    for rows in row_slices(returns):
        known = np.isfinite(returns[rows])
        filled = np.where(known, returns[rows], 0.0)
        seen = known * market[rows, None]
        days += known.sum(axis=0)
        seen_sum += seen.sum(axis=0)
        squares += (seen * seen).sum(axis=0)
        sums += filled.sum(axis=0)
        products += market[rows] @ filled
    centre = seen_sum / np.maximum(days, 1)
    covariance, variance = products - centre * sums, squares - days * centre**2
    estimated = (days >= fewest) & (variance > 1e-18)
    return np.where(estimated, covariance / np.where(estimated, variance, 1.0), 1.0)


def own_risk(residual: FloatArray, fewest: int = MINIMUM_HISTORY) -> FloatArray:
    """[N] deviation of each name's residual around 0; NaN with fewer than `fewest` of them."""
    known = np.isfinite(residual)
    return risk_of((np.where(known, residual, 0.0) ** 2).sum(axis=0), known.sum(axis=0), fewest)


def risk_of(squares: FloatArray, days: FloatArray | IntArray, fewest: int) -> FloatArray:
    """As `own_risk`, of the sums of squared residuals [N] over so many days [N]."""
    risk = np.sqrt(squares / np.maximum(days, 1))
    return np.where((days >= fewest) & (risk > 1e-12), risk, np.nan)


def period_outcomes(residual: FloatArray, risk: FloatArray, holding: HoldingPeriod) -> FloatArray:
    """[M, N] sum of a name's residuals [T, N] over each holding period, over its risk [N].

    NaN for a name without a return in the period or without a known risk.
    """
    known = np.isfinite(residual)
    sums = np.zeros((len(residual) + 1, residual.shape[1]))
    running(np.add, np.where(known, residual, 0.0), out=sums[1:])
    counts = np.zeros(sums.shape, dtype=np.int32)
    running(np.add, known.astype(np.int32), out=counts[1:])
    traded = counts[holding.last] > counts[holding.first]
    outcome = (sums[holding.last] - sums[holding.first]) / risk
    return np.where(traded, outcome, np.nan)


def outcome_order(outcomes: FloatArray) -> IntArray:
    """[M, N] names by ascending outcome [M, N], equal ones in their own order, NaN last."""
    return np.argsort(np.where(np.isfinite(outcomes), outcomes, np.inf), axis=1, kind="stable")


def information_coefficients(
    scores: FloatArray, outcomes: FloatArray, order: IntArray | None = None
) -> FloatArray:
    """[M] correlation, across names, of the scores with the ranks of the outcomes.

    Ranks keep one name's jump from deciding a period. NaN where fewer than `MINIMUM_NAMES` names
    have both, or all scores are equal.

    Parameters
    ----------
    scores, outcomes
        [M, N], NaN where unknown.
    order
        The `outcome_order`, where it is known: it takes the most time.
    """
    order = outcome_order(outcomes) if order is None else order
    both = np.isfinite(scores) & np.isfinite(outcomes)
    count = both.sum(axis=1)
    # among the names that have both: names that lack a score take no place
    places = np.cumsum(np.take_along_axis(both, order, axis=1), axis=1, dtype=np.float64) - 1.0
    ranks = np.empty(outcomes.shape)
    np.put_along_axis(ranks, order, places, axis=1)
    x = np.where(both, scores, 0.0)
    y = np.where(both, ranks, 0.0)
    size = np.maximum(count, 1)[:, None]
    x = np.where(both, x - x.sum(axis=1, keepdims=True) / size, 0.0)
    y = np.where(both, y - y.sum(axis=1, keepdims=True) / size, 0.0)
    scale = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    valid = (count >= MINIMUM_NAMES) & (scale > 1e-12)
    correlation = (x * y).sum(axis=1) / np.where(valid, scale, 1.0)
    return np.where(valid, correlation, np.nan)


def block_means(values: FloatArray, block: IntArray) -> FloatArray:
    """[blocks] mean of the values [M] of each block, NaN left out; NaN where none is left."""
    known = np.isfinite(values)
    blocks = int(block[-1]) + 1 if len(block) else 0
    count = np.bincount(block, weights=known, minlength=blocks)
    total = np.bincount(block, weights=np.where(known, values, 0.0), minlength=blocks)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
