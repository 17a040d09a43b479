"""Whether a ledger still is what this program has written."""

import math
from collections.abc import Collection
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, func, inspect, null, select

from mech_exo.errors import ExoError
from mech_exo.paper.ledger_tables import (
    ADDED,
    DECISIONS,
    FORMAT,
    LEDGER,
    METADATA,
    ORDERS,
    POSITIONS,
    SESSIONS,
)
from mech_exo.paper.stored_terms import read_terms
from mech_exo.system.strict_json import parse_json

TOLERANCE = 1e-6  # of the equity, between it and cash plus positions


def check_sound(connection: Connection, path: Path, tables: Collection[str]) -> None:
    """Check the opening and the last session, from which the next one is booked.

    Parameters
    ----------
    tables
        Names of those that the file has.

    Raises
    ------
    ExoError
        Names what is missing, or does not add up.
    """
    wrong = _wrong(connection, tables)
    if wrong:
        raise ExoError(
            f"{path}: the ledger has been damaged or edited: {wrong}.",
            hint="Restore a copy, or name another --ledger.",
        )


def _wrong(connection: Connection, tables: Collection[str]) -> str:
    lacking = sorted(set(METADATA.tables) - set(tables))
    if lacking:
        return f"there is no table {lacking[0]}"
    opening = connection.execute(select(LEDGER)).all()
    if len(opening) != 1:
        return f"{LEDGER.name} has {len(opening)} rows, expected one"
    if not _is_object(opening[0].rules):
        return f"{LEDGER.name}.rules is no JSON object"
    added = (set(ADDED[later]) for later in range(opening[0].format + 1, FORMAT + 1))
    later = set[tuple[str, str]]().union(*added)
    columns = _lacking_columns(connection, later)
    if columns:
        return f"{columns[0][0]} has no column {columns[0][1]}"
    last = connection.execute(select(func.max(SESSIONS.c.date))).scalar_one()
    if last is None:
        return f"{SESSIONS.name} is empty"
    wrong = _decisions_wrong(connection, with_terms=("paper_decisions", "terms") not in later)
    if wrong:
        return wrong
    for table in METADATA.tables.values():
        day = "decided" if "decided" in table.c else "date"
        if day in table.c:
            latest = connection.execute(select(func.max(table.c[day]))).scalar_one()
            if latest is not None and not _is_date(latest):
                return f"{table.name} has the {day} {latest!r}"
            if latest is not None and latest > last:
                return f"{table.name} goes on to {latest}, the last session is {last}"
    return _account_wrong(connection, last) or _orders_wrong(connection)


def _decisions_wrong(connection: Connection, *, with_terms: bool) -> str:
    """What is no target, and what are no terms, in the decisions that sessions go by."""
    terms = DECISIONS.c.terms if with_terms else null().label("terms")
    columns = DECISIONS.c.decided, DECISIONS.c.executed, DECISIONS.c.weights, terms
    last = select(func.max(DECISIONS.c.executed)).scalar_subquery()
    in_force = DECISIONS.c.executed.is_(None) | (DECISIONS.c.executed == last)
    for decision in connection.execute(select(*columns).where(in_force)):
        try:
            most = read_terms(decision.terms).max_gross
        except ValueError:
            return f"{DECISIONS.name} has no terms for {decision.decided}"
        if decision.executed is None and not _are_weights(decision.weights, most):
            return f"{DECISIONS.name} has no weights for {decision.decided}"
    return ""


def _lacking_columns(connection: Connection, later: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Table and column of what this program reads and the file does not have."""
    there = inspect(connection)
    found = {(t, c["name"]) for t in METADATA.tables for c in there.get_columns(t)}
    wanted = {(table.name, c.name) for table in METADATA.tables.values() for c in table.c}
    return sorted(wanted - found - later)


def _orders_wrong(connection: Connection) -> str:
    """What is no number in the orders that the next session fills."""
    for order in connection.execute(
        select(ORDERS.c.symbol, ORDERS.c.shares).where(ORDERS.c.status == "open")
    ):
        if not isinstance(order.shares, int | float) or not math.isfinite(order.shares):
            return f"the open order of {order.symbol} is {order.shares!r}"
    return ""


def _account_wrong(connection: Connection, last: str) -> str:
    """What does not add up in the last session."""
    columns = SESSIONS.c.equity, SESSIONS.c.cash  # those that every format has
    session = connection.execute(select(*columns).where(SESSIONS.c.date == last)).one()
    held = connection.execute(select(POSITIONS).where(POSITIONS.c.date == last)).all()
    numbers = [("equity", session.equity), ("cash", session.cash)]
    numbers += [(f"{n} of {p.symbol}", getattr(p, n)) for p in held for n in ("shares", "value")]
    for name, value in numbers:
        if not isinstance(value, int | float) or not math.isfinite(value):
            return f"{name} on {last} is {value!r}"
    shorted = select(func.count()).where(DECISIONS.c.weights.like('%": -%'))
    sells_short = connection.execute(shorted).scalar_one() > 0
    short = next((p for p in held if p.shares < 0.0 and not sells_short), None)
    if short is not None:
        return f"shares of {short.symbol} on {last} are {short.shares:g}"
    worth = session.cash + math.fsum(p.value for p in held)
    if abs(worth - session.equity) > TOLERANCE * max(1.0, abs(session.equity)):
        return f"the equity on {last} is {session.equity:.2f}, cash and positions are {worth:.2f}"
    return ""


def _is_object(text: object) -> bool:
    try:
        return isinstance(parse_json(str(text)), dict)
    except ValueError:
        return False


def _are_weights(text: object, most: float) -> bool:
    """Whether it is a JSON object of numbers, none of them of a size above `most`."""
    if not _is_object(text):
        return False
    values = parse_json(str(text)).values()
    numbers = [v for v in values if isinstance(v, int | float) and abs(v) <= most + TOLERANCE]
    return len(numbers) == len(values)


def _is_date(text: object) -> bool:
    try:
        date.fromisoformat(str(text))
    except ValueError:
        return False
    return True
