"""A log of what a run held."""

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.account import Account
from mech_exo.backtest.exits import AT_ONCE, GONE, HELD, WITHIN, Exits
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Holdings
from mech_exo.backtest.result import Positions
from mech_exo.backtest.schedule import Schedule
from mech_exo.backtest.units import Units
from mech_exo.data.panel import FloatArray, IntArray


class PositionLog:
    """Collects positions while a run goes on."""

    def __init__(self, growth: Growth, schedule: Schedule) -> None:
        self.growth = growth
        self.schedule = schedule
        self._shares = list[FloatArray]()
        self._exits = list[tuple[int, int, str]]()
        self._exposure = np.zeros(len(schedule.dates) - schedule.first)

    def add(
        self, holdings: Holdings, exits: Exits, units: Units, account: Account, cost: float
    ) -> None:
        """Log one run of segments."""
        stint = holdings.stint
        start, segments = stint.start, len(stint.segment)
        names = self.growth.index.shape[1]
        shares = np.zeros((segments, names))
        shares[holdings.segment, holdings.name] = account.share
        executed = self.schedule.executed[stint.segment] - self.schedule.first
        within = (exits.kind == WITHIN) | ((exits.kind == HELD) & (units.exit_day > 0))
        for h in np.flatnonzero(within | (exits.kind == AT_ONCE)).tolist():
            day = int(executed[holdings.segment[h]] + units.exit_day[h])
            reason = "delisting" if exits.kind[h] == HELD else "stop"
            self._exits.append((day, int(holdings.name[h]), reason))
        self._shares.append(shares)
        ends = np.cumsum(stint.length)
        for g in range(segments):
            mine = holdings.segment == g
            length = int(self.schedule.length[start + g])
            daily = account.gross[1 + ends[g] - length : 1 + ends[g]]
            self._exposure[executed[g] : executed[g] + length + 1] = self._invested(
                start + g,
                holdings.name[mine],
                exits.kind[mine],
                units.exit_day[mine],
                account.share[mine],
                daily,
                cost,
            )

    def _invested(
        self,
        g: int,
        name: IntArray,
        kind: NDArray[np.int8],
        exit_day: NDArray[np.int32],
        share: FloatArray,
        daily: FloatArray,
        cost: float,
    ) -> FloatArray:
        """Invested share [length + 1] at the execution's close and at each one after it."""
        held = (kind != AT_ONCE) & (kind != GONE)
        block = int(self.growth.block[g])
        rows = self.growth.rows(self.growth.path, block)[self.growth.row[g] + name]
        units = np.column_stack([np.ones(len(name)), rows[:, : len(daily)]])
        days = np.arange(len(daily) + 1)
        there = held[:, None] & ((exit_day == 0)[:, None] | (days < exit_day[:, None]))
        value = 1.0 - cost * float(share[kind == AT_ONCE].sum())
        values = value * np.append(1.0, np.cumprod(daily))
        invested: FloatArray = (share[:, None] * units * there).sum(axis=0)
        return np.divide(invested, values, out=np.zeros_like(values), where=values > 0.0)

    def positions(self, days: int, executions: int, ruined: int) -> Positions:
        """The positions of the first days and executions; none from day `ruined` on."""
        exits = sorted(e for e in self._exits if e[0] < days and e[0] <= ruined)
        holdings = np.vstack(self._shares)[:executions]
        executed = self.schedule.executed[:executions] - self.schedule.first
        holdings[executed >= ruined] = 0.0
        exposure = self._exposure[:days].copy()
        exposure[ruined:] = 0.0
        return Positions(
            holdings=holdings,
            exit_date=np.array([e[0] for e in exits], dtype=np.int64),
            exit_name=np.array([e[1] for e in exits], dtype=np.int64),
            exit_reason=tuple(e[2] for e in exits),
            exposure=exposure,
        )
