"""The path of one portfolio, in pandas."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import WEIGHT
from mech_exo.library.arguments import PathLike
from mech_exo.library.pages import document, figures, table
from mech_exo.library.studies import Trial

if TYPE_CHECKING:
    import pandas as pd

    from mech_exo.workflow.backtest_dates import Part
    from mech_exo.workflow.backtest_run import Backtested, BacktestRequest, WhatIf
    from mech_exo.workflow.session import Session
    from mech_exo.workflow.track_record import TrackRecord

Portfolio: TypeAlias = "Mapping[str, float] | pd.Series[float] | Trial | PathLike"
Day: TypeAlias = str | date | None


@dataclass(frozen=True, eq=False)
class Backtest:
    """What a portfolio did, after costs.

    Attributes
    ----------
    label, part
        What was run, and on which dates: "in_sample", "holdout" or "all".
    weights
        Factor -> weight.
    returns, benchmark
        Simple returns by date, one a session; the benchmark is the equal-weighted universe at the
        same invested share, lag and costs, without stops, or cash (`portfolio.benchmark`).
    universe
        The equal-weighted universe, also where the benchmark is cash.
    exposure, short_exposure
        Share invested at each close, less what is sold short; share sold short.
    holdings
        A row for each execution, a column for each symbol: share of the portfolio after trading.
    exposures
        A row for each execution: long, short, gross, net, cash, names, traded, cost, `sector_…`,
        `factor_…` (docs/guide.md).
    trades
        date, symbol, before, after (shares of the portfolio), reason: rebalance, stop, delisting.
    metrics, benchmark_metrics
        Metric -> value; NaN where undefined.
    years
        Year -> first and last session, their number, and every metric of these sessions alone,
        `benchmark_…` beside it.
    months
        Month -> return, benchmark.
    what_ifs
        Assumption -> every metric, `benchmark_…` beside it; the first row is the portfolio as it
        is. Empty if none was asked for; a row that cannot be run is NaN and says why in `failure`.
    look, looks
        Which look at these dates of the holdout this portfolio's first was, and how many portfolios
        have been seen there so far; 0: none was looked at.
    """

    label: str
    part: "Part"
    weights: "pd.Series[float]"
    returns: "pd.Series[float]"
    benchmark: "pd.Series[float]"
    universe: "pd.Series[float]"
    exposure: "pd.Series[float]"
    short_exposure: "pd.Series[float]"
    holdings: "pd.DataFrame"
    exposures: "pd.DataFrame"
    trades: "pd.DataFrame"
    metrics: "pd.Series[float]"
    benchmark_metrics: "pd.Series[float]"
    years: "pd.DataFrame"
    months: "pd.DataFrame"
    what_ifs: "pd.DataFrame"
    look: int
    looks: int

    def __repr__(self) -> str:
        first, last = self.returns.index[0].date(), self.returns.index[-1].date()
        return (
            f"Backtest({self.label}, {first} to {last}, "
            f"Sharpe ratio {self.metrics['sharpe']:z.3f} ({self.benchmark_metrics['sharpe']:z.3f}))"
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


def request_of(
    session: "Session",
    portfolio: Portfolio,
    part: "Part | None",
    dates: tuple[Day, Day],
    params: dict[str, float | None],
    what_if: str | Sequence[str],
    money: dict[str, float | None],
) -> "BacktestRequest":
    """What a caller asks for, checked.

    Parameters
    ----------
    money
        `capital` and `cost_bps`.

    Raises
    ------
    ExoError
        For an argument of another type than it states, and a text that is no date.
    """
    from mech_exo.workflow.backtest_run import BacktestRequest
    from mech_exo.workflow.run_changes import stated

    for name, value in (params | money).items():
        if value is not None and not isinstance(value, Real):
            raise ExoError(f"{name}: is {type(value).__name__}, expected a number.")
    asked: Any = (what_if,) if isinstance(what_if, str) else what_if
    if not isinstance(asked, Sequence) or not all(isinstance(one, str) for one in asked):
        raise ExoError("what_if: expected a text such as 'cost=2x,lag=+1', or a list of them.")
    label, found = params_of(portfolio, session)
    start, end = (_day(n, d) for n, d in zip(("start", "end"), dates, strict=True))
    return BacktestRequest(
        label=label,
        params=found | {name: value for name, value in params.items() if value is not None},
        part=part,
        start=start,
        end=end,
        changes=stated(**money),
        what_if=tuple(asked),
    )


def _day(name: str, given: Day) -> date | None:
    if given is None:
        return None
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    if isinstance(given, str):
        try:
            return date.fromisoformat(given)
        except ValueError as error:
            hint = "Write YYYY-MM-DD."
            raise ExoError(f"{name} is {given!r}, not a date.", hint=hint) from error
    raise ExoError(f"{name}: is {type(given).__name__}, expected a date.")


def run_backtest(session: "Session", study_file: Path, request: "BacktestRequest") -> Backtest:
    """Run one portfolio on some of the session's dates; a look at the holdout is entered."""
    from mech_exo.library.arguments import sound
    from mech_exo.workflow.backtest_run import backtested

    return _in_pandas(backtested(sound(session), study_file, request), request.part)


def _in_pandas(found: "Backtested", part: "Part | None") -> Backtest:
    import pandas as pd

    from mech_exo.workflow.track_tables import exposures_table

    track = found.track
    dates = pd.DatetimeIndex(track.dates, name="date")
    parts: dict[str, Part] = {"in sample": "in_sample", "holdout": "holdout"}

    def series(values: Any, name: str) -> "pd.Series[float]":
        return pd.Series(values.copy(), dates, name=name)

    return Backtest(
        label=track.label,
        part=part or parts.get(track.seen, "all"),
        weights=pd.Series(track.weights, name="weight", dtype=float),
        returns=series(track.returns, "return"),
        benchmark=series(track.benchmark, "benchmark"),
        universe=series(track.universe, "universe"),
        exposure=series(track.exposure, "exposure"),
        short_exposure=series(track.short_exposure, "short_exposure"),
        holdings=pd.DataFrame(
            track.holdings.copy(),
            pd.DatetimeIndex(track.executed_dates, name="date"),
            pd.Index(track.symbols, name="symbol"),
        ),
        exposures=pd.DataFrame(exposures_table(track, None)).set_index("date"),
        trades=_trades(track),
        metrics=pd.Series(track.metrics, name=track.label),
        benchmark_metrics=pd.Series(track.benchmark_metrics, name=track.benchmark_name),
        years=_years(track),
        months=pd.DataFrame(
            {"return": track.months.returns, "benchmark": track.months.benchmark},
            pd.PeriodIndex(track.months.month.astype("datetime64[D]"), freq="M", name="month"),
        ),
        what_ifs=_what_ifs(found.what_ifs),
        look=found.look,
        looks=found.looks,
    )


def _years(track: "TrackRecord") -> "pd.DataFrame":
    import pandas as pd

    rows = [
        {"first": y.first, "last": y.last, "sessions": y.sessions}
        | _beside(y.metrics, y.benchmark_metrics)
        for y in track.years
    ]
    return pd.DataFrame(rows, pd.Index([y.year for y in track.years], name="year"))


def _what_ifs(what_ifs: "tuple[WhatIf, ...]") -> "pd.DataFrame":
    import pandas as pd

    rows = [
        {"failure": w.failure}
        | ({} if w.track is None else _beside(w.track.metrics, w.track.benchmark_metrics))
        for w in what_ifs
    ]
    return pd.DataFrame(rows, pd.Index([w.name for w in what_ifs], name="assumption"))


def _beside(metrics: Mapping[str, float], benchmark: Mapping[str, float]) -> dict[str, Any]:
    return {**metrics, **{f"benchmark_{name}": value for name, value in benchmark.items()}}


def _trades(track: "TrackRecord") -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    trades = track.trades
    return pd.DataFrame(
        {
            "date": pd.DatetimeIndex(track.panel.dates[trades.date]),
            "symbol": np.array(track.symbols, dtype=object)[trades.name],
            "before": trades.before,
            "after": trades.after,
            "reason": list(trades.reason),
        }
    )
