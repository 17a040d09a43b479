"""The track record of one portfolio: what it did on some dates, and what it held for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mech_exo.backtest.calendar_years import (
    CalendarYear,
    Months,
    calendar_months,
    calendar_years,
)
from mech_exo.backtest.comparison import passive_metrics, universe_metrics
from mech_exo.backtest.trades import Trades, trades_of
from mech_exo.data.market import read_only
from mech_exo.data.panel import DateArray, FloatArray, IntArray, Panel
from mech_exo.data.prices import last_known

if TYPE_CHECKING:
    from mech_exo.backtest.candidate import Candidate
    from mech_exo.backtest.result import BacktestResult
    from mech_exo.config.settings import BacktestSettings
    from mech_exo.data.market import Market
    from mech_exo.factor_file.document import Parameter
    from mech_exo.objective.evaluate import Evaluator

Seen = Literal["in sample", "holdout", "in sample and holdout"]


@dataclass(frozen=True, eq=False)
class TrackRecord:
    """What a portfolio did on a stretch of dates, after costs; it begins there with cash.

    All figures are those of one `BacktestResult`; tables are made when they are asked for.

    Attributes
    ----------
    label
        "trial 42", "config/factors.yml".
    params
        The parameters that were run.
    candidate
        What they mean.
    rules
        Rules by which its scores become a portfolio, as a factor file has them; {}: the usual.
    factor_names
        [K] in the order of the candidate's weights.
    panel
        The stretch of dates, with the scores as built; first and last of it are what was asked for.
    executed
        [M'] positions of the executions in the panel's dates.
    result
        The path and its metrics.
    universe
        [T'] returns of the equal-weighted universe at the same invested share, lag and costs, also
        where the benchmark is cash.
    trading
        Costs and timing of the run.
    holdout_from
        First date that no trial saw; None without a holdout.
    """

    label: str
    params: "Mapping[str, Parameter]"
    candidate: "Candidate"
    rules: Mapping[str, Any]
    factor_names: tuple[str, ...]
    panel: Panel
    executed: IntArray
    result: "BacktestResult"
    universe: FloatArray
    trading: "BacktestSettings"
    holdout_from: np.datetime64 | None
    _scores: FloatArray = field(repr=False)
    _market: "Market" = field(repr=False)

    @property
    def dates(self) -> DateArray:
        """[T'] from the first execution on."""
        return self.result.dates

    @property
    def returns(self) -> FloatArray:
        """[T'] simple returns after costs, one a session."""
        return self.result.returns

    @property
    def benchmark(self) -> FloatArray:
        """[T'] of what the portfolio is measured against."""
        return self.result.benchmark_returns

    @property
    def benchmark_name(self) -> str:
        """`universe` or `cash`."""
        return self.candidate.mandate.measured_against

    @property
    def seen(self) -> Seen:
        """Whether the dates are in sample, of the holdout, or both."""
        return self.part_of(self.dates[0], self.dates[-1])

    def part_of(self, first: np.datetime64, last: np.datetime64) -> Seen:
        """The same of the dates between two."""
        opens = self.holdout_from
        if opens is None or last < opens:
            return "in sample"
        return "holdout" if first >= opens else "in sample and holdout"

    @property
    def weights(self) -> dict[str, float]:
        """Factor -> weight."""
        return dict(zip(self.factor_names, self.candidate.weights.tolist(), strict=True))

    @property
    def hyperparameters(self) -> dict[str, float]:
        """Those of the run; a stop that never closes anything is infinite."""
        names = ("cash_pct", "stop_loss_pct", "position_size_pct")
        return {name: float(getattr(self.candidate, name)) for name in names}

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Metric -> value; NaN where undefined."""
        return self.result.metrics()

    @cached_property
    def benchmark_metrics(self) -> dict[str, float]:
        """The same of the benchmark, less those that compare with it."""
        return universe_metrics(self.result)

    @cached_property
    def universe_metrics(self) -> dict[str, float]:
        """The same of the universe."""
        rates = self.result.risk_free, self.result.periods_per_year
        return passive_metrics(self.universe, *rates)

    @cached_property
    def years(self) -> tuple[CalendarYear, ...]:
        """Year by year, the first and last as far as the dates go."""
        return tuple(calendar_years(self.result, self.executed - self.result.first))

    @cached_property
    def months(self) -> Months:
        """Month by month."""
        return calendar_months(self.result)

    @property
    def symbols(self) -> tuple[str, ...]:
        """[N] names."""
        return self.panel.symbols

    @property
    def executed_dates(self) -> DateArray:
        """[M'] dates at whose close the portfolio was traded."""
        return self.panel.dates[self.executed]

    @property
    def decided_dates(self) -> DateArray:
        """[M'] dates at whose close what was traded then had been decided."""
        return self.panel.dates[self.panel.rebalance[: len(self.executed)]]

    @property
    def exposure(self) -> FloatArray:
        """[T'] share invested at each close, less what is sold short."""
        return self.result.exposure

    @property
    def short_exposure(self) -> FloatArray:
        """[T'] share sold short at each close, not below 0."""
        return self.result.short_exposure

    @property
    def holdings(self) -> FloatArray:
        """[M', N] share of each name after each execution; below 0 for a short."""
        return self.result.holdings

    @cached_property
    def trades(self) -> Trades:
        """Every trade; positions are those of the panel's dates."""
        return trades_of(self.result, self.panel.returns, self.executed)

    @cached_property
    def factor_exposures(self) -> FloatArray:
        """[M', K] Σ share × score over the holdings, at the scores of the decision.

        A score is standardised over the names that could be chosen; an unknown one counts as 0.
        """
        held = self.holdings
        return read_only(np.einsum("mn,mkn->mk", held, self._scores[: len(held)]))

    @cached_property
    def traded_at(self) -> FloatArray:
        """[M'] value traded at each execution and by stops until the next, over that before."""
        return self.result.traded

    @property
    def costs(self) -> FloatArray:
        """[M'] commission and slippage of it, over the value before; impact is not in it."""
        return self.traded_at * self.trading.cost

    @cached_property
    def prices(self) -> FloatArray:
        """[T', N] last known closes, adjusted as the data are; NaN before the first."""
        stop = int(np.searchsorted(self._market.dates, self.dates[-1], side="right"))
        return last_known(self._market.close[:stop])[stop - len(self.dates) :]

    def values(self, capital: float) -> FloatArray:
        """[T'] what the portfolio is worth at each close, of `capital` before the first trade."""
        return capital * np.multiply.accumulate(1.0 + self.returns)


def track_record(
    evaluator: "Evaluator",
    panel: Panel,
    market: "Market",
    params: "Mapping[str, Parameter]",
    label: str,
    holdout_from: np.datetime64 | None,
    *,
    stops: bool = True,
) -> TrackRecord:
    """Run one portfolio on an evaluator's dates.

    It enters no look: only `backtest_run` may show figures of the holdout.

    Parameters
    ----------
    panel, market
        What the evaluator was made of.
    stops
        False: no position is closed by its stop, whatever it loses.

    Raises
    ------
    ExoError
        For parameters that are not of this space.
    """
    kernel, candidate = evaluator.kernel(params), evaluator.candidate(params)
    if not stops:
        candidate = replace(candidate, stop_loss_pct=np.inf)
    result = kernel.run(candidate, keep_holdings=True)
    universe = kernel.benchmark_returns(candidate.cash_pct)[: len(result.returns)]
    return TrackRecord(
        label=label,
        params=dict(params),
        candidate=candidate,
        rules=evaluator.space.mandates.block(params),
        factor_names=evaluator.space.factor_names,
        panel=panel,
        executed=kernel.schedule.executed[: len(result.traded)],
        result=result,
        universe=read_only(universe),
        trading=kernel.rules,
        holdout_from=holdout_from,
        _scores=kernel.scores.scores,
        _market=market,
    )
