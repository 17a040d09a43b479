"""What was held over time: exposures, sectors, turnover, number of names, capacity."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.calendar_years import CalendarYear
from mech_exo.backtest.capacity import Capacity
from mech_exo.data.panel import DateArray, FloatArray, IntArray
from mech_exo.tearsheet.parts.courses import no_backtest
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported


@dataclass(frozen=True, eq=False)
class BookHistory:
    """In sample and on the holdout, one after the other.

    Attributes
    ----------
    dates, net, gross, short
        [T] sessions, and shares of the portfolio at their closes: invested less sold short, both
        together, sold short.
    executions, names
        [M] dates of the executions, and how many names were held afterwards.
    years
        As `exo backtest` has them, with the turnover of each.
    sectors
        Sector -> [M] its share after the execution; None where the sectors are not known.
    wanted
        Number of names that a rebalance asks for.
    above, tied
        Executions in sample after which more were held, and which a tie decided.
    capacity
        None where nothing is known of the trading.
    """

    dates: DateArray
    net: FloatArray
    gross: FloatArray
    short: FloatArray
    executions: DateArray
    names: IntArray
    years: tuple[CalendarYear, ...]
    sectors: Mapping[str, FloatArray] | None
    wanted: int
    above: int
    tied: int
    capacity: Capacity | None

    @property
    def sells_short(self) -> bool:
        """Whether anything was ever sold short."""
        return bool((self.short > 0.0).any())


def book_history(reported: Reported) -> BookHistory | Missing:
    """From the backtests."""
    runs, best = reported.runs, reported.best
    if runs is None or best is None:
        return no_backtest(reported)
    held = runs.whole.result
    occupancy = runs.inside.result.occupancy
    return BookHistory(
        dates=held.dates,
        net=held.exposure,
        gross=held.gross_exposure,
        short=held.short_exposure,
        executions=runs.whole.executed_dates,
        names=np.count_nonzero(held.holdings, axis=1),
        years=runs.whole.years,
        sectors=held.sector_shares if held.knows_sectors else None,
        wanted=occupancy.positions,
        above=occupancy.above,
        tied=occupancy.tied,
        capacity=best.capacity,
    )
