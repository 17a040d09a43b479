"""Stepping the ledger: every session up to the data's last is booked, each once."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.config.settings import BacktestSettings
from mech_exo.errors import ExoError
from mech_exo.paper import ledger as book
from mech_exo.paper.ledger import Opening, PaperOrder
from mech_exo.paper.ledger_file import Ledger
from mech_exo.paper.next_orders import next_orders
from mech_exo.paper.old_ledgers import upgrade
from mech_exo.paper.paper_account import Fill, PaperAccount, PaperDecision, PaperSession
from mech_exo.paper.quotes import Prices
from mech_exo.portfolio.order_sizes import TOO_MUCH
from mech_exo.portfolio.target import decide

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mech_exo.portfolio.model import Model

CAPITAL = 100_000.0
# of the backtest's settings: what does not move the account, which trades its own capital
IRRELEVANT = {"risk_free", "capital"}
SILENT = {f.name for f in dataclasses.fields(BacktestSettings) if f.metadata.get("silent")}


@dataclass(frozen=True)
class Stepped:
    """What one session brought; the orders are those for the next close."""

    date: str
    account: PaperAccount
    fills: tuple[Fill, ...]
    orders: tuple[PaperOrder, ...]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How a new ledger is opened, which an old one must agree with; None: whatever it has."""

    capital: float | None = None
    fractional: bool | None = None

    def __post_init__(self) -> None:
        if self.capital is not None and not 0.0 < self.capital < TOO_MUCH:
            raise ExoError(
                f"the capital is {self.capital:g}, must be above 0 and below {TOO_MUCH:g}."
            )


def step(model: "Model", path: Path, wanted: Wanted) -> Iterator[Stepped]:
    """Book every session of the data that is not booked yet, one transaction each.

    A new ledger is opened at the data's last session, all in cash, and takes over the decision that
    the factor file's portfolio stands on then; it is traded `execution_lag` sessions later. A
    session that is booked is never touched again; killed or repeated, the next call goes on
    behind the last whole one.

    Raises
    ------
    ExoError
        For a file that is no ledger or cannot be written, rules or data that are not the ledger's,
        a held name without prices.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExoError(f"{path}: cannot be made ({error.strerror}).") from error
    ledger = Ledger(path, model.session.settings.storage)
    try:
        clerk = Clerk(model, path, wanted)
        while True:
            with ledger.transaction() as connection:
                stepped = clerk.book_next(connection)
            if stepped is None:
                return
            yield stepped
    finally:
        ledger.close()


class Clerk:
    """Books sessions of one model's data."""

    def __init__(self, model: "Model", path: Path, wanted: Wanted) -> None:
        self._model = model
        self._path = path
        self._wanted = wanted
        self._rules = model.session.settings.backtest
        self._in_sessions = model.panel.frequency.rules(self._rules)
        self._prices = Prices(model.session.market, model.panel)

    def book_next(self, connection: "Connection") -> Stepped | None:
        """Book the session after the last one; None if there is none."""
        start = book.opening(connection, self._path)
        if start is None:
            return self._open(connection)
        self._check(start)
        upgrade(connection)
        position = self._position(book.last_session(connection)) + 1
        if position >= len(self._prices.dates):
            return None
        return self._session(connection, position, start)

    def _open(self, connection: "Connection") -> Stepped:
        wanted, position = self._wanted, len(self._prices.dates) - 1
        capital = CAPITAL if wanted.capital is None else wanted.capital
        start = Opening(
            opened=str(self._prices.dates[position]),
            capital=capital,
            fractional=bool(wanted.fractional),
            rules=dataclasses.asdict(self._rules),
        )
        book.create(connection, start)
        row = int(np.searchsorted(self._model.panel.rebalance, position, side="right")) - 1
        account = PaperAccount(capital)
        self._decide(connection, position, row)
        orders = self._list(connection, position, account, start)
        return Stepped(start.opened, account, (), tuple(orders))

    def _session(self, connection: "Connection", position: int, start: Opening) -> Stepped:
        dates = self._prices.dates
        date, last = str(dates[position]), str(dates[position - 1])
        before = book.read_account(connection, last)
        due = book.due_decision(connection, self._rules.execution_lag)
        session = PaperSession(
            before,
            self._prices.at(position),
            self._in_sessions,
            fractional=start.fractional,
            terms=book.terms_in_force(connection),
        )
        account = session.run(due)
        fills = session.fills
        repriced = book.settle_orders(connection, date, due, account, fills)
        book.book_session(connection, date, account, fills, repriced, session.borrowing)
        row = int(np.searchsorted(self._model.panel.rebalance, position))
        if row < len(self._model.panel.rebalance) and self._model.panel.rebalance[row] == position:
            self._decide(connection, position, row)
        orders = self._list(connection, position, account, start)
        return Stepped(date, account, tuple(fills), tuple(orders))

    def _decide(self, connection: "Connection", position: int, row: int) -> None:
        """Decide by the scores of rebalance row `row`."""
        model = self._model
        decided = decide(model.panel, model.candidate, row, self._rules)
        weights = decided.weights
        decision = PaperDecision(
            decided=str(self._prices.dates[position]),
            scored=str(model.panel.dates[model.panel.rebalance[row]]),
            weights={model.panel.symbols[n]: float(weights[n]) for n in np.flatnonzero(weights)},
            stop_loss=model.candidate.stop_loss_pct,
            content_hash=model.file.content_hash,
            terms=decided.terms,
        )
        book.book_decision(connection, decision, model.label)

    def _list(
        self, connection: "Connection", position: int, account: PaperAccount, start: Opening
    ) -> list[PaperOrder]:
        """Write down the orders for the next close."""
        due = book.due_decision(connection, self._rules.execution_lag)
        orders = next_orders(
            account,
            due,
            self._prices,
            position,
            cost=self._rules.cost,
            fractional=start.fractional,
        )
        book.book_orders(connection, str(self._prices.dates[position]), due, orders)
        return orders

    def _check(self, start: Opening) -> None:
        """Refuse options and rules other than the ledger was opened with."""
        wanted = self._wanted
        if wanted.capital not in (None, start.capital):
            raise ExoError(
                f"{self._path}: was opened with a capital of {start.capital:,.2f}, not "
                f"{wanted.capital:,.2f}.",
                hint="Leave the option out, or name another --ledger.",
            )
        if wanted.fractional not in (None, start.fractional):
            kind = "fractional" if start.fractional else "whole"
            raise ExoError(
                f"{self._path}: was opened for {kind} shares.",
                hint="Leave the option out, or name another --ledger.",
            )
        for name, value in dataclasses.asdict(self._rules).items():
            # a rule that came after the opening: it was not set, or was what it is by default
            before = start.rules.get(name, None if name in SILENT else value)
            if before != value and name not in IRRELEVANT:
                raise ExoError(
                    f"{self._path}: was opened with backtest.{name} {before!r}, the settings say "
                    f"{value!r}.",
                    hint="Use the settings it was opened with, or name another --ledger.",
                )

    def _position(self, date: str) -> int:
        """Position of a booked session in the data."""
        dates = self._prices.dates
        day = np.datetime64(date, "D")
        position = int(np.searchsorted(dates, day))
        if position < len(dates) and dates[position] == day:
            return position
        if position == len(dates):
            if self._model.session.settings.data.end is not None:  # as wanted: nothing to do
                return len(dates) - 1
            raise ExoError(
                f"{self._path}: is booked up to {date}, but the data end on {dates[-1]}: they have "
                "lost sessions.",
                hint="Fetch the data again. Nothing that is booked has changed.",
            )
        raise ExoError(
            f"{self._path}: its last session, {date}, is none of the data "
            f"({dates[0]} to {dates[-1]}).",
            hint="Give the data that the ledger was kept with.",
        )
