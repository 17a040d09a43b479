"""A column for each field and symbol, as `yfinance.download` gives it.

Its columns are pairs, `('Close', 'AAPL')` or `('AAPL', 'Close')`: three header rows in CSV, a
MultiIndex in Parquet and DataFrames. Joined to one name, `Close_AAPL`, they are read alike.
"""

import ast
import re
from collections.abc import Sequence

from mech_exo.config.settings import PriceKeys
from mech_exo.data.layouts.price_keys import unadjusted
from mech_exo.data.layouts.reading import Reading
from mech_exo.data.layouts.single_stock import BARS
from mech_exo.data.layouts.spellings import DATES, PRICES, plain, spelled
from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.columns import Column
from mech_exo.errors import ExoError

JOINT = re.compile(r"[_ .|:-]")
"""What may stand between a field and a symbol in one name."""


def pair_of(column: str) -> tuple[str, str] | None:
    """The two levels of a column's name; None if it is no pair."""
    if not (column.startswith("(") and column.endswith(")")):
        return None
    try:
        levels = ast.literal_eval(column)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(levels, tuple) or len(levels) != 2:
        return None
    return str(levels[0]).strip(), str(levels[1]).strip()


def joined_pair(column: str) -> tuple[str, str] | None:
    """The field and the symbol of `Close_AAPL` or `AAPL Close`; None for any other name."""
    for at in (found.start() for found in JOINT.finditer(column)):
        left, right = column[:at].strip(), column[at + 1 :].strip()
        if left and right and plain(left) in BARS:
            return left, right
        if left and right and plain(right) in BARS:
            return right, left
    return None


def pairs_of(table: Table) -> dict[str, tuple[str, str]]:
    """Column -> its two levels; empty if the table is no frame of fields.

    At least half of the columns must be pairs, the date among the rest. Names that are joined
    count only if all columns but the date are such, and of several fields.
    """
    found = {c: pair for c in table.columns if (pair := pair_of(c)) is not None}
    if found:
        return found if len(found) >= len(table.columns) // 2 else {}
    dates = spelled(table, DATES)
    joined = {c: joined_pair(c) for c in table.columns if c not in dates}
    whole = {c: pair for c, pair in joined.items() if pair is not None}
    fields = {plain(pair[0]) for pair in whole.values()}
    return whole if len(whole) == len(joined) and len(fields) > 1 else {}


def is_field_frame(table: Table) -> bool:
    """Whether the columns are pairs of a field and a symbol."""
    return bool(pairs_of(table))


def refuse_field_frame(table: Table, wanted: str, hint: str) -> None:
    """Raise an ExoError if the columns are pairs, where a column for each symbol is `wanted`."""
    pairs = pairs_of(table)
    if pairs:
        shown = ", ".join(list(pairs)[:2])
        raise ExoError(
            f"{table.path}: has a column for each field and symbol ({shown}), as a download of "
            f"prices has; {wanted} is wanted.",
            hint=hint,
        )


def read_field_frame(table: Table, keys: PriceKeys) -> Reading:
    """The wide table of one field: the adjusted close, or that of `data.keys.price`."""
    split = pairs_of(table)
    alone = {c: p[0] or p[1] for c, p in split.items() if not all(p)}
    split = {column: pair for column, pair in split.items() if column not in alone}
    level = _field_level(table, list(split.values()))
    fields = list(dict.fromkeys(pair[level] for pair in split.values()))
    field = _field(table, fields, keys)
    cells: dict[str, Column] = {
        alone.get(column, column): table.cells[column]
        for column in table.columns
        if column not in split
    }
    for column, pair in split.items():
        if pair[level] == field:
            symbol = pair[1 - level]
            if symbol in cells:
                raise ExoError(f"{table.path}: has the column {column} twice.")
            cells[symbol] = table.cells[column]
    plain_table = Table(table.path, cells, table.rows, table.unit)
    findings = unadjusted(table.path.name, field, fields)
    return Reading(plain_table, PriceKeys(date=keys.date), field, findings=findings)


def _field_level(table: Table, pairs: Sequence[tuple[str, str]]) -> int:
    """Which of the two levels is the field: all of its names are those of bars."""
    levels = [i for i in (0, 1) if {plain(pair[i]) for pair in pairs} <= BARS]
    if len(levels) != 1:
        shown = ", ".join(str(pair) for pair in pairs[:3])
        raise ExoError(
            f"{table.path}: its columns are pairs ({shown}), and it cannot be told which of the "
            "two is the field and which the symbol.",
            hint="Save one field only (df['Close']), with a column for each symbol.",
        )
    return levels[0]


def _field(table: Table, fields: list[str], keys: PriceKeys) -> str:
    if keys.price is not None:
        found = [field for field in fields if plain(field) == plain(keys.price)]
    else:
        ranks = ([f for f in fields if plain(f) in rank] for rank in PRICES)
        found = next((rank for rank in ranks if rank), [])
    if len(found) != 1:
        raise ExoError(
            f"{table.path}: has the fields {', '.join(fields[:8])}, and {len(found) or 'none'} of "
            "them is the price that is meant.",
            hint=f"Name it: data.keys.price: {(found or fields)[0]}.",
        )
    return found[0]
