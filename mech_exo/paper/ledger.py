"""The rows of a ledger: reading the account, booking sessions, decisions and orders."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, inspect, select, update

from mech_exo.errors import ExoError
from mech_exo.paper.ledger_checks import check_sound
from mech_exo.paper.ledger_tables import (
    DECISIONS,
    FILLS,
    FORMAT,
    LEDGER,
    METADATA,
    ORDERS,
    POSITIONS,
    READABLE,
    SESSIONS,
)
from mech_exo.paper.paper_account import REBALANCE, STOP, Fill, Holding, PaperAccount, PaperDecision
from mech_exo.paper.stored_terms import read_terms, written_terms
from mech_exo.portfolio.decision_terms import DecisionTerms


@dataclass(frozen=True)
class Opening:
    """What a ledger was opened with; `rules` are the backtest settings as plain values."""

    opened: str
    capital: float
    fractional: bool
    rules: dict[str, Any]


@dataclass(frozen=True)
class PaperOrder:
    """An order for the next close: signed shares, at the prices of the close before."""

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
        if kept not in READABLE:
            raise ExoError(f"{path}: is a ledger of format {kept}, this program writes {FORMAT}.")
    check_sound(connection, path, tables)
    row = connection.execute(select(LEDGER)).one()
    return Opening(row.opened, row.capital, bool(row.fractional), json.loads(row.rules))


def format_of(connection: Connection) -> int:
    """The format of the ledger; an older one is not this program's until its next step."""
    return int(connection.execute(select(LEDGER.c.format)).scalar_one())


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
    book_session(connection, start.opened, PaperAccount(start.capital), [], [], 0.0)


def last_session(connection: Connection) -> str:
    """Date of the last session that is booked."""
    return str(connection.execute(select(func.max(SESSIONS.c.date))).scalar_one())


def read_account(connection: Connection, date: str) -> PaperAccount:
    """Cash and positions after the close of `date`."""
    columns = SESSIONS.c.cash, SESSIONS.c.stop_loss  # those that every format has
    session = connection.execute(select(*columns).where(SESSIONS.c.date == date)).one()
    rows = connection.execute(
        select(POSITIONS).where(POSITIONS.c.date == date).order_by(POSITIONS.c.symbol)
    )
    holdings = {r.symbol: Holding(r.shares, r.price, r.growth, bool(r.hit)) for r in rows}
    return PaperAccount(session.cash, holdings, session.stop_loss)


def due_decision(connection: Connection, lag: int) -> PaperDecision | None:
    """The decision whose execution is `lag` sessions after it, if that is the next session."""
    later = select(func.count()).where(SESSIONS.c.date > DECISIONS.c.decided).scalar_subquery()
    row = connection.execute(
        select(DECISIONS).where(DECISIONS.c.executed.is_(None), later == lag - 1)
    ).one_or_none()
    if row is None:
        return None
    return PaperDecision(
        decided=row.decided,
        scored=row.scored,
        weights=json.loads(row.weights),
        stop_loss=row.stop_loss,
        content_hash=row.content_hash,
        terms=read_terms(row.terms),
    )


def terms_in_force(connection: Connection) -> DecisionTerms:
    """The terms of the last decision that was executed."""
    executed = DECISIONS.c.executed
    last = select(DECISIONS.c.terms).where(executed.is_not(None)).order_by(executed.desc())
    return read_terms(connection.execute(last.limit(1)).scalar_one_or_none())


def book_session(
    connection: Connection,
    date: str,
    account: PaperAccount,
    fills: list[Fill],
    repriced: list[float | None],
    borrowing: float,
) -> None:
    """Write down a session: equity, positions, fills and what `settle_orders` says of each.

    `borrowing` is what was paid for what is short, in money.
    """
    connection.execute(
        insert(SESSIONS).values(
            date=date,
            equity=account.equity,
            cash=account.cash,
            names=len(account.holdings),
            traded=sum(abs(f.value) for f in fills),
            cost=sum(f.cost for f in fills),
            stop_loss=account.stop_loss,
            borrowing=borrowing,
        )
    )
    held = account.holdings.items()
    positions = [asdict(h) | {"date": date, "symbol": s, "value": h.value} for s, h in held]
    if positions:
        connection.execute(insert(POSITIONS), positions)
    trades = [
        asdict(f) | {"date": date, "value": f.value, "repriced": shares}
        for f, shares in zip(fills, repriced, strict=True)
    ]
    if trades:
        connection.execute(insert(FILLS), trades)


def book_decision(connection: Connection, decision: PaperDecision, label: str) -> None:
    """Write down a decision."""
    connection.execute(
        insert(DECISIONS).values(
            decided=decision.decided,
            scored=decision.scored,
            factor_file=label,
            content_hash=decision.content_hash,
            stop_loss=decision.stop_loss,
            weights=json.dumps(decision.weights, sort_keys=True),
            terms=written_terms(decision.terms),
        )
    )


def book_orders(
    connection: Connection, date: str, due: PaperDecision | None, orders: list[PaperOrder]
) -> None:
    """Write down the orders for the next close, in place of those that are open.

    An order of the decision that is `due` then is dated by it, that of a stop by the session that
    hit it.
    """
    stopped = {o.symbol: o.decided for o in _open_orders(connection) if o.reason == STOP}
    connection.execute(delete(ORDERS).where(ORDERS.c.status == "open"))
    rows = []
    for order in orders:
        decided = stopped.get(order.symbol, date)
        if order.reason == REBALANCE:
            assert due is not None
            decided = due.decided
        row = {"decided": decided, "listed": order.shares, "status": "open"}
        rows.append(asdict(order) | row)
    if rows:
        connection.execute(insert(ORDERS), rows)


def settle_orders(
    connection: Connection,
    date: str,
    due: PaperDecision | None,
    account: PaperAccount,
    fills: list[Fill],
) -> list[float | None]:
    """Close the orders that a session carried out or made void, with what was traded.

    A trade at the next close that the list did not have becomes an order of 0 listed; a stop that
    is sold at the very close that hits it is one that nobody could list.

    Returns
    -------
    list
        For each fill, its shares less those that were listed: what the close's own prices made of
        the list. None for stops as above, delistings and a total loss.
    """
    open_orders = {(o.symbol, o.reason): o for o in _open_orders(connection)}
    repriced = list[float | None]()
    for fill in fills:
        order = open_orders.pop((fill.symbol, fill.reason), None)
        if order is not None:
            _close(connection, order, date, fill.shares)
        elif fill.reason in (REBALANCE, STOP):
            _book_unlisted(connection, date, due, fill)
        listed = order.shares if order is not None else 0.0 if fill.reason == REBALANCE else None
        repriced.append(None if listed is None else fill.shares - listed)
    for order in open_orders.values():
        if order.reason == REBALANCE or order.symbol not in account.holdings:
            _close(connection, order, date, 0.0)
    if due is not None:
        executed = update(DECISIONS).where(DECISIONS.c.decided == due.decided)
        connection.execute(executed.values(executed=date))
    return repriced


def _open_orders(connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(select(ORDERS).where(ORDERS.c.status == "open")).all()


def _close(connection: Connection, order: Row[Any], date: str, shares: float) -> None:
    status = "filled" if shares else "not filled"
    this = (
        ORDERS.c.decided == order.decided,
        ORDERS.c.symbol == order.symbol,
        ORDERS.c.reason == order.reason,
    )
    connection.execute(update(ORDERS).where(*this).values(status=status, done=date, shares=shares))


def _book_unlisted(
    connection: Connection, date: str, due: PaperDecision | None, fill: Fill
) -> None:
    planned = due if fill.reason == REBALANCE else None
    connection.execute(
        insert(ORDERS).values(
            decided=date if planned is None else planned.decided,
            symbol=fill.symbol,
            reason=fill.reason,
            shares=fill.shares,
            target_weight=0.0 if planned is None else planned.weights.get(fill.symbol, 0.0),
            status="filled",
            done=date,
            listed=None if planned is None else 0.0,
        )
    )
