"""The sector of each name, from a CSV file."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from mech_exo.data.market import Market
from mech_exo.data.price_files import repeats
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

UNKNOWN = "unknown"


def with_sectors(market: Market, path: Path | None) -> Market:
    """The market with the sectors of a file; as it is without one.

    Raises
    ------
    ExoError
        As `read_sectors`, and where the file knows none of the names.
    """
    if path is None:
        return market
    sectors = read_sectors(path, market.symbols)
    if set(sectors) == {UNKNOWN}:
        raise ExoError(
            f"{path}: has none of the {len(market.symbols)} names of the prices, "
            f"{market.symbols[0]} for example.",
            hint="Write the symbols as in the price file.",
        )
    return replace(market, sectors=sectors)


def read_sectors(path: Path, symbols: tuple[str, ...]) -> tuple[str, ...]:
    """Sector [N] of each name, `UNKNOWN` where the file has none; other names are left out.

    Raises
    ------
    ExoError
        For a name twice, an empty cell, a missing column; see `read_table` for the file itself.
    """
    table = read_table(path)
    names = table.texts(table.require("of a sector map", "symbol", "ticker"))
    sectors = table.texts(table.require("of a sector map", "sector", "industry", "group"))
    twice = repeats(np.unique(names, return_inverse=True)[1])
    if len(twice):
        at = int(twice[0])
        raise ExoError(f"{table.where(at)}: {names[at]} is there twice.")
    of = dict(zip(names.tolist(), sectors.tolist(), strict=True))
    return tuple(of.get(symbol, UNKNOWN) for symbol in symbols)
