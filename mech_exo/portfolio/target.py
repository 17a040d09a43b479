"""What the model wants to hold after the next close."""

from dataclasses import dataclass, replace

import numpy as np

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.depth import Depth, TradingTerms
from mech_exo.backtest.score_table import lay_out
from mech_exo.backtest.selection import Selector
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.room import Room
from mech_exo.construction.targets import target_weights
from mech_exo.data.panel import BoolArray, FloatArray, Panel
from mech_exo.data.prices import last_known
from mech_exo.portfolio.book import Book, last_book
from mech_exo.portfolio.decision_terms import FREE_TERMS, DecisionTerms
from mech_exo.portfolio.model import Model


@dataclass(frozen=True, eq=False)
class Target:
    """What to hold after the close of the session after `date`.

    Attributes
    ----------
    date
        Last session of the data, at whose close everything here is known.
    symbols
        [N] names.
    weights
        [N] wanted share of the portfolio; below 0: sold short.
    rebalance
        Whether a decision is executed at the next close; if not, the model portfolio is merely
        kept, less what its stops sell.
    decided
        Date of the scores behind the weights.
    prices
        [N] last known close; NaN before the first.
    priced
        [N] whether that close is of `date`.
    terms
        On which the trades are made.
    """

    date: np.datetime64
    symbols: tuple[str, ...]
    weights: FloatArray
    rebalance: bool
    decided: np.datetime64
    prices: FloatArray
    priced: BoolArray
    terms: DecisionTerms = FREE_TERMS

    @property
    def plain(self) -> bool:
        """Whether nothing is short or borrowed."""
        return self.terms.max_gross <= 1.0 and not bool((self.weights < 0.0).any())


@dataclass(frozen=True, eq=False)
class Decided:
    """What a decision wants: signed target weights [N], and the terms on which they are traded."""

    weights: FloatArray
    terms: DecisionTerms = FREE_TERMS


def decide(panel: Panel, candidate: Candidate, row: int, rules: BacktestSettings) -> Decided:
    """The decision at rebalance row `row`, as the backtest makes it.

    Of a mandate that is not plain the decisions up to it are looked at, as it may depend on them;
    later ones are not.

    Raises
    ------
    ExoError
        If the mandate or the impact of trading needs what the data do not have.
    """
    if not candidate.mandate.plain or rules.impact:
        return _by_mandate(panel, candidate, row, rules)
    only = panel.deciding(slice(row, row + 1))
    chosen = np.zeros((1, len(panel.symbols)), dtype=bool)
    number = np.zeros(1, dtype=np.int64)
    Selector(lay_out(only, 1)).choose(candidate, 0, 1, chosen, number)
    weight = min(candidate.position_size_pct, candidate.invested / max(int(number[0]), 1))
    return Decided(np.where(chosen[0], weight, 0.0))


def _by_mandate(panel: Panel, candidate: Candidate, row: int, rules: BacktestSettings) -> Decided:
    mandate, past = candidate.mandate, panel.deciding(slice(0, row + 1))
    known = DecisionData.of(past, row + 1).until(row + 1)
    scores = Selector(lay_out(past, row + 1)).composite(candidate)
    room = Room(candidate.positions, candidate.invested, candidate.position_size_pct)
    weights = target_weights(scores, known, room, mandate)
    trading = TradingTerms.of(rules, mandate, lambda: Depth.known(known))
    weights = trading.can_trade(weights)[row]
    return Decided(weights, DecisionTerms.of(mandate, trading, panel.symbols, row))


def next_target(model: Model) -> Target:
    """The target of the close after the model's last date.

    A decision that falls due then is the target; otherwise it is the model portfolio as it stands
    (names that were stopped are cash until the next rebalance, as in the backtest). With
    `stop_lag: 1`, a position that hit its stop at the last close is not wanted.
    """
    panel, rules = model.panel, model.session.settings.backtest
    due = np.flatnonzero(panel.rebalance + rules.execution_lag == len(panel.dates))
    book, close = last_book(model), model.session.market.close
    priced = ~np.isnan(close[-1])
    if len(due):
        row = int(due[0])
        decided = decide(panel, model.candidate, row, rules)
    else:
        row = len(model.kernel.schedule.executed) - 1
        # kept as it is: neither left within a band nor cut, but trading costs what it costs
        terms = decide(panel, model.candidate, row, rules).terms
        decided = Decided(book.weights, replace(terms, band=0.0, most=None))
    weights = np.where(_stopped(book, decided.weights, priced), 0.0, decided.weights)
    return Target(
        date=panel.dates[-1],
        symbols=panel.symbols,
        weights=weights,
        rebalance=bool(len(due)),
        decided=panel.dates[panel.rebalance[row]],
        prices=last_known(close)[-1],
        priced=priced,
        terms=decided.terms,
    )


def _stopped(book: Book, weights: FloatArray, priced: BoolArray) -> BoolArray:
    """[N] whose stop closes them; a name that changes its side is a new position."""
    stopped: BoolArray = book.hit & ~((book.weights * weights < 0.0) & priced)
    return stopped
