"""When a panel's decisions are traded, and the segments between the trades."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray, Panel
from mech_exo.errors import ExoError
from mech_exo.system.memory import in_pieces
from mech_exo.system.running import running


@dataclass(frozen=True, eq=False)
class Schedule:
    """The executed decisions of a panel; segment g is what follows execution g.

    Attributes
    ----------
    dates
        [T] the panel's dates.
    executed
        [G] positions in `dates` at whose close decision g (row g of the panel's) is traded.
    length
        [G] sessions after execution g up to and including the next one (the last date at the end).
    checkpoints
        [Y] exclusive positions of calendar year-ends after the first execution; the last is T.
    periods_per_year
        [1] sessions a year, an array as all that processes share.
    """

    dates: DateArray
    executed: IntArray
    length: IntArray
    checkpoints: IntArray
    periods_per_year: FloatArray

    @property
    def first(self) -> int:
        """Position of the first execution, where every path begins."""
        return int(self.executed[0])

    @cached_property
    def _stints(self) -> dict[tuple[int, int, int], "Stint"]:
        return {}

    def stint(self, start: int, stop: int, candidates: int = 1) -> "Stint":
        """Segments `start` to `stop` (exclusive), once for each of several candidates."""
        key = start, stop, candidates
        if key not in self._stints:
            self._stints[key] = Stint.of(self.length, *key)
        return self._stints[key]

    @cached_property
    def _day_segment(self) -> IntArray:
        return np.repeat(np.arange(len(self.length)), self.length)

    def day_segment(self, start: int, stop: int) -> IntArray:
        """Segment, counted from `start`, of each close after execution `start`, until `stop`."""
        first = self.first + 1
        low = int(self.executed[start]) + 1 - first
        high = low + int(self.length[start:stop].sum())
        days: IntArray = self._day_segment[low:high]
        return days - start if start else days

    def segments_before(self, position: int) -> int:
        """How many segments begin before a position in the dates."""
        return int(np.searchsorted(self.executed, position))


@dataclass(frozen=True, eq=False)
class Stint:
    """Segments that are simulated in one pass, in a row: S of them.

    Those of one candidate, or those of several, one candidate after the other. After each of
    several comes a pause, a session in which nothing is held: so nothing goes on from one candidate
    to the next, who begins with cash.

    Attributes
    ----------
    start, stop
        The first segment of the schedule, and the one after the last.
    segment
        [S] segment of the schedule; a pause stands for the last one.
    length
        [S] sessions.
    day_segment
        [days] which of the S each session is of.
    opening, pause
        [C] where the segments of each candidate begin; [C] the pauses, or [0] of one candidate.
    goes_on
        Whether the schedule has segments after these.
    """

    start: int
    stop: int
    segment: IntArray
    length: IntArray
    day_segment: IntArray
    opening: IntArray
    pause: IntArray
    goes_on: bool

    @classmethod
    def of(cls, length: IntArray, start: int, stop: int, candidates: int) -> "Stint":
        """Segments `start` to `stop` of a schedule's lengths [G]."""
        segment, sessions = np.arange(start, stop), length[start:stop]
        opening, pause = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
        if candidates > 1:
            segment = np.tile(np.append(segment, stop - 1), candidates)
            sessions = np.tile(np.append(sessions, 1), candidates)
            opening = np.arange(candidates) * (stop - start + 1)
            pause = opening + (stop - start)
        days = np.repeat(np.arange(len(segment)), sessions)
        goes_on = stop < len(length)
        return cls(start, stop, segment, sessions, days, opening, pause, goes_on)


def plan(panel: Panel, execution_lag: int) -> Schedule:
    """The schedule of a panel's decisions.

    Raises
    ------
    ExoError
        If no decision can be executed by the last date.
    """
    sessions = len(panel.dates)
    executed = panel.rebalance + execution_lag
    executed = executed[executed < sessions]
    if not len(executed):
        raise ExoError(
            f"{panel.source or 'The panel'}: none of {len(panel.rebalance)} rebalance dates can be "
            f"executed, {execution_lag} sessions later, by the last of {sessions} dates.",
            hint="Use a longer date range, or lower factors.min_history.",
        )
    years = panel.dates.astype("datetime64[Y]")
    ends = np.append(np.flatnonzero(years[1:] != years[:-1]) + 1, sessions)
    return Schedule(
        dates=panel.dates,
        executed=executed,
        length=np.diff(executed, append=sessions - 1),
        checkpoints=ends[ends > executed[0]].astype(np.int64),
        periods_per_year=np.array([panel.periods_per_year]),
    )


def check_returns(panel: Panel, delist_after: int) -> None:
    """Refuse returns that no portfolio can have, and data that has stopped.

    Parameters
    ----------
    delist_after
        In sessions.

    Raises
    ------
    ExoError
        Names the symbol and the date, or the dates without any price.
    """
    some = np.zeros(0, dtype=np.bool_)
    for part in in_pieces(panel.returns):
        bad = np.isinf(part) | (part < -1.0)
        if bad.any():
            t, n = np.argwhere(bad)[0]
            raise ExoError(
                f"{panel.source or 'The panel'}: {panel.symbols[n]} has a return of "
                f"{part[t, n]} on {panel.dates[len(some) + t]}.",
                hint="Mend its prices: a return is a finite number, -1 at least.",
            )
        some = np.append(some, np.isfinite(part).any(axis=1))
    if not some.any():
        raise ExoError(f"{panel.source or 'The panel'}: no name has a return on any date.")
    start, stop = longest_gap(some)
    if stop - start >= delist_after:
        raise ExoError(
            f"{panel.source or 'The panel'}: the data is stale, no name has a price from "
            f"{panel.dates[start]} to {panel.dates[stop - 1]} ({stop - start} sessions).",
            hint="Update the prices, end the date range before, or raise backtest.delist_after.",
        )


def longest_gap(some: BoolArray) -> tuple[int, int]:
    """The longest run of False [T] after the first True, as start and exclusive stop."""
    edges = np.append(np.flatnonzero(some), len(some))
    widest = int(np.argmax(np.diff(edges)))
    return int(edges[widest]) + 1, int(edges[widest + 1])


def sessions_without_price(returns: FloatArray, before: IntArray | None = None) -> IntArray:
    """Sessions in a row [T, N] without a price, up to each close; −1 before the first price.

    Parameters
    ----------
    before
        [N] the same at the close before the first of the returns; None: no name had a price yet.
    """
    sessions = np.arange(len(returns), dtype=np.int64)[:, None]
    never = np.iinfo(np.int64).min // 2
    earlier = never if before is None else np.where(before >= 0, -1 - before, never)
    last = np.where(np.isfinite(returns), sessions, earlier)
    running(np.maximum, last, out=last)
    return np.where(last > never, sessions - last, -1)
