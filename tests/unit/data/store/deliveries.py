"""Small prices and facts, and a store that they are imported into."""

from datetime import date
from pathlib import Path

import numpy as np

from mech_exo.data.factor_tables import Facts, StandingRows
from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import FloatArray
from mech_exo.data.store.delivery import Delivery
from mech_exo.data.store.intake import ImportReport, Terms, import_delivery
from mech_exo.data.store.replay import Stored

FIRST = np.datetime64("2024-01-01")
SESSIONS, NAMES = 60, 4


def closes(sessions: int = SESSIONS, names: int = NAMES, decimals: int = 4) -> FloatArray:
    """Random walks, rounded as files are; fewer sessions are a beginning of more."""
    steps = np.random.default_rng(3).normal(0.0, 0.02, (SESSIONS, NAMES))
    whole: FloatArray = 100.0 * np.cumprod(1.0 + steps, axis=0, dtype=np.float64)
    return np.round(whole[:sessions, :names], decimals)


def prices(close: FloatArray, start: int = 0, symbols: str = "ABCD") -> Market:
    """A market on weekdays; a row of `close` for each from the position `start` on."""
    days = np.busday_offset(FIRST, np.arange(start, start + len(close)))
    return Market(days, tuple(symbols[: close.shape[1]]), close, source="prices")


def reports(values: "dict[tuple[int, str, str], float]", field: str = "eps") -> Facts:
    """A long table: (position of the name, period's end, day of publication) -> value."""
    place, ends, public = zip(*values, strict=True)
    return Facts(
        vintages={
            field: Vintage(
                np.array(place),
                np.array(ends, "datetime64[D]"),
                np.array(public, "datetime64[D]"),
                np.array(list(values.values())),
            )
        },
        categories={field: "fundamental"},
    )


def standing(days: list[str], values: FloatArray, field: str = "score") -> Facts:
    """A wide table of the first names."""
    rows = StandingRows(np.array(days, "datetime64[D]"), np.arange(values.shape[1]), values)
    return Facts(standing={field: rows}, categories={field: "custom"})


def nothing_found(stored: Stored, read: Market) -> tuple[str, ...]:
    """A check that finds nothing."""
    return ()


def bring(
    store: Path,
    market: Market,
    *facts: Facts,
    on: str | None = None,
    accept: bool = False,
    dry_run: bool = False,
) -> ImportReport:
    """One import."""
    tables = tuple((f"table{n}.csv", one) for n, one in enumerate(facts))
    known = None if on is None else date.fromisoformat(on)
    terms = Terms(accept_restated=accept, dry_run=dry_run, known_on=known)
    return import_delivery(store, lambda _: Delivery(market, tables), terms, nothing_found)
