"""Limits that a candidate must keep: the built-in ones, each an entry, and the user's own.

A constraint of the objective file is a constant (`MAX_TURNOVER = 4.0`); a file without the constant
has no such constraint. All else follows from the entry in `CONSTRAINTS`: the study's and the
dashboard's names, tables, JSON, factor file, docs/metrics.md.
"""

import difflib
import numbers
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.metrics import volatility
from mech_exo.backtest.result import BacktestResult
from mech_exo.data.sector_history import SectorHistory
from mech_exo.errors import ExoError


class Run(NamedTuple):
    """A candidate and its backtest."""

    candidate: Candidate
    result: BacktestResult


@dataclass(frozen=True)
class Constraint:
    """One limit that an objective file can set.

    Attributes
    ----------
    name
        In studies, tables and files.
    constant
        As the objective file sets it.
    example
        A usual limit.
    bounds
        Lowest and highest limit that mean something.
    keeps
        Whether the value must be `at most` or `at least` the limit.
    unit
        A `fraction` is written as a percentage.
    value
        What the candidate has; NaN keeps no limit.
    meaning
        As docs/metrics.md shows it.
    needs_sectors
        Whether it is NaN where the sectors of the names are not known.
    metric
        Name of the metric that the value is; "" where it is none.
    """

    name: str
    constant: str
    example: float
    bounds: tuple[float, float]
    keeps: Literal["at most", "at least"]
    unit: Literal["ratio", "fraction"]
    value: Callable[[Run], float]
    meaning: str
    needs_sectors: bool = False
    metric: str = ""

    def distance(self, limit: float, run: Run) -> float:
        """How far beyond the limit; at most 0 if it is kept."""
        return self._beyond(limit, self.value(run))

    def value_at(self, limit: float, distance: float, metrics: Mapping[str, float]) -> float:
        """What a candidate has whose distance from the limit is known.

        Where it is one of its metrics, the metric to the last bit: the sum of limit and distance
        is rounded.
        """
        known = metrics.get(self.metric)
        if known is not None and self._beyond(limit, known) == distance:
            return known
        return limit + distance if self.keeps == "at most" else limit - distance

    def _beyond(self, limit: float, value: float) -> float:
        return (value - limit if self.keeps == "at most" else limit - value) + 0.0


def largest_sector(result: BacktestResult) -> float:
    """Largest share of one sector after a rebalance, held or owed on balance; NaN if not known."""
    if not result.knows_sectors:
        return float("nan")
    return max(float(np.abs(share).max()) for share in result.sector_shares.values())


def _register(*entries: Constraint) -> dict[str, Constraint]:
    return {entry.name: entry for entry in entries}


CONSTRAINTS = _register(
    Constraint(
        "max_drawdown",
        "MAX_DRAWDOWN_THRESHOLD",
        0.12,
        (0.0, 1.0),
        "at most",
        "fraction",
        lambda run: run.result.metric("max_drawdown"),
        "largest loss from a peak",
        metric="max_drawdown",
    ),
    Constraint(
        "volatility",
        "VOLATILITY_THRESHOLD",
        0.25,
        (0.0, 10.0),
        "at most",
        "fraction",
        lambda run: run.result.metric("volatility"),
        "standard deviation of returns, a year",
        metric="volatility",
    ),
    Constraint(
        "weight_limit",
        "WEIGHT_LIMIT",
        2.0,
        (0.0, 1e6),
        "at most",
        "ratio",
        lambda run: float(np.max(np.abs(run.candidate.weights), initial=0.0)),
        "largest absolute weight of a single factor",
    ),
    Constraint(
        "max_turnover",
        "MAX_TURNOVER",
        4.0,
        (0.0, 1e6),
        "at most",
        "fraction",
        lambda run: run.result.metric("turnover"),
        "one-way turnover a year, stops included: 4.0 trades the portfolio four times",
        metric="turnover",
    ),
    Constraint(
        "min_positions",
        "MIN_POSITIONS",
        10.0,
        (0.0, 1e6),
        "at least",
        "ratio",
        lambda run: float(run.candidate.positions),
        "names that a rebalance asks for, ⌈(1 − cash_pct) / position_size_pct⌉",
    ),
    Constraint(
        "max_sector_share",
        "MAX_SECTOR_SHARE",
        0.4,
        (0.0, 1.0),
        "at most",
        "fraction",
        lambda run: largest_sector(run.result),
        "largest share of one sector after a rebalance, bought or sold short (`data.sectors`)",
        needs_sectors=True,
    ),
    Constraint(
        "max_ulcer",
        "MAX_ULCER",
        0.05,
        (0.0, 1.0),
        "at most",
        "fraction",
        lambda run: run.result.metric("ulcer_index"),
        "root mean square of the drawdowns",
        metric="ulcer_index",
    ),
    Constraint(
        "max_tracking_error",
        "MAX_TRACKING_ERROR",
        0.1,
        (0.0, 10.0),
        "at most",
        "fraction",
        lambda run: volatility(run.result.active, run.result.periods_per_year),
        "standard deviation of the return over the universe's, a year",
    ),
)
"""Name -> constraint, in the order in which they are stored."""


def limits_of(namespace: Mapping[str, Any], label: str) -> dict[str, float]:
    """The limits that an executed objective file sets, by name.

    Raises
    ------
    ExoError
        For a limit that is no number or outside its bounds, and for a constant nearly named like
        one.
    """
    constants = {c.constant: c for c in CONSTRAINTS.values()}
    for name in namespace:
        near = difflib.get_close_matches(name, constants, n=1, cutoff=0.85)
        if name.isupper() and near and name not in constants and near[0] not in namespace:
            raise ExoError(f"{label}: {name} is no constraint.", hint=f"Is {near[0]} meant?")
    return {
        constraint.name: _limit(namespace[constant], constraint, label)
        for constant, constraint in constants.items()
        if constant in namespace
    }


def check_sectors(limits: Collection[str], sectors: SectorHistory | None, label: str) -> None:
    """Raise an ExoError for a limit on sectors where they are not known.

    Parameters
    ----------
    limits
        Names of the constraints that the objective file sets.
    sectors
        Of the panel; None where they are not known.
    """
    needing = [CONSTRAINTS[name] for name in limits if CONSTRAINTS[name].needs_sectors]
    if needing and sectors is None:
        raise ExoError(
            f"{label}: {needing[0].constant} needs the sector of each name, which the data do "
            "not have.",
            hint="data.sectors names a CSV file with the columns symbol and sector.",
        )


def _limit(value: Any, constraint: Constraint, label: str) -> float:
    low, high = constraint.bounds
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or value != value:  # NaN
        raise ExoError(
            f"{label}: {constraint.constant} is {value!r}, expected a number like "
            f"{constraint.example:g}."
        )
    if not low <= value <= high:
        percent = constraint.unit == "fraction" and high < value <= 100.0
        hint = f"It is a fraction: {value / 100:g} for {value:g} %." if percent else ""
        raise ExoError(
            f"{label}: {constraint.constant} is {value}, must be from {low:g} to {high:g}.",
            hint=hint,
        )
    return float(value)


def own_distances(returned: Any) -> tuple[dict[str, float], str]:
    """What the file's `constraints(result)` returned, by name in alphabetical order.

    Returns
    -------
    dict, str
        Name -> distance from its limit; or {} and why it is none, in words that go on from
        "constraints ".
    """
    if not isinstance(returned, Mapping):
        return {}, f"returned {type(returned).__name__}, expected a dict of names and numbers"
    found = {}
    for name in sorted(returned, key=str):
        value = returned[name]
        if not isinstance(name, str) or not name.isidentifier():
            return {}, f"returned the name {name!r}, expected letters and underscores"
        if name in CONSTRAINTS:
            return {}, f"returned {name!r}, which is the name of a built-in constraint"
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            return {}, f"returned {value!r} for {name!r}, expected a number"
        found[name] = float(value) + 0.0
    return found, ""
