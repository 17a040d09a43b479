"""The Panel: everything that a backtest may know, in read-only arrays."""

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.frequency import DAILY, Frequency
from mech_exo.data.sector_history import SectorHistory

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
DateArray = NDArray[np.datetime64]

_ARRAYS = ("dates", "returns", "exposures", "rebalance", "tradable")
_OPTIONAL = ("eligible", "adv", "size", "past")


@dataclass(frozen=True, eq=False)
class Panel:
    """A point-in-time data set, ready to be backtested.

    Attributes
    ----------
    dates
        [T] datetime64[D], strictly increasing.
    symbols
        [N] names, sorted.
    returns
        [T, N] simple close-to-close total returns; NaN where the name has no price that day or
        has had none before.
    exposures
        [M, N, K] standardised factor scores on the rebalance dates; NaN where unknown.
    factor_names, factor_categories
        [K] names and their categories (fundamental, technical, sentiment or the user's own).
    rebalance
        [M] positions in `dates` at whose close a portfolio is decided, strictly increasing.
    tradable
        [M, N] whether the name can be chosen on the rebalance date: it has a price, and is in the
        universe.
    missing_factors
        Known factors for which the source has no data (name -> category); their weight is 0.
    computed
        Those of `factor_names` that were computed from closes, whose windows can be changed.
    sectors
        The sector of each name, on all dates or on each rebalance date [M, N]; None where they are
        not known.
    eligible
        [M, N] whether the name is in the universe on the rebalance date, priced or not; None where
        nothing narrows it.
    adv
        [M, N] money traded in a session, as known at the close of the rebalance date
        (`liquidity.turnover`); NaN where unknown. None where the data have no volume.
    size
        [M, N] size of the company, as known then (`liquidity.market_cap`); None without any.
    past
        [B, N] returns of the sessions before `dates`; None where there are none. What a decision
        is made on may look back at them, a score never needs to.
    source
        What the data is, in words for the user.
    frequency
        How many sessions a year has.
    """

    dates: DateArray
    symbols: tuple[str, ...]
    returns: FloatArray
    exposures: FloatArray
    factor_names: tuple[str, ...]
    factor_categories: tuple[str, ...]
    rebalance: IntArray
    tradable: BoolArray
    missing_factors: dict[str, str] = field(default_factory=dict)
    computed: tuple[str, ...] = ()
    sectors: SectorHistory | None = None
    eligible: BoolArray | None = None
    adv: FloatArray | None = None
    size: FloatArray | None = None
    past: FloatArray | None = None
    source: str = ""
    frequency: Frequency = DAILY

    def __post_init__(self) -> None:
        object.__setattr__(self, "dates", np.asarray(self.dates, dtype="datetime64[D]"))
        object.__setattr__(self, "rebalance", np.asarray(self.rebalance, dtype=np.int64))
        t, n, m, k = len(self.dates), len(self.symbols), len(self.rebalance), len(self.factor_names)
        expected = {
            "returns": (t, n),
            "exposures": (m, n, k),
            "tradable": (m, n),
            "eligible": (m, n),
            "adv": (m, n),
            "size": (m, n),
        }
        for name, shape in expected.items():
            given = getattr(self, name)
            if given is None:
                continue
            actual = given.shape
            if actual != shape:
                raise ValueError(f"Panel.{name} has shape {actual}, expected {shape}")
        if t > 1 and not (np.diff(self.dates) > np.timedelta64(0, "D")).all():
            raise ValueError("Panel.dates must increase strictly")
        if m and (
            self.rebalance[0] < 0 or self.rebalance[-1] >= t or (np.diff(self.rebalance) < 1).any()
        ):
            raise ValueError("Panel.rebalance must increase strictly within the dates")
        for name in (*_ARRAYS, *_OPTIONAL):
            if getattr(self, name) is None:
                continue
            array = np.ascontiguousarray(getattr(self, name))
            if array.flags.writeable:
                array = array.copy() if array is getattr(self, name) else array
                array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def periods_per_year(self) -> float:
        """Sessions a year."""
        return self.frequency.periods_per_year

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over names, shapes, dtypes and bytes in a fixed order, and over the sessions a
        year where they are not those of a daily market.
        """
        digest = hashlib.sha256()
        names = (self.symbols, self.factor_names, self.factor_categories)
        digest.update(repr((names, sorted(self.missing_factors.items()))).encode())
        if not self.frequency.usual:
            digest.update(repr(self.periods_per_year).encode())
        for name in _ARRAYS:
            array: NDArray[Any] = getattr(self, name)
            digest.update(repr((name, array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        return digest.hexdigest()

    def between(self, start: int, stop: int) -> "Panel":
        """The panel of the dates at positions `start` to `stop` (exclusive).

        Scores are kept as they were computed, from all that was known at each date; rebalance
        dates outside the range are dropped.
        """
        keep = slice(*np.searchsorted(self.rebalance, (start, stop)).tolist())  # nothing is copied
        return replace(
            self,
            dates=self.dates[start:stop],
            returns=self.returns[start:stop],
            past=self.until(start),
            rebalance=self.rebalance[keep] - start,
            **self.of_rebalances(keep),
        )

    def deciding(self, rows: slice) -> "Panel":
        """The panel with the rebalance dates in `rows` only, on all of its dates."""
        return replace(self, rebalance=self.rebalance[rows], **self.of_rebalances(rows))

    def until(self, start: int) -> FloatArray | None:
        """The returns [B, N] of all sessions before position `start`; None if there are none."""
        if not start:
            return self.past
        before = self.returns[:start]  # nothing is copied
        return before if self.past is None else np.concatenate([self.past, before])

    def of_rebalances(self, rows: slice | IntArray) -> dict[str, Any]:
        """What has one row for each rebalance date beside `rebalance`, cut to `rows`."""
        whole = {name: getattr(self, name) for name in ("eligible", "adv", "size")}
        return {
            "exposures": self.exposures[rows],
            "tradable": self.tradable[rows],
            **{name: None if array is None else array[rows] for name, array in whole.items()},
            "sectors": None if self.sectors is None else self.sectors.at(rows),
        }

    @property
    def choice(self) -> BoolArray | None:
        """[T, N] whether the last decision before the day could choose a name.

        Before the first decision, whether that could. None where nothing narrows the universe.
        """
        if self.eligible is None:
            return None
        row = np.searchsorted(self.rebalance, np.arange(len(self.dates)), side="left") - 1
        could: BoolArray = self.tradable[np.maximum(row, 0)]
        return could

    def split(self, holdout_fraction: float) -> int:
        """Position of the first holdout date.

        It is the first rebalance date at or after the share 1 − `holdout_fraction` of all dates,
        so that the in-sample part ends before a decision of the holdout; T if there is none.
        """
        cut = int(np.ceil(len(self.dates) * (1.0 - holdout_fraction)))
        at = int(np.searchsorted(self.rebalance, cut))
        if holdout_fraction <= 0.0 or at >= len(self.rebalance):
            return len(self.dates)
        return int(self.rebalance[at])
