"""One stretch of dates: candidates backtested on it, and the evidence that they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mech_exo.backtest.result import BacktestResult
from mech_exo.backtest.selection import GRID, Scores, scales
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.verdict.evidence import Evidence, gather
from mech_exo.verdict.ranking import (
    HoldingPeriod,
    fewest_returns,
    holding_periods,
    information_coefficients,
    market_model,
    own_risk,
    period_outcomes,
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
    """

    residual: FloatArray
    risk: FloatArray

    @classmethod
    def of(cls, panel: Panel) -> "Outcomes":
        """Estimated on all dates of a panel."""
        fewest = fewest_returns(panel.frequency)
        return cls.from_residual(market_model(panel.returns, panel.choice, fewest)[1], fewest)

    @classmethod
    def from_residual(cls, residual: FloatArray, fewest: int) -> "Outcomes":
        """Of the residuals [T, N] of a market model, where a name has `fewest` of them."""
        return cls(residual, own_risk(residual, fewest))

    def between(self, start: int, stop: int) -> "Outcomes":
        """Those of some dates, with the betas and risks of all."""
        return Outcomes(self.residual[start:stop], self.risk)


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
        self._outcomes = period_outcomes(outcomes.residual, outcomes.risk, self.holding)

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
        kernel = self._evaluator.kernel(params)
        weights = self._evaluator.candidate(params).weights
        scores = composite(kernel.scores, weights)[: len(self.holding.first)]
        outcomes = self._outcomes if signs is None else self._outcomes * signs[:, None]
        coefficients = information_coefficients(scores, outcomes)
        against = result.benchmark_returns
        if self._benchmark is not None:
            against = self._benchmark[result.first : result.first + len(result.returns)]
        return gather(result, against, self._dates, coefficients, self.holding, self._periods)


def composite(scores: Scores, weights: FloatArray) -> FloatArray:
    """[G, N] score by which the kernel ranks; NaN where a name is not ranked."""
    scale = scales(scores, weights)[scores.pattern]
    summed: FloatArray = np.einsum("k,gkn->gn", weights, scores.scores) * scale / -GRID
    return summed
