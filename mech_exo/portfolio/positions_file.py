"""The positions that somebody holds now, from a CSV file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mech_exo.construction.mandate import PLAIN, Mandate
from mech_exo.data.panel import FloatArray
from mech_exo.data.price_files import repeats
from mech_exo.data.tables.cells import nearest
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

CASH = "CASH"
SYMBOL, SHARES = ("symbol", "ticker"), ("shares", "quantity", "qty", "position")
NOT_HELD = "Leave out the row of a name that is not held."


@dataclass(frozen=True, eq=False)
class Current:
    """What is held.

    Attributes
    ----------
    shares
        [N] number of shares, below 0 for what is sold short, in the order of the data's names.
    cash
        Below 0: borrowed. None if the file has no row CASH.
    """

    shares: FloatArray
    cash: float | None

    @classmethod
    def nothing(cls, names: int) -> "Current":
        """No position."""
        return cls(np.zeros(names), None)


def read_positions(path: Path, symbols: tuple[str, ...], mandate: Mandate = PLAIN) -> Current:
    """Read `symbol,shares`; a row `CASH` holds the cash in money.

    Raises
    ------
    ExoError
        For a name that the data do not have, a name twice, a short position or negative cash that
        the mandate does not allow; see `read_table` for the file itself.
    """
    table = read_table(path)
    names = table.texts(table.require("of the current positions", *SYMBOL))
    column = table.find(*SHARES) or table.require("of the current positions", "shares")
    amounts = table.numbers(column, hint=NOT_HELD)
    twice = repeats(np.unique(names, return_inverse=True)[1])
    if len(twice):
        at = int(twice[0])
        raise ExoError(f"{table.where(at)}: {names[at]} is there twice.")
    shares, cash = np.zeros(len(symbols)), None
    place = {symbol: i for i, symbol in enumerate(symbols)}
    for at, (name, amount) in enumerate(zip(names.tolist(), amounts.tolist(), strict=True)):
        is_cash = name.upper() == CASH and name not in place
        below_zero = mandate.max_gross > 1.0 if is_cash else mandate.shorts
        if not (amount >= 0.0 or (below_zero and amount < 0.0)):
            what = "empty" if amount != amount else f"{amount:g}, below 0"
            raise ExoError(
                f"{table.where(at)}: {column} of {name} is {what}.",
                hint=NOT_HELD,
            )
        if is_cash:
            cash = amount
        elif name in place:
            shares[place[name]] = amount
        else:
            raise ExoError(
                f"{table.where(at)}: the data have no name {name!r}.",
                hint=nearest(name, symbols) or "Sell it by hand, or add its prices to the data.",
            )
    return Current(shares, cash)
