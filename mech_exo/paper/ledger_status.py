"""Where a paper ledger stands, and whether that is what the backtest lets one expect."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import func, select

from mech_exo.backtest.metrics import max_drawdown
from mech_exo.errors import ExoError
from mech_exo.paper import ledger as book
from mech_exo.paper.expectation import Band, expectation
from mech_exo.paper.ledger_file import read_ledger
from mech_exo.paper.ledger_tables import DECISIONS, FILLS, ORDERS, SESSIONS
from mech_exo.paper.paper_account import PaperAccount
from mech_exo.paper.standing_run import standing_run
from mech_exo.system.user_file import is_there

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mech_exo.data.panel import DateArray, FloatArray
    from mech_exo.portfolio.model import Model

FIRST_LISTED, FIRST_SHORT = 2, 3  # formats that keep what was listed, and what borrowing cost
OUT_OF_SAMPLE = 126  # sessions after the tuning's data from which on only those are believed


@dataclass(frozen=True)
class AgainstList:
    """How the fills differ from what was listed the evening before.

    Attributes
    ----------
    listed
        Fills that a list could name.
    repriced
        Those of them of another number of shares: the list is sized at the last close, the trade
        at its own.
    value
        Of the shares between the two, in money.
    unlisted
        Fills that no list could name: stops at the very close that hit them, delistings, a total
        loss.
    """

    listed: int
    repriced: int
    value: float
    unlisted: int


@dataclass(frozen=True)
class Record:
    """What a ledger holds.

    Attributes
    ----------
    dates, equity
        [S] of every session.
    executions
        (date, content hash) of each executed decision.
    orders
        Open orders: decided, symbol, reason, shares.
    traded, cost
        In money, since the opening.
    borrowing
        Paid for what was short, less what the lender paid; in money.
    against_list
        None for a ledger of format 1 that has not been stepped since.
    """

    opening: book.Opening
    dates: tuple[str, ...]
    equity: tuple[float, ...]
    account: PaperAccount
    executions: tuple[tuple[str, str], ...]
    orders: tuple[tuple[str, str, str, float], ...]
    fills: int
    traded: float
    cost: float
    borrowing: float
    against_list: AgainstList | None

    @property
    def total_return(self) -> float:
        """Since the opening."""
        return self.equity[-1] / self.opening.capital - 1.0

    @property
    def max_drawdown(self) -> float:
        """Largest loss from a peak."""
        path = np.array([self.opening.capital, *self.equity])
        return max_drawdown(path[1:] / np.where(path[:-1] > 0.0, path[:-1], 1.0) - 1.0)


@dataclass(frozen=True)
class AgainstBacktest:
    """Live against expected, from the first trade under the current factor file.

    Attributes
    ----------
    since
        Date of that trade.
    backtest
        Total return of the backtest of the same dates, started as the ledger was; None if the
        ledger has been kept under several factor files.
    history
        What the band is drawn from, in words.
    band
        None: too few sessions.
    """

    since: str
    live: float
    backtest: float | None
    history: str
    band: Band | None


@dataclass(frozen=True)
class PaperStatus:
    """The whole picture."""

    path: Path
    label: str
    record: Record
    comparison: AgainstBacktest | None


def paper_status(model: "Model", path: Path) -> PaperStatus:
    """Read the ledger and compare it with the model's backtest.

    Raises
    ------
    ExoError
        If there is no ledger, or it is not of the model's data.
    """
    record = read_record(path)
    for date in (record.opening.opened, record.dates[-1]):
        if np.datetime64(date, "D") not in model.panel.dates:
            raise ExoError(
                f"{path}: its session {date} is none of the data ({model.panel.source}).",
                hint="Give the data that the ledger was kept with, up to its last session.",
            )
    return PaperStatus(path, model.label, record, _compare(model, record))


def read_record(path: Path) -> Record:
    """Everything in a ledger, as of one moment.

    Raises
    ------
    ExoError
        If there is no ledger.
    """
    if not is_there(path):
        raise ExoError(f"{path}: there is no ledger.", hint="`exo paper step` opens one.")

    def query(connection: "Connection") -> Record:
        start = book.opening(connection, path)
        if start is None:
            raise ExoError(f"{path}: the ledger is empty.", hint="`exo paper step` opens one.")
        return _record(connection, start)

    return read_ledger(path, query)


def _record(connection: "Connection", start: book.Opening) -> Record:
    kept = book.format_of(connection)
    columns = SESSIONS.c.date, SESSIONS.c.equity, SESSIONS.c.traded, SESSIONS.c.cost
    sessions = connection.execute(select(*columns).order_by(SESSIONS.c.date)).all()
    executed = connection.execute(
        select(DECISIONS.c.executed, DECISIONS.c.content_hash)
        .where(DECISIONS.c.executed.is_not(None))
        .order_by(DECISIONS.c.executed)
    )
    orders = connection.execute(
        select(ORDERS.c.decided, ORDERS.c.symbol, ORDERS.c.reason, ORDERS.c.shares)
        .where(ORDERS.c.status == "open")
        .order_by(ORDERS.c.decided, ORDERS.c.symbol)
    )
    return Record(
        opening=start,
        dates=tuple(s.date for s in sessions),
        equity=tuple(s.equity for s in sessions),
        account=book.read_account(connection, sessions[-1].date),
        executions=tuple((e.executed, e.content_hash) for e in executed),
        orders=tuple((o.decided, o.symbol, o.reason, o.shares) for o in orders),
        fills=len(connection.execute(select(FILLS.c.date)).all()),
        traded=sum(s.traded for s in sessions),
        cost=sum(s.cost for s in sessions),
        borrowing=_borrowing(connection) if kept >= FIRST_SHORT else 0.0,
        against_list=_against_list(connection) if kept >= FIRST_LISTED else None,
    )


def _borrowing(connection: "Connection") -> float:
    paid = select(func.coalesce(func.sum(SESSIONS.c.borrowing), 0.0))
    return float(connection.execute(paid).scalar_one())


def _against_list(connection: "Connection") -> AgainstList:
    fills = connection.execute(select(FILLS.c.repriced, FILLS.c.price)).all()
    listed = [fill for fill in fills if fill.repriced is not None]
    return AgainstList(
        listed=len(listed),
        repriced=sum(fill.repriced != 0.0 for fill in listed),
        value=sum(abs(fill.repriced) * fill.price for fill in listed),
        unlisted=len(fills) - len(listed),
    )


def _compare(model: "Model", record: Record) -> AgainstBacktest | None:
    """None before the first execution, or if the current file has not been executed yet."""
    since = _first_under(record.executions, model.file.content_hash)
    if since is None:
        return None
    at = record.dates.index(since)
    before = record.equity[at - 1]
    live = record.equity[-1] / before - 1.0 if before > 0.0 else 0.0
    only = {content for _, content in record.executions} == {model.file.content_hash}
    history, words = _history(model, np.datetime64(record.opening.opened, "D"))
    return AgainstBacktest(
        since=since,
        live=live,
        backtest=_backtest(model, record) if only else None,
        history=words,
        band=expectation(history, len(record.dates) - at, live, model.panel.frequency),
    )


def _first_under(executions: tuple[tuple[str, str], ...], content: str) -> str | None:
    """First execution of the last unbroken run of decisions of one factor file."""
    since = None
    for date, executed in reversed(executions):
        if executed != content:
            break
        since = date
    return since


def _history(model: "Model", opened: np.datetime64) -> "tuple[FloatArray, str]":
    """Backtest returns from before the opening: out of sample, if there are enough of those."""
    result = model.result
    before = result.dates < opened
    end = (model.file.provenance or {}).get("in_sample_end")
    if end is not None:
        unseen = before & (result.dates > np.datetime64(str(end), "D"))
        if np.count_nonzero(unseen) >= OUT_OF_SAMPLE:
            return result.returns[unseen], _words(result.dates[unseen], "out of sample")
    words = _words(result.dates[before], "all of the backtest, tuned on it in part")
    return result.returns[before], words


def _words(dates: "DateArray", kind: str) -> str:
    return f"{kind}, {dates[0]} to {dates[-1]}" if len(dates) else kind


def _backtest(model: "Model", record: Record) -> float:
    """Total return of the backtest over the ledger's sessions, of the ledger's own money."""
    dates = model.panel.dates
    start = int(np.searchsorted(dates, np.datetime64(record.opening.opened, "D")))
    stop = int(np.searchsorted(dates, np.datetime64(record.dates[-1], "D"))) + 1
    return standing_run(model, start, stop, record.opening.capital).metric("total_return")
