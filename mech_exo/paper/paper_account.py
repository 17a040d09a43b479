"""The account of a paper portfolio: what one session does to it.

The rules are those of the backtest (docs/conventions.md), one session at a time, in shares and
money. Unlike the backtest it remembers: what is booked stays booked, whatever later data say.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from mech_exo.backtest.bankruptcy import BANKRUPT
from mech_exo.backtest.settlement import NOTHING
from mech_exo.backtest.stops import SLACK
from mech_exo.config.settings import BacktestSettings
from mech_exo.paper.quotes import Quotes
from mech_exo.portfolio.decision_terms import FREE_TERMS, DecisionTerms, passage
from mech_exo.portfolio.share_counts import whole_shares

REBALANCE, STOP, DELISTING, WORTHLESS = "rebalance", "stop", "delisting", "worthless"


@dataclass(frozen=True)
class Holding:
    """One position.

    Attributes
    ----------
    shares, price
        Their product is the position's value, below 0 for what is sold short; the price is the
        last one known.
    growth
        Price over the price at the stop's reference.
    hit
        A stop waits for the next close with a price.
    """

    shares: float
    price: float
    growth: float = 1.0
    hit: bool = False

    @property
    def value(self) -> float:
        """In money."""
        return self.shares * self.price

    @property
    def side(self) -> float:
        """1.0, or −1.0 for what is sold short."""
        return -1.0 if self.shares < 0.0 else 1.0

    def beyond(self, stop_loss: float) -> bool:
        """Whether the price has gone against it by the stop."""
        if self.shares < 0.0:
            return self.growth >= 1.0 + stop_loss - SLACK
        return self.growth <= 1.0 - stop_loss + SLACK


@dataclass(frozen=True)
class PaperDecision:
    """A target decided at the close of `decided`, to be traded `execution_lag` sessions later.

    Attributes
    ----------
    weights
        Name -> share of what can be traded, below 0 for what is sold short; no zeros.
    terms
        On which it is traded.
    """

    decided: str
    scored: str
    weights: dict[str, float]
    stop_loss: float
    content_hash: str
    terms: DecisionTerms = FREE_TERMS


@dataclass(frozen=True)
class Fill:
    """A trade: signed shares; the cost is positive."""

    symbol: str
    reason: str
    shares: float
    price: float
    cost: float

    @property
    def value(self) -> float:
        """Signed: what was paid."""
        return self.shares * self.price


@dataclass(frozen=True)
class PaperAccount:
    """Cash and positions after a close.

    Attributes
    ----------
    stop_loss
        Of the last decision that was executed; None before the first.
    """

    cash: float
    holdings: dict[str, Holding] = field(default_factory=dict)
    stop_loss: float | None = None

    @property
    def equity(self) -> float:
        """In money."""
        return self.cash + sum(h.value for _, h in sorted(self.holdings.items()))


def wanted_shares(
    account: PaperAccount,
    decision: PaperDecision,
    quotes: Quotes,
    cost: float,
    *,
    fractional: bool,
) -> dict[str, float]:
    """Shares of every name with a price that is wanted or held, by name, after paying the costs.

    What is held without a price is set aside, value and all. Whole shares are rounded toward 0.
    Where there is nothing to trade with, all that has a price is closed.
    """
    names = {s: quotes.of(s) for s in sorted({*decision.weights, *account.holdings})}
    priced = {s: quote.price for s, quote in names.items() if quote.absent == 0}
    held = {s: h.value for s, h in account.holdings.items()}
    closed = {s: 0.0 for s in priced if s in held}
    liquid = account.equity - sum(v for s, v in sorted(held.items()) if s not in priced)
    if liquid <= NOTHING * account.equity:
        return closed
    target = np.array([decision.weights.get(s, 0.0) for s in priced])
    before = np.array([held.get(s, 0.0) for s in priced]) / liquid
    way = passage([*priced], target, before, liquid, cost, decision.terms)
    if not way.scale > 0.0:
        return closed
    wanted = way.weights * (way.scale * liquid) / np.array([*priced.values()])
    if not fractional:
        wanted = whole_shares(wanted)
    shares = dict(zip(priced, wanted.tolist(), strict=True))
    stays = [s for s, stay in zip(priced, way.stays, strict=True) if stay]
    return shares | {s: account.holdings[s].shares for s in stays}


class PaperSession:
    """One session's changes, in the order of docs/conventions.md.

    Parameters
    ----------
    rules
        With `delist_after` in sessions (`Frequency.rules`).
    terms
        Of the last decision that was executed.

    Attributes
    ----------
    borrowing
        What the session has paid for what is sold short, less what the lender paid; in money.
    """

    def __init__(
        self,
        before: PaperAccount,
        quotes: Quotes,
        rules: BacktestSettings,
        *,
        fractional: bool,
        terms: DecisionTerms = FREE_TERMS,
    ) -> None:
        self.equity_before = before.equity
        self.cash = before.cash
        self.stop_loss = before.stop_loss
        self.holdings = dict(before.holdings)
        self.fills = list[Fill]()
        self.borrowing = 0.0
        self._terms = terms
        self._quotes = quotes
        self._rules = rules
        self._fractional = fractional

    def run(self, due: PaperDecision | None) -> PaperAccount:
        """The account after the session; `due` is the decision that is executed at its close."""
        self._mark()
        self._delist()
        if self._ruined():
            return self._closed_down()
        before = {symbol: holding.side for symbol, holding in self.holdings.items()}
        stop_loss = self.stop_loss
        if due is not None:
            self._terms = due.terms
            self._rebalance(due)
            self.stop_loss = due.stop_loss
        if stop_loss is not None:
            self._stop(before, stop_loss)
        if self._ruined():  # by what was traded at this close
            return self._closed_down()
        if due is not None and self._rules.stop_reference == "rebalance":
            self._move_references()
        return PaperAccount(self.cash, dict(sorted(self.holdings.items())), self.stop_loss)

    def _mark(self) -> None:
        """Value all at this close, and pay for what was short at the close before."""
        rate = (self._rules.borrow_cost or 0.0) - (self._rules.short_rebate or 0.0)
        short = sum(max(-h.value, 0.0) for _, h in sorted(self.holdings.items()))
        self.borrowing = rate / self._quotes.periods_per_year * short
        self.cash -= self.borrowing
        for symbol, holding in self.holdings.items():
            quote = self._quotes.of(symbol)
            shares = holding.shares
            if quote.before != holding.price:  # the data restate the past: a split, a dividend
                shares *= holding.price / quote.before
            growth = quote.price / quote.before
            self.holdings[symbol] = replace(
                holding, shares=shares, price=quote.price, growth=holding.growth * growth
            )

    def _delist(self) -> None:
        for symbol in sorted(self.holdings):
            quote = self._quotes.of(symbol)
            if quote.absent >= self._rules.delist_after:
                price = quote.price * (1.0 - self._rules.delisting_return)
                self._trade(symbol, -self.holdings[symbol].shares, price, DELISTING)

    def _rebalance(self, decision: PaperDecision) -> None:
        now = PaperAccount(self.cash, self.holdings)
        wanted = wanted_shares(
            now, decision, self._quotes, self._rules.cost, fractional=self._fractional
        )
        for symbol, shares in wanted.items():
            price = self._quotes.of(symbol).price
            self._trade(symbol, shares - self._shares(symbol), price, REBALANCE)

    def _stop(self, before: dict[str, float], stop_loss: float) -> None:
        """Close what has hit its stop: held on its side before and after this close's rebalance."""
        for symbol, holding in sorted(self.holdings.items()):
            if before.get(symbol) != holding.side:
                continue
            due = holding.hit
            hit = due or holding.beyond(stop_loss)
            self.holdings[symbol] = replace(holding, hit=hit)
            if (due if self._rules.stop_lag else hit) and self._quotes.of(symbol).absent == 0:
                self._trade(symbol, -holding.shares, holding.price, STOP)

    def _move_references(self) -> None:
        for symbol, holding in self.holdings.items():
            if self._quotes.of(symbol).absent == 0:
                self.holdings[symbol] = replace(holding, growth=1.0)

    def _shares(self, symbol: str) -> float:
        holding = self.holdings.get(symbol)
        return holding.shares if holding else 0.0

    def _trade(self, symbol: str, shares: float, price: float, reason: str) -> None:
        if shares == 0.0:
            return
        cost = self._rules.cost * abs(shares) * price
        cost += self._terms.further_cost(symbol, shares * price)
        fill = Fill(symbol, reason, shares, price, cost)
        self.fills.append(fill)
        self.cash -= fill.value + fill.cost
        holding = self.holdings.get(symbol)
        left = self._shares(symbol) + shares
        if left == 0.0:
            del self.holdings[symbol]
        elif holding is None or holding.shares * left < 0.0:  # on another side it is a new one
            self.holdings[symbol] = Holding(left, price)
        else:
            self.holdings[symbol] = replace(holding, shares=left)

    def _ruined(self) -> bool:
        return PaperAccount(self.cash, self.holdings).equity <= BANKRUPT * self.equity_before

    def _closed_down(self) -> PaperAccount:
        """A total loss: what is left is written off, and nothing is traded again."""
        for symbol, holding in sorted(self.holdings.items()):
            self.fills.append(Fill(symbol, WORTHLESS, -holding.shares, 0.0, 0.0))
        self.holdings.clear()
        self.cash = 0.0
        return PaperAccount(0.0, {}, self.stop_loss)
