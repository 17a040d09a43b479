"""A market from pandas DataFrames (`mech_exo.Project(prices=…)`), by the rules of files."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mech_exo.config.settings import DataSettings, FactorTable
from mech_exo.data.catalogue import CUSTOM_CATEGORY, DEFAULT_FACTORS
from mech_exo.data.factor_tables import Facts, facts_of, symbol_of
from mech_exo.data.files import with_facts
from mech_exo.data.market import Market
from mech_exo.data.price_files import check_live, market_of
from mech_exo.data.session_gaps import with_frequency
from mech_exo.data.sources import restrict
from mech_exo.data.tables.cells import Table, nearest
from mech_exo.data.tables.columns import Column
from mech_exo.data.universe_files import UNIVERSE_FILES, with_universe
from mech_exo.errors import ExoError

if TYPE_CHECKING:
    import pandas as pd


def frame_market(
    prices: "pd.DataFrame",
    factors: "Mapping[str, pd.DataFrame]",
    data: DataSettings,
    universe: "Mapping[str, pd.DataFrame] | None" = None,
) -> Market:
    """Prices and factor tables as one market, between `data.start` and `data.end`.

    Parameters
    ----------
    prices
        Wide (dates as the index or a column `date`, a column for each symbol) or long, as
        docs/data.md has it for files.
    factors
        Name -> wide table of that factor, or long table with `available_date`; a column of a long
        table that has the entry's name is that factor, else `factor`, `value` or its only one.
    universe
        Setting of `UNIVERSE_FILES` -> the table that its file would hold; it goes before the file.

    Raises
    ------
    ExoError
        As for files; a message names the table and the row, counted from 1.
    """
    market = market_of(table_of("prices", prices), data.prices_layout, data.keys)
    facts = ((name, _facts(name, frame, market, data)) for name, frame in factors.items())
    market = restrict(with_facts(market, facts), data)
    words = f"{len(market.symbols)} stocks, {market.dates[0]} to {market.dates[-1]}"
    market = replace(market, source=f"DataFrames: {words}")
    market = with_frequency(market, data)
    check_live(market)
    return with_universe(market, data, _universe_tables(universe or {}))


def _universe_tables(universe: "Mapping[str, pd.DataFrame]") -> dict[str, Table]:
    for name in universe:
        if name not in UNIVERSE_FILES:
            hint = nearest(name, UNIVERSE_FILES) or f"Known: {', '.join(UNIVERSE_FILES)}."
            raise ExoError(f"universe: {name!r} is no table of the universe.", hint=hint)
    return {name: table_of(f"universe[{name!r}]", frame) for name, frame in universe.items()}


def _facts(name: str, frame: "pd.DataFrame", market: Market, data: DataSettings) -> Facts:
    table = table_of(f"factors[{name!r}]", frame)
    category = DEFAULT_FACTORS.get(name, CUSTOM_CATEGORY)
    if symbol_of(table, FactorTable()) is not None:
        known = {name: category} if name in table.columns else {}
        entry = FactorTable(layout="long", factor=name, categories=known)
    else:
        entry = FactorTable(layout="wide", factor=name, categories={name: category})
    ignore = data.unknown_symbols == "ignore"
    return facts_of(table, entry, market, ignore_unknown=ignore, max_age_days=data.max_age_days)


def table_of(label: str, frame: "pd.DataFrame") -> Table:
    """A DataFrame as a table of which `label` is the name; an index that is dates is `date`.

    Raises
    ------
    ExoError
        For an empty frame, more than two levels of columns or index, a column twice.
    """
    if not hasattr(frame, "columns"):
        raise ExoError(f"{label}: is {type(frame).__name__}, not a DataFrame.")
    if not len(frame) or not len(frame.columns):
        raise ExoError(f"{label}: the DataFrame is empty.")
    if frame.columns.nlevels > 2 or frame.index.nlevels > 2:
        raise ExoError(
            f"{label}: the DataFrame has more than two levels of columns or of its index.",
            hint="Pick the level of the prices (df['Close']), or df.reset_index().",
        )
    columns: dict[str, Column] = {}
    if frame.index.nlevels == 2:
        frame = _without_levels(frame)
    if "date" not in frame.columns and _is_dates(frame.index):
        columns["date"] = _cells(frame.index)
    for name, column in frame.items():
        text = str(name).strip()
        if text in columns:
            raise ExoError(f"{label}: has the column {text!r} twice.")
        columns[text] = _cells(column)
    return Table(Path(label), columns, np.arange(1, len(frame) + 1), "row")


def _without_levels(frame: "pd.DataFrame") -> "pd.DataFrame":
    """An index of date and symbol as columns; one without a name is known by what it holds."""
    levels = [frame.index.get_level_values(i) for i in (0, 1)]
    names = [
        ("date" if level.dtype.kind == "M" else "symbol") if level.name is None else level.name
        for level in levels
    ]
    return frame.set_axis(frame.index.set_names(names)).reset_index()


def _is_dates(index: "pd.Index[Any]") -> bool:
    return index.dtype.kind == "M" or index.name is not None or index.dtype == object


def _cells(values: Any) -> Column:
    """One column as the file readers have it: numbers, datetimes, or objects."""
    if getattr(values.dtype, "tz", None) is not None:  # the local date counts
        values = getattr(values, "dt", values).tz_localize(None)
    if values.dtype.kind in "fiub" and not isinstance(values.dtype, np.dtype):
        masked: Column = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return masked
    if values.dtype.kind == "O" or not isinstance(values.dtype, np.dtype):
        plain = values.astype(object)
        unknown: Column = plain.where(plain.notna(), None).to_numpy()
        return unknown
    cells: Column = values.to_numpy(copy=True)  # the frame may change later
    return cells
