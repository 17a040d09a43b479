"""The rows of a ledger: reading the account, booking sessions, decisions and orders."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, inspect, select, update

from mech_exo.errors import ExoError
from mech_exo.paper.account import REBALANCE, STOP, Account, Decision, Fill, Holding
from mech_exo.paper.soundness import check_sound
from mech_exo.paper.tables import (
    DECISIONS,
    FILLS,
    FORMAT,
    LEDGER,
    METADATA,
    ORDERS,
    POSITIONS,
    SESSIONS,
)


@dataclass(frozen=True)
class Opening:
    """What a ledger was opened with; `rules` are the backtest settings as plain values."""

    opened: str
    capital: float
    fractional: bool
    rules: dict[str, Any]


@dataclass(frozen=True)
class Order:
    """An order: signed shares at the prices of the close at which it was decided."""

    symbol: str
    reason: str
    shares: float
    target_weight: float


def opening(connection: Connection, path: Path) -> Opening | None:
    """What the ledger was opened with; None for a new file.

    Raises
    ------
    ExoError
        If the file holds anything but a ledger of this format, or one that does not add up.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if LEDGER.name not in tables:
        raise ExoError(
            f"{path}: is a database, but no paper ledger.", hint="Name another --ledger."
        )
    for (kept,) in connection.execute(select(LEDGER.c.format)):
        if kept != FORMAT:
            raise ExoError(f"{path}: is a ledger of format {kept}, this program writes {FORMAT}.")
    check_sound(connection, path, tables)
    row = connection.execute(select(LEDGER)).one()
    return Opening(row.opened, row.capital, bool(row.fractional), json.loads(row.rules))


def create(connection: Connection, start: Opening) -> None:
    """Make the tables and the first session, all in cash."""
    METADATA.create_all(connection)
    connection.execute(
        insert(LEDGER).values(
            id=1,
            format=FORMAT,
            opened=start.opened,
            capital=start.capital,
            fractional=start.fractional,
            rules=json.dumps(start.rules, sort_keys=True),
        )
    )
    book_session(connection, start.opened, Account(start.capital), [])


def last_session(connection: Connection) -> str:
    """Date of the last session that is booked."""
    return str(connection.execute(select(func.max(SESSIONS.c.date))).scalar_one())


def read_account(connection: Connection, date: str) -> Account:
    """Cash and positions after the close of `date`."""
    session = connection.execute(select(SESSIONS).where(SESSIONS.c.date == date)).one()
    rows = connection.execute(
        select(POSITIONS).where(POSITIONS.c.date == date).order_by(POSITIONS.c.symbol)
    )
    holdings = {r.symbol: Holding(r.shares, r.price, r.growth, bool(r.hit)) for r in rows}
    return Account(session.cash, holdings, session.stop_loss)


def due_decision(connection: Connection, lag: int) -> Decision | None:
    """The decision whose execution is `lag` sessions after it, if that is the next session."""
    later = select(func.count()).where(SESSIONS.c.date > DECISIONS.c.decided).scalar_subquery()
    row = connection.execute(
        select(DECISIONS).where(DECISIONS.c.executed.is_(None), later == lag - 1)
    ).one_or_none()
    if row is None:
        return None
    return Decision(
        decided=row.decided,
        scored=row.scored,
        weights=json.loads(row.weights),
        stop_loss=row.stop_loss,
        content_hash=row.content_hash,
    )


def book_session(connection: Connection, date: str, account: Account, fills: list[Fill]) -> None:
    """Write down a session: equity, positions, fills."""
    connection.execute(
        insert(SESSIONS).values(
            date=date,
            equity=account.equity,
            cash=account.cash,
            names=len(account.holdings),
            traded=sum(abs(f.value) for f in fills),
            cost=sum(f.cost for f in fills),
            stop_loss=account.stop_loss,
        )
    )
    held = account.holdings.items()
    positions = [asdict(h) | {"date": date, "symbol": s, "value": h.value} for s, h in held]
    if positions:
        connection.execute(insert(POSITIONS), positions)
    trades = [asdict(f) | {"date": date, "value": f.value} for f in fills]
    if trades:
        connection.execute(insert(FILLS), trades)


def book_decision(
    connection: Connection, decision: Decision, label: str, orders: list[Order]
) -> None:
    """Write down a decision and its orders."""
    connection.execute(
        insert(DECISIONS).values(
            decided=decision.decided,
            scored=decision.scored,
            factor_file=label,
            content_hash=decision.content_hash,
            stop_loss=decision.stop_loss,
            weights=json.dumps(decision.weights, sort_keys=True),
        )
    )
    book_orders(connection, decision.decided, orders)


def book_orders(connection: Connection, date: str, orders: list[Order]) -> None:
    """Write down open orders."""
    rows = [asdict(order) | {"decided": date, "status": "open"} for order in orders]
    if rows:
        connection.execute(insert(ORDERS), rows)


def settle_orders(
    connection: Connection, date: str, decided: str | None, account: Account, fills: list[Fill]
) -> None:
    """Close the orders that a session carried out or made void.

    `decided` is the date of the decision that it executed; a stop's order is void when its
    position was sold otherwise.
    """
    stops = (ORDERS.c.reason == STOP, ORDERS.c.status == "open")
    sold = [f.symbol for f in fills if f.reason == STOP]
    filled = update(ORDERS).values(status="filled", done=date)
    void = update(ORDERS).values(status="not filled", done=date)
    connection.execute(filled.where(*stops, ORDERS.c.symbol.in_(sold)))
    connection.execute(void.where(*stops, ORDERS.c.symbol.not_in(list(account.holdings))))
    if decided is None:
        return
    due = (ORDERS.c.decided == decided, ORDERS.c.reason == REBALANCE, ORDERS.c.status == "open")
    traded = [f.symbol for f in fills if f.reason == REBALANCE]
    connection.execute(filled.where(*due, ORDERS.c.symbol.in_(traded)))
    connection.execute(void.where(*due))
    executed = update(DECISIONS).where(DECISIONS.c.decided == decided)
    connection.execute(executed.values(executed=date))
