"""One pass over segments: what is chosen is bought, stopped, followed and settled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.account import Account, keep_account
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Carry, list_holdings
from mech_exo.backtest.positions import PositionLog
from mech_exo.backtest.schedule import Stint
from mech_exo.backtest.scratch import Scratch
from mech_exo.backtest.selection import Selector
from mech_exo.backtest.stops import stop_out
from mech_exo.backtest.units import follow
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import BoolArray, FloatArray

TOGETHER = 2**17  # closes of holdings that several candidates have in one pass, to stay in a cache


@dataclass(frozen=True, eq=False)
class Choice:
    """What candidates buy in the segments of a stint.

    Attributes
    ----------
    chosen
        [S, N] names; none in a pause. A simulation overwrites it.
    weight
        [S] target weight of each, in the part of the portfolio that can be traded.
    stop_loss
        [S] loss since the reference at which they are sold.
    """

    chosen: BoolArray
    weight: FloatArray
    stop_loss: FloatArray


def grouped(candidates: Sequence[Candidate], sessions: int) -> Iterator[list[Candidate]]:
    """The candidates in their order, those of one pass over so many sessions in one list."""
    group, closes = list[Candidate](), 0
    for candidate in candidates:
        more = candidate.positions * sessions if candidate.mandate.plain else TOGETHER
        if group and closes + more > TOGETHER:
            yield group
            group, closes = [], 0
        group.append(candidate)
        closes += more
    if group:
        yield group


def choose(selector: Selector, candidates: list[Candidate], stint: Stint, names: int) -> Choice:
    """What each of a stint's candidates buys, of so many names."""
    segments, length = len(stint.segment), stint.stop - stint.start
    chosen = np.zeros((segments, names), dtype=np.bool_)
    number = np.zeros(segments, dtype=np.int64)
    weight, stop_loss = np.zeros(segments), np.ones(segments)
    for candidate, begin in zip(candidates, stint.opening.tolist(), strict=True):
        part = slice(begin, begin + length)
        selector.choose(candidate, stint.start, stint.stop, chosen[part], number[part])
        each = candidate.invested / np.maximum(number[part], 1)
        np.minimum(candidate.position_size_pct, each, out=weight[part])
        stop_loss[part] = candidate.stop_loss_pct
    return Choice(chosen, weight, stop_loss)


def simulate(
    growth: Growth,
    rules: BacktestSettings,
    stint: Stint,
    choice: Choice,
    carry: Carry,
    scratch: Scratch,
    log: PositionLog | None = None,
) -> Account:
    """The account of a stint.

    What was bought for nothing was not bought: it is taken out, and the account kept again.
    """
    reference, lag, cost = rules.stop_reference, rules.stop_lag, rules.cost
    while True:
        holdings = list_holdings(growth, choice.chosen, stint, carry, scratch)
        exits = stop_out(growth, holdings, choice.stop_loss, reference, lag, carry)
        units = follow(growth, holdings, exits, cost, scratch)
        account = keep_account(holdings, exits, units, choice.weight, cost, carry)
        if not len(account.idle):
            break
        choice.chosen[account.idle[0]] = False
    if log is not None:
        log.add(holdings, exits, units, account, cost)
    return account
