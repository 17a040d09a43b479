"""The orders for the next close: what `exo portfolio` lists for the account's own positions."""

import numpy as np

from mech_exo.paper.ledger import PaperOrder
from mech_exo.paper.paper_account import REBALANCE, STOP, PaperAccount, PaperDecision
from mech_exo.paper.quotes import Prices
from mech_exo.portfolio.decision_terms import FREE_TERMS, DecisionTerms
from mech_exo.portfolio.order_sizes import Sizing
from mech_exo.portfolio.orders import order_list
from mech_exo.portfolio.positions_file import Current
from mech_exo.portfolio.target import Target


def next_orders(
    account: PaperAccount,
    due: PaperDecision | None,
    prices: Prices,
    position: int,
    *,
    cost: float,
    fractional: bool,
) -> list[PaperOrder]:
    """Orders at the close of the session at `position`, sized at its prices.

    Parameters
    ----------
    account
        After that close.
    due
        The decision that is executed at the next close; None: only stops are sold there.

    Notes
    -----
    The next close sizes the trades anew, at its own prices; the ledger keeps both numbers. A name
    that has hit its stop and is wanted again is rebalanced there and then sold, as in the
    backtest; the list says what comes of both. One that changes its side is done with its stop.
    """
    decided = {} if due is None else due.weights
    priced = {s for s in account.holdings if prices.priced[position, prices.places[s]]}
    turned = {s for s in priced if account.holdings[s].side * decided.get(s, 0.0) < 0.0}
    hit = {s for s, holding in account.holdings.items() if holding.hit} - turned
    unwanted = hit - set(decided) if due is not None else set()
    unwanted &= priced
    waiting = hit - unwanted
    stops = [PaperOrder(s, STOP, -account.holdings[s].shares, 0.0) for s in sorted(waiting)]
    wanted = {s: w for s, w in decided.items() if s not in hit}
    terms = FREE_TERMS if due is None else due.terms
    target = _target(account, wanted, prices, position, terms)
    held = np.array([h.shares for h in account.holdings.values()])
    here = [prices.places[s] for s in account.holdings]
    shares = np.zeros(len(prices.symbols))
    shares[here] = held
    liquid = account.cash + float(held @ np.where(target.priced, target.prices, 0.0)[here])
    if due is None or not liquid > 0.0:
        return stops
    sizing = Sizing(min_trade=0.0, fractional=fractional, cost=cost)
    lines = order_list(target, Current(shares, account.cash), sizing).orders
    wanted_now = dict[str, PaperOrder]()
    for line in sorted(lines, key=lambda line: line.symbol):
        if line.symbol in waiting:
            continue
        before = wanted_now.get(line.symbol)  # closing and opening are one order of the ledger
        order = line.order + (before.shares if before else 0.0)
        wanted_now[line.symbol] = PaperOrder(line.symbol, REBALANCE, order, line.target_weight)
    return [*stops, *wanted_now.values()]


def _target(
    account: PaperAccount,
    wanted: dict[str, float],
    prices: Prices,
    position: int,
    terms: DecisionTerms,
) -> Target:
    quotes = prices.at(position)
    weights = np.zeros(len(prices.symbols))
    for symbol in (*wanted, *account.holdings):
        quotes.of(symbol)  # says so, if the data do not have it
        weights[prices.places[symbol]] = wanted.get(symbol, 0.0)
    return Target(
        date=prices.dates[position],
        symbols=prices.symbols,
        weights=weights,
        rebalance=True,
        decided=prices.dates[position],
        prices=prices.close[position],
        priced=prices.priced[position],
        terms=terms,
    )
