"""Rebalancing a portfolio at one execution after the other, and its value in between."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.costs import self_financing
from mech_exo.data.panel import FloatArray, IntArray

RUIN = 1e-15  # a portfolio worth less than this of its value at the last rebalance is lost
ROUGH_PASSES = 12  # at most, before full ones
NOTHING = 1e-12  # if no more than this share of a portfolio can be traded, nothing is bought


class SegmentBook(ABC):
    """What is held in G segments in a row, whatever it is worth.

    A name is bought at an execution, at the target weight, or set aside there if it has no price.

    Attributes
    ----------
    names
        [G] number of names bought at each execution.
    last
        [G] Σ over them of what a unit becomes by the end of the segment.
    aside_segment, aside_last
        [S] names set aside: their segment, by which they are ordered, and what a unit becomes.
    """

    names: IntArray
    last: FloatArray
    aside_segment: IntArray
    aside_last: FloatArray

    @abstractmethod
    def bring_forward(
        self, target: FloatArray, aside_share: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Positions that meet the next execution, given the shares after the one before.

        Returns their values in the names set aside [S] and altogether [G], by that execution.
        """

    @abstractmethod
    def match(self, scale: FloatArray) -> FloatArray:
        """Scale [G] the positions brought forward; returns Σ [G] over the names bought."""

    @abstractmethod
    def below(self, target: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Names bought that bring less than a target [G]: number, and Σ of their positions."""


@dataclass(eq=False)
class Settlement:
    """The portfolio's shares after each of G executions; its value after it is the unit.

    Attributes
    ----------
    target
        [G] share of each name bought.
    aside_share
        [S] share of each name set aside.
    cash
        [G]
    closing
        [G] value at the end of the segment.
    ratio
        [G] value after the execution over that before; 0 once the portfolio is lost.
    traded
        [G] value traded over that before.
    idle
        [I] executions, ascending, that bought names with nothing to buy them with: all value was
        set aside. The first is certain; if its names are left out, a later one may be none.
    """

    target: FloatArray
    aside_share: FloatArray
    cash: FloatArray
    closing: FloatArray
    ratio: FloatArray
    traded: FloatArray
    idle: IntArray


def settle(book: SegmentBook, weight: FloatArray, cost: float, opening: float) -> Settlement:
    """Trade at every execution.

    Parameters
    ----------
    weight
        [G] target weight of the names bought, in the part of the portfolio that can be traded.
    cost
        Of one unit of value traded.
    opening
        Value before the first execution, in the unit of the positions held before it.

    Notes
    -----
    A segment depends on the one before only through the names set aside. Without any, one pass
    settles all; with them, passes are repeated until nothing changes, at most one for each segment.
    So there is one solution, whatever the first pass begins with: a few rough passes, each with one
    step towards x, bring it near. The last pass, which changes nothing, is a full one.
    """
    segments, of = len(weight), book.aside_segment
    part = np.ones(segments)
    share = np.zeros(len(of))
    before = np.empty(segments)
    before[0] = opening
    rough = 0 if len(of) else ROUGH_PASSES  # passes that were
    near = np.ones(segments) if rough < ROUGH_PASSES else None
    while True:
        target = weight * part
        cash = 1.0 - target * book.names
        closing = cash + target * book.last
        if len(of):
            cash = cash - np.bincount(of, share, segments)
            closing = closing + np.bincount(of, share * (book.aside_last - 1.0), segments)
        before[1:] = closing[:-1]
        held_aside, total = book.bring_forward(target, share)
        kept: FloatArray = np.bincount(of, held_aside, segments).astype(np.float64, copy=False)
        liquid, scale = _liquid(before, kept)
        matched = book.match(scale)
        out = (total - kept) * scale - matched
        x, trades = self_financing(cost, weight, book.names, matched, out, book.below, near)
        after = liquid * x + kept
        lost = before <= RUIN
        after[lost] = 0.0
        if not len(of):
            break
        whole = np.where(lost, 1.0, after)
        new_part, new_share = liquid * x / whole, held_aside / whole[of]
        same = np.array_equal(new_part, part) and np.array_equal(new_share, share)
        if same and near is None:
            break
        rough = ROUGH_PASSES if same else rough + 1
        near = x if rough < ROUGH_PASSES else None
        part, share = new_part, new_share
    base = np.where(lost, 1.0, before)
    idle = of[:0]
    if len(of):
        idle = np.flatnonzero((liquid <= NOTHING * before) & ~lost & (book.names > 0))
    return Settlement(target, share, cash, closing, after / base, liquid * trades / base, idle)


def _liquid(before: FloatArray, kept: FloatArray) -> tuple[FloatArray, FloatArray]:
    """[G] what can be traded of the values before, and its inverse; 0 and 0 where it is nothing."""
    liquid = before - kept
    if liquid.min() > RUIN:
        return liquid, 1.0 / liquid
    liquid[(before <= RUIN) | (liquid <= 0.0)] = 0.0
    scale: FloatArray = np.divide(1.0, liquid, out=np.zeros_like(liquid), where=liquid > 0.0)
    return liquid, scale


def daily_growth(
    settlement: Settlement,
    day_segment: IntArray,
    daily: FloatArray,
    aside: tuple[IntArray, FloatArray],
    opened: FloatArray,
) -> FloatArray:
    """Gross return at each close, from the first execution's on.

    Parameters
    ----------
    day_segment
        [days] segment of each close after the first execution's, ascending; each segment's last
        close is that of the next execution.
    daily
        [days] Σ over the names bought of what a unit has become.
    aside
        For the names set aside, their segments [S] and what a unit becomes [S, W].
    opened
        [G] value after the execution and the stops at its close.
    """
    value = settlement.target.take(day_segment)
    value *= daily
    value += settlement.cash.take(day_segment)
    begin = np.searchsorted(day_segment, np.arange(len(opened) + 1))
    of, growth = aside
    if len(of):
        day = begin[of][:, None] + np.arange(growth.shape[1])
        inside = day < begin[of + 1][:, None]
        np.add.at(value, day[inside], (settlement.aside_share[:, None] * growth)[inside])
    return gross_returns_of(value, begin, opened, settlement.ratio)


def gross_returns_of(
    value: FloatArray, begin: IntArray, opened: FloatArray, ratio: FloatArray
) -> FloatArray:
    """Gross return [1 + days] at each close, from the first execution's on.

    Parameters
    ----------
    value
        [days] at each close after the first execution's; the unit is the value after the
        execution of the close's segment.
    begin
        [G + 1] where each segment's days begin, and their number.
    opened
        [G] value after the execution and the stops at its close.
    ratio
        [G] value after the execution over that before.
    """
    gross = np.empty(len(value) + 1)
    gross[0] = 1.0
    previous = np.empty_like(value)
    previous[1:] = value[:-1]
    some = begin[:-1] < begin[1:]
    previous[begin[:-1][some]] = opened[some]
    with np.errstate(divide="ignore", invalid="ignore"):  # after a bankruptcy
        np.divide(value, previous, out=gross[1:])
    # backwards: a last segment of no session has the last word, not the pause that begins with it
    gross[begin[-2::-1]] *= (ratio * opened)[::-1]
    return gross
