"""The result of one backtest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.backtest.metrics import METRICS, PERIODS
from mech_exo.backtest.track import PathFigures
from mech_exo.data.market import read_only
from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray
from mech_exo.data.sector_history import SectorHistory


@dataclass(frozen=True, eq=False)
class Positions:
    """What a portfolio held, and how positions ended other than by a rebalance.

    Attributes
    ----------
    holdings
        [M', N] share of the portfolio at each execution, after trading, before stops; below 0 where
        a name is sold short.
    exit_date, exit_name
        [E] position in the result's dates, and in the symbols.
    exit_reason
        [E] `stop` or `delisting`.
    exposure
        [T'] share invested at each close, less what is sold short.
    short_exposure
        [T'] share sold short at each close, not below 0; None: nothing ever is.
    """

    holdings: FloatArray
    exit_date: IntArray
    exit_name: IntArray
    exit_reason: tuple[str, ...]
    exposure: FloatArray
    short_exposure: FloatArray | None = None

    @property
    def short(self) -> FloatArray:
        """[T'] share sold short at each close, not below 0."""
        return np.zeros_like(self.exposure) if self.short_exposure is None else self.short_exposure

    def sealed(self) -> "Positions":
        """The same, in arrays that the user's functions cannot change."""
        return Positions(
            holdings=read_only(self.holdings),
            exit_date=read_only(self.exit_date),
            exit_name=read_only(self.exit_name),
            exit_reason=self.exit_reason,
            exposure=read_only(self.exposure),
            short_exposure=read_only(self.short),
        )

    def until(self, days: int, executions: int) -> "Positions":
        """The part of the first days and executions."""
        kept = int(np.searchsorted(self.exit_date, days))
        return Positions(
            holdings=self.holdings[:executions],
            exit_date=self.exit_date[:kept],
            exit_name=self.exit_name[:kept],
            exit_reason=self.exit_reason[:kept],
            exposure=self.exposure[:days],
            short_exposure=self.short[:days],
        )


@dataclass(frozen=True)
class Occupancy:
    """How often a portfolio was something else than its n best names.

    Attributes
    ----------
    positions
        n, the number of names that the candidate wants to hold.
    executions
        Number of executions of the path.
    above
        Executions after which more than n names were held, because sales were blocked.
    tied
        Executions whose decision had more names of one score than last places; symbols decided.
    empty
        Executions after which no name was held: all was cash.
    """

    positions: int
    executions: int
    above: int
    tied: int
    empty: int


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """Path of a candidate's portfolio, session by session, and its metrics (docs/metrics.md).

    Attributes
    ----------
    dates
        [T'] from the first execution date on.
    returns
        [T'] simple returns after costs, one a session.
    traded
        [M'] value traded at each execution and until the next one, over the value before.
    risk_free
        A year's simple rate.
    stopped_at
        Checkpoint at which the run was given up; None: it reached the last date.
    first
        Position of the first date in the panel's dates.
    periods_per_year
        Sessions a year: 252 of a daily market, 52 of a weekly one, 12 of a monthly one.
    """

    dates: DateArray
    returns: FloatArray
    traded: FloatArray
    risk_free: float
    stopped_at: int | None = None
    first: int = 0
    periods_per_year: float = PERIODS
    _measured: dict[str, float] = field(default_factory=dict, repr=False, kw_only=True)
    _benchmark: Callable[[], FloatArray] = field(repr=False, kw_only=True)
    _positions: Callable[[], Positions] = field(repr=False, kw_only=True)
    _tied: Callable[[], BoolArray] = field(repr=False, kw_only=True)
    _wanted: Callable[[], int] = field(repr=False, kw_only=True)
    _sectors: SectorHistory | None = field(repr=False, kw_only=True)

    def __post_init__(self) -> None:
        # the user's functions are handed the result, and limits are computed from it afterwards
        for name in ("dates", "returns", "traded"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def metric(self, name: str) -> float:
        """A metric of `backtest.metrics.METRICS` by its name; NaN where undefined."""
        if name not in self._measured:
            self._measured[name] = float(METRICS[name].function(self))
        return self._measured[name]

    if not TYPE_CHECKING:  # for the objective file; the house asks for `metric`

        def __getattr__(self, name: str) -> float:
            """A metric as an attribute: `result.sharpe`."""
            if name in METRICS:
                return self.metric(name)
            words = f"'BacktestResult' object has no attribute {name!r}"
            raise AttributeError(words, name=name, obj=self)

        def __dir__(self) -> list[str]:
            return [*super().__dir__(), *METRICS]

    @cached_property
    def benchmark_returns(self) -> FloatArray:
        """[T'] returns of the equal-weighted universe at the same invested share, or of cash."""
        return read_only(self._benchmark()[: len(self.returns)])

    @cached_property
    def figures(self) -> PathFigures:
        """What several metrics of the returns have in common."""
        return PathFigures(self.returns)

    @cached_property
    def active(self) -> PathFigures:
        """The same of the returns over the universe's."""
        return PathFigures(read_only(self.returns - self.benchmark_returns))

    @cached_property
    def monthly(self) -> FloatArray:
        """[months] compound return of each calendar month, the first and last as far as they go."""
        month = self.dates.astype("datetime64[M]")
        starts = np.flatnonzero(np.append(True, month[1:] != month[:-1]))
        return read_only(np.multiply.reduceat(1.0 + self.returns, starts) - 1.0)

    @property
    def exposure(self) -> FloatArray:
        """[T'] share invested at each close, less what is sold short."""
        return self.positions.exposure

    @property
    def short_exposure(self) -> FloatArray:
        """[T'] share sold short at each close, not below 0."""
        return self.positions.short

    @property
    def gross_exposure(self) -> FloatArray:
        """[T'] share invested and share sold short together, at each close."""
        return self.exposure + 2.0 * self.short_exposure

    @property
    def holdings(self) -> FloatArray:
        """[M', N] share of each name at each execution, after trading; below 0 for a short."""
        return self.positions.holdings

    @cached_property
    def sector_shares(self) -> Mapping[str, FloatArray]:
        """Sector -> [M'] its share of the portfolio at each execution, after trading.

        In alphabetical order; names whose sector is not in the file are the sector "unknown". Of
        sectors that change, those of the day of the decision.

        Raises
        ------
        LookupError
            Where the sectors are not known.
        """
        sectors, held = self._sectors, self.holdings
        if sectors is None:
            raise LookupError(
                "the sectors of the names are not known: data.sectors names a CSV file of them"
            )
        shares = {}
        for k, name in enumerate(sectors.labels):
            within = sectors.code == k
            part = np.where(within[: len(held)], held, 0.0) if sectors.dated else held[:, within]
            shares[name] = read_only(part.sum(axis=1))
        return MappingProxyType(shares)

    @property
    def knows_sectors(self) -> bool:
        """Whether there are sectors to take shares of."""
        return self._sectors is not None

    @cached_property
    def positions(self) -> Positions:
        """What was held; simulated again unless the run kept it."""
        return self._positions().sealed()

    @cached_property
    def occupancy(self) -> Occupancy:
        """Executions with too many names, none, or some chosen by a tie; computed when asked."""
        executions = len(self.traded)
        held = np.count_nonzero(self.holdings, axis=1)
        wanted = self._wanted()
        return Occupancy(
            positions=wanted,
            executions=executions,
            above=int(np.count_nonzero(held > wanted)),
            tied=int(np.count_nonzero(self._tied()[:executions])),
            empty=int(np.count_nonzero(held == 0)),
        )

    def metrics(self) -> dict[str, float]:
        """All metrics by name, in a fixed order; NaN where undefined."""
        return {name: self.metric(name) for name in METRICS}
