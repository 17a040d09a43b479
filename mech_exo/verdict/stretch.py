"""One stretch of dates: candidates backtested on it, and the evidence that they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mech_exo.backtest.result import BacktestResult
from mech_exo.data.panel import FloatArray, IntArray, Panel
from mech_exo.system.memory import row_slices
from mech_exo.verdict.conviction import conviction
from mech_exo.verdict.evidence import Evidence, gather
from mech_exo.verdict.hedge import Hedge
from mech_exo.verdict.ranking import (
    HoldingPeriod,
    fewest_returns,
    holding_periods,
    information_coefficients,
    market_betas,
    market_return,
    outcome_order,
    own_risk,
    panel_model,
    period_outcomes,
    risk_of,
)

if TYPE_CHECKING:
    from mech_exo.objective.evaluate import Evaluator


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What happened to each name, hedged for the market: the yardstick of the rankings.

    Attributes
    ----------
    residual
        [T, N] of the market model.
    risk
        [N] deviation of the residual.
    hedged
        The same of what the user's premia leave of the residual; None without a hedge.
    """

    residual: FloatArray
    risk: FloatArray
    hedged: "Outcomes | None" = None

    @classmethod
    def of(cls, panel: Panel, hedge: Hedge | None = None) -> "Outcomes":
        """Estimated on all dates of a panel."""
        return cls.from_residual(panel_model(panel)[1], panel, hedge)

    @classmethod
    def since(cls, panel: Panel, start: int) -> "Outcomes":
        """Estimated on all dates, of those from `start` on: in little memory."""
        returns, fewest = panel.returns, fewest_returns(panel.frequency)
        market = market_return(returns, panel.choice)
        beta = market_betas(market, returns, fewest)
        residual = np.empty((len(returns) - start, returns.shape[1]))
        squares, days = np.zeros(returns.shape[1]), np.zeros(returns.shape[1])
        for rows in row_slices(returns):
            left = returns[rows] - market[rows, None] * beta
            known = np.isfinite(left)
            squares += (np.where(known, left, 0.0) ** 2).sum(axis=0)
            days += known.sum(axis=0)
            kept = left[max(0, start - rows.start) :]
            residual[rows.stop - start - len(kept) : rows.stop - start] = kept
        return cls(residual, risk_of(squares, days, fewest))

    @classmethod
    def from_residual(
        cls, residual: FloatArray, panel: Panel, hedge: Hedge | None = None
    ) -> "Outcomes":
        """Of the residuals [T, N] of a panel's market model."""
        fewest, hedged = fewest_returns(panel.frequency), None
        if hedge is not None:
            left = hedge.left(residual, panel, fewest)
            hedged = cls(left, own_risk(left, fewest))
        return cls(residual, own_risk(residual, fewest), hedged)

    def between(self, start: int, stop: int) -> "Outcomes":
        """Those of some dates, with the betas and risks of all."""
        hedged = None if self.hedged is None else self.hedged.between(start, stop)
        return Outcomes(self.residual[start:stop], self.risk, hedged)

    def over(self, holding: HoldingPeriod) -> FloatArray:
        """[M, N] `period_outcomes` of the holding periods."""
        return period_outcomes(self.residual, self.risk, holding)


class _RankedOutcomes:
    """Outcomes [M, N] of holding periods, put in order once for all scores."""

    def __init__(self, outcomes: FloatArray) -> None:
        self._outcomes = outcomes

    @cached_property
    def _order(self) -> IntArray:
        return outcome_order(self._outcomes)

    @cached_property
    def _turned(self) -> IntArray:
        return outcome_order(-self._outcomes)

    def coefficients(self, scores: FloatArray, signs: FloatArray | None) -> FloatArray:
        """[M] `information_coefficients` of scores [M, N], the outcomes times signs [M] ±1."""
        if signs is None:
            return information_coefficients(scores, self._outcomes, self._order)
        sign = signs[:, None]
        order = np.where(sign < 0.0, self._turned, self._order)
        return information_coefficients(scores, self._outcomes * sign, order)


class Stretch:
    """Dates on which candidates are backtested.

    Parameters
    ----------
    evaluator
        Backtests on that panel.
    panel, execution_lag
        The dates, and how many sessions after a decision is traded.
    outcomes
        Of the panel's dates.
    benchmark
        [T] returns to measure against; None: the equal-weighted universe at the candidate's
        invested share and costs.
    """

    def __init__(
        self,
        evaluator: "Evaluator",
        panel: Panel,
        execution_lag: int,
        outcomes: Outcomes,
        benchmark: FloatArray | None = None,
    ) -> None:
        self._evaluator = evaluator
        self._benchmark = benchmark
        self._dates, self._periods = panel.dates, panel.periods_per_year
        self.holding: HoldingPeriod = holding_periods(panel, execution_lag)
        self._outcomes = _RankedOutcomes(outcomes.over(self.holding))
        hedged = outcomes.hedged
        self._hedged = None if hedged is None else _RankedOutcomes(hedged.over(self.holding))

    def on(self, evaluator: "Evaluator") -> "Stretch":
        """The same dates and outcomes, for candidates that are backtested on other returns."""
        stretch = Stretch.__new__(Stretch)
        vars(stretch).update(vars(self), _evaluator=evaluator)
        return stretch

    def backtest(self, params: Mapping[str, Any]) -> BacktestResult:
        """The candidate's path."""
        return self._evaluator.run(params)

    def evidence(
        self, params: Mapping[str, Any], result: BacktestResult, signs: FloatArray | None = None
    ) -> Evidence:
        """What a path and the scores behind it show.

        Parameters
        ----------
        signs
            [M] of each holding period's residuals, for a placebo whose `outcomes` are the real
            ones; None: all +1.
        """
        kernel, candidate = self._evaluator.kernel(params), self._evaluator.candidate(params)
        scores = conviction(kernel, candidate)[: len(self.holding.first)]
        coefficients = self._outcomes.coefficients(scores, signs)
        hedged = None if self._hedged is None else self._hedged.coefficients(scores, signs)
        against = result.benchmark_returns
        if self._benchmark is not None:
            against = self._benchmark[result.first : result.first + len(result.returns)]
        evidence = gather(result, against, self._dates, coefficients, self.holding, self._periods)
        return evidence if hedged is None else evidence.with_hedged(hedged, self.holding)
