"""The sector of each name, from a CSV file."""

from pathlib import Path

import numpy as np

from mech_exo.data.price_files import repeats
from mech_exo.data.table_files import read_table
from mech_exo.errors import ExoError

UNKNOWN = "unknown"


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
