"""The orders for the next close: what `exo portfolio` lists for the account's own positions."""

import numpy as np

from mech_exo.paper.ledger import PaperOrder
from mech_exo.paper.paper_account import REBALANCE, STOP, PaperAccount, PaperDecision
from mech_exo.paper.quotes import Prices
from mech_exo.portfolio.orders import Sizing, order_list
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
    backtest; the list says what comes of both.
    """
    decided = {} if due is None else due.weights
    hit = {symbol for symbol, holding in account.holdings.items() if holding.hit}
    unwanted = hit - set(decided) if due is not None else set()
    unwanted -= {s for s in unwanted if not prices.priced[position, prices.places[s]]}
    waiting = hit - unwanted
    stops = [PaperOrder(s, STOP, -account.holdings[s].shares, 0.0) for s in sorted(waiting)]
    wanted = {s: w for s, w in decided.items() if s not in hit}
    target = _target(account, wanted, prices, position)
    held = np.array([h.shares for h in account.holdings.values()])
    here = [prices.places[s] for s in account.holdings]
    shares = np.zeros(len(prices.symbols))
    shares[here] = held
    liquid = account.cash + float(held @ np.where(target.priced, target.prices, 0.0)[here])
    if due is None or not liquid > 0.0:
        return stops
    sizing = Sizing(min_trade=0.0, fractional=fractional, cost=cost)
    lines = order_list(target, Current(shares, account.cash), sizing).orders
    return stops + [
        PaperOrder(line.symbol, REBALANCE, line.order, line.target_weight)
        for line in sorted(lines, key=lambda line: line.symbol)
        if line.symbol not in waiting
    ]


def _target(
    account: PaperAccount, wanted: dict[str, float], prices: Prices, position: int
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
    )
