"""The path of one portfolio, in pandas."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import WEIGHT
from mech_exo.library.arguments import PathLike
from mech_exo.library.pages import document, figures, table
from mech_exo.library.studies import Trial

if TYPE_CHECKING:
    import pandas as pd

    from mech_exo.data.panel import Panel
    from mech_exo.workflow.session import Session

Part = Literal["in_sample", "holdout", "all"]
Portfolio: TypeAlias = "Mapping[str, float] | pd.Series[float] | Trial | PathLike"


@dataclass(frozen=True, eq=False)
class Backtest:
    """What a portfolio did, after costs.

    Attributes
    ----------
    label, part
        What was run, and on which dates.
    weights
        Factor -> weight.
    returns, benchmark
        Simple returns by date, one a session; the benchmark is the equal-weighted universe at the
        same invested share, lag and costs, without stops, or cash (`portfolio.benchmark`).
    exposure
        Share invested at each close.
    holdings
        A row for each execution, a column for each symbol: share of the portfolio after trading.
    trades
        date, symbol, before, after (shares of the portfolio), reason: rebalance, stop, delisting.
    metrics, benchmark_metrics
        Metric -> value; NaN where undefined.
    """

    label: str
    part: Part
    weights: "pd.Series[float]"
    returns: "pd.Series[float]"
    benchmark: "pd.Series[float]"
    exposure: "pd.Series[float]"
    holdings: "pd.DataFrame"
    trades: "pd.DataFrame"
    metrics: "pd.Series[float]"
    benchmark_metrics: "pd.Series[float]"

    def __repr__(self) -> str:
        first, last = self.returns.index[0].date(), self.returns.index[-1].date()
        return (
            f"Backtest({self.label}, {first} to {last}, "
            f"Sharpe ratio {self.metrics['sharpe']:.3f} ({self.benchmark_metrics['sharpe']:.3f}))"
        )

    def _repr_html_(self) -> str:
        return document(
            repr(self),
            figures(self.metrics),
            table(str(self.benchmark_metrics.name), self.benchmark_metrics),
            table("weights", self.weights),
        )


def params_of(portfolio: Portfolio, session: "Session") -> tuple[str, dict[str, Any]]:
    """What a portfolio is called, and its parameters in the session's space."""
    if isinstance(portfolio, Trial):
        return f"trial {portfolio.number}", dict(portfolio.params)
    if isinstance(portfolio, str | os.PathLike):
        from mech_exo.factor_file.read import read_factor_file

        file = read_factor_file(Path(portfolio))
        return str(portfolio), session.appraiser.space.meaningful(file.params)
    if not hasattr(portfolio, "items"):
        raise ExoError(
            f"portfolio: is {type(portfolio).__name__}, expected weights by factor, a trial, or "
            "the path of a factor file."
        )
    try:
        return "weights", {f"{WEIGHT}{name}": float(w) for name, w in portfolio.items()}
    except (TypeError, ValueError) as error:
        raise ExoError(f"portfolio: a weight is no number ({error}).") from error


def run_backtest(
    session: "Session", study_file: Path, label: str, params: Mapping[str, Any], part: Part
) -> Backtest:
    """Run one portfolio on a part of the session's dates; a look at the holdout is entered."""
    from mech_exo.backtest.comparison import universe_metrics
    from mech_exo.library.arguments import sound
    from mech_exo.objective.evaluate import Evaluator
    from mech_exo.verdict.holdout import HoldoutLedger

    panel = _part(sound(session), part)
    evaluator = Evaluator(session.spec, panel, session.settings, session.market)
    result = evaluator.run(params, keep_holdings=True)
    if part != "in_sample" and session.holdout is not None:
        ledger = HoldoutLedger(study_file, session.panel, session.split)
        ledger.enter(evaluator, params, result, f"backtest: {label}")
    return _in_pandas(label, part, panel, evaluator, params, result, universe_metrics(result))


def _part(session: "Session", part: Part) -> "Panel":
    if part == "all":
        return session.panel
    if part == "in_sample":
        return session.in_sample
    if part != "holdout":
        raise ExoError(f"part is {part!r}, must be in_sample, holdout or all.")
    if session.holdout is None:
        raise ExoError("there is no holdout (holdout.fraction is 0, or too few dates).")
    return session.holdout


def _in_pandas(
    label: str,
    part: Part,
    panel: "Panel",
    evaluator: Any,
    params: Mapping[str, Any],
    result: Any,
    universe: Mapping[str, float],
) -> Backtest:
    import pandas as pd

    executed = evaluator.kernel(params).schedule.executed
    dates = pd.DatetimeIndex(result.dates, name="date")
    candidate = evaluator.candidate(params)
    return Backtest(
        label=label,
        part=part,
        weights=pd.Series(
            candidate.weights.copy(), index=list(evaluator.space.factor_names), name="weight"
        ),
        returns=pd.Series(result.returns.copy(), dates, name="return"),
        benchmark=pd.Series(result.benchmark_returns.copy(), dates, name="benchmark"),
        exposure=pd.Series(result.exposure.copy(), dates, name="exposure"),
        holdings=pd.DataFrame(
            result.holdings.copy(),
            pd.DatetimeIndex(panel.dates[executed[: len(result.holdings)]], name="date"),
            pd.Index(panel.symbols, name="symbol"),
        ),
        trades=_trades(panel, result, executed),
        metrics=pd.Series(result.metrics(), name=label),
        benchmark_metrics=pd.Series(dict(universe), name=candidate.mandate.measured_against),
    )


def _trades(panel: "Panel", result: Any, executed: Any) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    from mech_exo.backtest.trades import trades_of

    trades = trades_of(result, panel.returns, executed)
    return pd.DataFrame(
        {
            "date": pd.DatetimeIndex(panel.dates[trades.date]),
            "symbol": np.array(panel.symbols, dtype=object)[trades.name],
            "before": trades.before,
            "after": trades.after,
            "reason": list(trades.reason),
        }
    )
