"""The tables of a track record: returns, holdings, trades and exposures, as columns.

Each is an entry of `TABLES`; `exo backtest`, the library and docs/guide.md have the same ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.workflow.track_record import TrackRecord

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class TrackTable:
    """One table.

    Attributes
    ----------
    name
        As a flag of `exo backtest`: `returns` is `--returns`.
    words
        What its rows are.
    key
        Its first columns, by which a file of it is known again.
    columns
        Of a track record, and of the money at its first trade (None: shares of the portfolio only).
        Dates are datetime64[D], texts are objects, all else is float64 or int64.
    """

    name: str
    words: str
    key: tuple[str, ...]
    columns: Callable[[TrackRecord, float | None], Columns]


def returns_table(track: TrackRecord, capital: float | None) -> Columns:
    """A row a session: what was earned, and what was invested at its close."""
    opens = track.holdout_from
    inside = np.full(len(track.dates), opens is None) | (track.dates < (opens or track.dates[0]))
    return {
        "date": track.dates,
        "part": np.where(inside, "in_sample", "holdout").astype(object),
        "return": track.returns,
        "benchmark": track.benchmark,
        "universe": track.universe,
        "exposure": track.exposure,
        "short_exposure": track.short_exposure,
        **({} if capital is None else {"value": track.values(capital)}),
    }


def holdings_table(track: TrackRecord, capital: float | None) -> Columns:
    """A row for each name held after each execution."""
    row, name = np.nonzero(track.holdings)
    weight = track.holdings[row, name]
    day = track.executed[row]
    return {
        "date": track.panel.dates[day],
        "symbol": _symbols(track, name),
        "weight": weight,
        **_money(track, capital, day, name, weight),
    }


def trades_table(track: TrackRecord, capital: float | None) -> Columns:
    """A row for each trade, by rebalances, stops and delistings."""
    trades = track.trades
    return {
        "date": track.panel.dates[trades.date],
        "symbol": _symbols(track, trades.name),
        "reason": np.array(trades.reason, dtype=object),
        "before": trades.before,
        "after": trades.after,
        **_money(track, capital, trades.date, trades.name, trades.after - trades.before),
    }


def exposures_table(track: TrackRecord, capital: float | None) -> Columns:
    """A row for each execution: what the portfolio was exposed to after it."""
    held = track.holdings
    bought, sold = (np.maximum(side, 0.0).sum(axis=1) for side in (held, -held))
    sectors = track.result.sector_shares if track.result.knows_sectors else {}
    factors = zip(track.factor_names, track.factor_exposures.T, strict=True)
    return {
        "date": track.executed_dates,
        "decided": track.decided_dates,
        "long": bought,
        "short": sold,
        "gross": bought + sold,
        "net": bought - sold,
        "cash": 1.0 - (bought - sold),
        "names": np.count_nonzero(held, axis=1),
        "traded": track.traded_at,
        "cost": track.costs,
        **({} if capital is None else {"value": _value(track, capital, track.executed)}),
        **{f"sector_{name}": share for name, share in sectors.items()},
        **{f"factor_{name}": exposure.copy() for name, exposure in factors},
    }


TABLES: dict[str, TrackTable] = {
    table.name: table
    for table in (
        TrackTable(
            "returns",
            "a row a session",
            ("date", "part", "return", "benchmark"),
            returns_table,
        ),
        TrackTable(
            "holdings",
            "a row for each name held after each rebalance",
            ("date", "symbol", "weight"),
            holdings_table,
        ),
        TrackTable(
            "trades",
            "a row for each trade",
            ("date", "symbol", "reason", "before", "after"),
            trades_table,
        ),
        TrackTable(
            "exposures",
            "a row for each rebalance",
            ("date", "decided", "long", "short"),
            exposures_table,
        ),
    )
}
"""Name -> table."""


def _symbols(track: TrackRecord, name: IntArray) -> NDArray[Any]:
    return np.array(track.symbols, dtype=object)[name]


def _value(track: TrackRecord, capital: float, day: IntArray) -> FloatArray:
    """What the portfolio is worth at the close of some days, positions in the panel's dates."""
    worth: FloatArray = track.values(capital)[day - track.result.first]
    return worth


def _money(
    track: TrackRecord, capital: float | None, day: IntArray, name: IntArray, share: FloatArray
) -> Mapping[str, NDArray[Any]]:
    """Shares of the portfolio as money, price, and number of shares."""
    if capital is None:
        return {}
    value = share * _value(track, capital, day)
    price = track.prices[day - track.result.first, name]
    number = np.divide(value, price, out=np.full_like(value, np.nan), where=price > 0.0)
    return {"value": value, "price": price, "shares": number}
