"""What was held over time: exposures, sectors, turnover, number of names, capacity."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

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
    executions, traded, names
        [M] dates of the executions, value traded then and until the next one (a share of the
        portfolio, both sides), and how many names were held afterwards.
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
    traded: FloatArray
    names: IntArray
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
    parts = [track for track in (runs.inside, runs.outside) if track is not None]
    results = [track.result for track in parts]
    occupancy = runs.inside.result.occupancy
    return BookHistory(
        dates=np.concatenate([r.dates for r in results]),
        net=np.concatenate([r.exposure for r in results]),
        gross=np.concatenate([r.gross_exposure for r in results]),
        short=np.concatenate([r.short_exposure for r in results]),
        executions=np.concatenate([track.executed_dates for track in parts]),
        traded=np.concatenate([r.traded for r in results]),
        names=np.concatenate([np.count_nonzero(r.holdings, axis=1) for r in results]),
        sectors=_sectors([r.sector_shares for r in results])
        if all(r.knows_sectors for r in results)
        else None,
        wanted=occupancy.positions,
        above=occupancy.above,
        tied=occupancy.tied,
        capacity=best.capacity,
    )


def _sectors(shares: list[Mapping[str, FloatArray]]) -> dict[str, FloatArray]:
    lengths = [len(next(iter(part.values()))) for part in shares]
    names = sorted({name for part in shares for name in part})
    return {
        name: np.concatenate(
            [part.get(name, np.zeros(n)) for part, n in zip(shares, lengths, strict=True)]
        )
        for name in names
    }
