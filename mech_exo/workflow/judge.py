"""Figures of a portfolio under a run's own rules, in and out of sample."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mech_exo.backtest.kernel import Kernel
from mech_exo.objective.exposures import append_scores, extend_panel, known
from mech_exo.objective.space import RANGES, WEIGHT, Space, parametrised
from mech_exo.workflow.result import Metrics, Portfolio

if TYPE_CHECKING:
    from mech_exo.backtest.result import BacktestResult
    from mech_exo.data.panel import Panel
    from mech_exo.workflow.session import Session

Params = Mapping[str, Any]


class Judge:
    """Backtests a trial's parameters on the in-sample part and, alone, on the holdout.

    The holdout's path begins with its own first rebalance date; nothing is carried over.
    """

    def __init__(self, session: "Session") -> None:
        self.session = session

    @cached_property
    def parts(self) -> "list[Panel]":
        """In sample and, if there is one, the holdout; with the file's own fixed factors."""
        session = self.session
        parts = [session.in_sample]
        if session.holdout is not None:
            parts.append(session.holdout)
        return [
            extend_panel(part, session.market, session.spec, session.settings) for part in parts
        ]

    @cached_property
    def space(self) -> Space:
        """The objective file's space."""
        return Space.of(self.session.spec, self.parts[0], self.session.settings)

    def panels(self, params: Params) -> "list[Panel]":
        """The parts with the file's factors as these parameters make them."""
        spec, settings = self.session.spec, self.session.settings
        arguments = {factor: factor.arguments(params) for factor in parametrised(spec)}
        return [
            append_scores(part, arguments, known(self.session.market, part), spec, settings)
            for part in self.parts
        ]

    def results(self, params: Params) -> "list[BacktestResult]":
        """One backtest for each part."""
        spec, settings = self.session.spec, self.session.settings
        found = []
        for panel in self.panels(params):
            candidate = Space.of(spec, panel, settings).candidate(params)
            found.append(Kernel(panel, settings.backtest).run(candidate))
        return found

    def meaningful(self, params: Params) -> dict[str, Any]:
        """Those of a foreign file's parameters that mean something here."""
        names = {WEIGHT + name for name in (*self.space.factor_names, *self.space.missing)}
        names |= {*RANGES, *self.space.consumed}
        return {name: value for name, value in params.items() if name in names}

    def portfolio(self, label: str, params: Params) -> Portfolio:
        """The portfolio of these parameters and its figures."""
        figures = [result.metrics() for result in self.results(params)]
        candidate = self.space.candidate(params)
        weights = dict(zip(self.space.factor_names, candidate.weights.tolist(), strict=True))
        return Portfolio(
            label=label,
            weights=weights | dict.fromkeys(self.space.missing, 0.0),
            hyperparameters={name: float(getattr(candidate, name)) for name in RANGES},
            in_sample=figures[0],
            out_of_sample=figures[1] if len(figures) > 1 else None,
        )

    def universe(self, params: Params) -> Portfolio:
        """The equal-weighted tradable universe at these parameters' invested share."""
        figures = [universe_metrics(result) for result in self.results(params)]
        cash = self.space.candidate(params).cash_pct
        return Portfolio(
            label="universe",
            weights={},
            hyperparameters={"cash_pct": cash},
            in_sample=figures[0],
            out_of_sample=figures[1] if len(figures) > 1 else None,
        )


def universe_metrics(result: "BacktestResult") -> Metrics:
    """Metrics of the universe that a result is measured against; none that compare with it."""
    from mech_exo.backtest import metrics

    path = result.benchmark_returns
    return {
        "sharpe": metrics.sharpe(path, result.risk_free),
        "sortino": metrics.sortino(path, result.risk_free),
        "calmar": metrics.calmar(path),
        "total_return": metrics.total_return(path),
        "annual_return": metrics.annual_return(path),
        "volatility": metrics.volatility(path),
        "max_drawdown": metrics.max_drawdown(path),
        "hit_rate": metrics.hit_rate(path),
    }
