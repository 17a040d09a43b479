"""The sector of each name, from a file (`data.sectors`): for all dates, or by date."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.config.settings import DataSettings
from mech_exo.data.layouts.spellings import required_symbol
from mech_exo.data.market import Market
from mech_exo.data.panel import DateArray
from mech_exo.data.price_files import repeats
from mech_exo.data.sector_history import UNKNOWN, SectorHistory
from mech_exo.data.stretches import FROM, Stretches, stretches_of
from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

WHAT = "of a sector map"
SECTOR = ("sector", "industry", "group")


def with_sectors(market: Market, table: Table, data: DataSettings) -> Market:
    """The market with the sectors of a table.

    Raises
    ------
    ExoError
        As `sectors_of`, and where the table knows none of the names on any session.
    """
    del data  # names without prices are left out, whatever the settings
    sectors = sectors_of(table, market.symbols, market.dates)
    if sectors.labels == (UNKNOWN,):
        raise ExoError(
            f"{table.path}: has none of the {len(market.symbols)} names of the prices, "
            f"{market.symbols[0]} for example.",
            hint="Write the symbols as in the price file, and days that reach it.",
        )
    return replace(market, sectors=sectors)


def read_sectors(
    path: Path, symbols: tuple[str, ...], day: np.datetime64 | None = None
) -> tuple[str, ...]:
    """Sector [N] of each name, `UNKNOWN` where the file has none; other names are left out.

    Parameters
    ----------
    day
        As of which a file with dates is read; None: as of its last row.

    Raises
    ------
    ExoError
        As `sectors_of`; see `read_table` for the file itself.
    """
    table = read_table(path)
    column = table.find(*FROM)
    if day is None:
        day = np.datetime64("NaT", "D") if column is None else table.dates(column).max()
    return sectors_of(table, symbols, np.array([day], dtype="datetime64[D]")).names()


def sectors_of(table: Table, symbols: tuple[str, ...], dates: DateArray) -> SectorHistory:
    """The sectors of a table: with a column `from` as of each date, otherwise the same on all.

    A row with a day counts from that day on, until its `to` (the last day that counts) or the
    name's next row. A name is `UNKNOWN` before its first row.

    Parameters
    ----------
    dates
        [T] for which a table with days is read.

    Raises
    ------
    ExoError
        For a name twice (on one day), rows of a name that overlap, an empty cell, a missing column.
    """
    sectors = table.texts(table.require(WHAT, *SECTOR))
    if table.find(*FROM) is not None:
        return _by_date(stretches_of(table, WHAT, ends=False), sectors, symbols, dates)
    names = table.texts(required_symbol(table, WHAT))
    twice = repeats(np.unique(names, return_inverse=True)[1])
    if len(twice):
        at = int(twice[0])
        raise ExoError(
            f"{table.where(at)}: {names[at]} is there twice.",
            hint="Sectors that change have a column `from`: the first day on which a row counts.",
        )
    of = dict(zip(names.tolist(), sectors.tolist(), strict=True))
    return SectorHistory.of([of.get(symbol, UNKNOWN) for symbol in symbols])


def _by_date(
    stretches: Stretches,
    sectors: NDArray[np.str_],
    symbols: tuple[str, ...],
    dates: DateArray,
) -> SectorHistory:
    _check_overlaps(stretches)
    labels, label = np.unique(np.append(sectors, UNKNOWN), return_inverse=True)
    code = np.full((len(dates), len(symbols)), label[-1], dtype=np.int32)
    place = {symbol: n for n, symbol in enumerate(symbols)}
    begin = np.searchsorted(dates, stretches.first, side="left")
    stop = np.searchsorted(dates, stretches.last, side="right")
    order = np.lexsort((stretches.first, stretches.names))
    one, other = order[:-1], order[1:]
    same = stretches.names[one] == stretches.names[other]
    stop[one[same]] = np.minimum(stop[one], begin[other])[same]  # a row ends where the next begins
    for r in order.tolist():
        n = place.get(str(stretches.names[r]))
        if n is not None:
            code[begin[r] : stop[r], n] = label[r]
    return SectorHistory(tuple(map(str, labels)), code).at(slice(None))


def _check_overlaps(stretches: Stretches) -> None:
    """Refuse two rows of a name that begin on one day, or one that ends after the next begins."""
    order: NDArray[Any] = np.lexsort((stretches.first, stretches.names))
    one, other = order[:-1], order[1:]
    same = stretches.names[one] == stretches.names[other]
    closed = ~stretches.open[one] & (stretches.last[one] >= stretches.first[other])
    bad = np.flatnonzero(same & (closed | (stretches.first[one] == stretches.first[other])))
    if len(bad):
        at, before = int(other[bad[0]]), int(one[bad[0]])
        table = stretches.table
        raise ExoError(
            f"{table.where(at)}: {stretches.names[at]} has another sector from "
            f"{stretches.first[at]} on, and that of {table.unit} {int(table.rows[before])} goes on "
            "then.",
            hint="Each day of a name has one sector: let the earlier row end the day before.",
        )
