"""What trading cost, and what the same portfolio does under other assumptions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.calendar_years import CalendarYear
from mech_exo.data.panel import FloatArray
from mech_exo.tearsheet.parts.courses import no_backtest
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported
from mech_exo.workflow.backtest_dates import Part
from mech_exo.workflow.backtest_run import BacktestRequest, WhatIf, backtested
from mech_exo.workflow.scenarios import DEFAULT

FREE = "cost=none"
INSIDE = (FREE, DEFAULT, "delay=30")
"""What is assumed otherwise in sample."""

OUTSIDE = (FREE, "cost=2x", "lag=+1")
"""The same on the holdout: of the same portfolio, so that it is no further look."""


@dataclass(frozen=True)
class Assumed:
    """The portfolio under one assumption.

    Attributes
    ----------
    name
        `as it is`, or the assumption: `cost=2x`.
    inside, outside
        Metric -> value in sample and on the holdout; None where it was not run there.
    failure
        Why it cannot be run so; "" if it can.
    """

    name: str
    inside: Mapping[str, float] | None
    outside: Mapping[str, float] | None
    failure: str = ""


@dataclass(frozen=True, eq=False)
class CostRecord:
    """Costs and what-ifs.

    Attributes
    ----------
    rate
        Commission and slippage of a unit of value traded.
    commission_bps, slippage_bps
        Its parts.
    years, paid
        [Y] calendar years as `exo backtest` has them, and commission and slippage paid in them, a
        share of the portfolio a year: of both sides of their turnover.
    paid_a_year
        Mean over all dates.
    impact
        Y of the square-root impact; None: trades move no price.
    assumed
        The first one is the portfolio as it is.
    """

    rate: float
    commission_bps: float
    slippage_bps: float
    years: tuple[CalendarYear, ...]
    paid: FloatArray
    paid_a_year: float
    impact: float | None
    assumed: tuple[Assumed, ...]


def cost_record(reported: Reported) -> CostRecord | Missing:
    """From the backtests, and from further ones under other assumptions."""
    runs, session = reported.runs, reported.session
    if runs is None or session is None or reported.best is None:
        return no_backtest(reported)
    years, costs = runs.whole.years, session.settings.backtest
    both_sides = 2.0 * costs.cost
    return CostRecord(
        rate=costs.cost,
        commission_bps=costs.commission_bps,
        slippage_bps=costs.slippage_bps,
        years=years,
        paid=np.array([both_sides * year.metrics["turnover"] for year in years]),
        paid_a_year=both_sides * runs.whole.metrics["turnover"],
        impact=costs.impact,
        assumed=_assumed(reported),
    )


def _assumed(reported: Reported) -> tuple[Assumed, ...]:
    inside = _what_ifs(reported, "in_sample", INSIDE)
    held = reported.session is not None and reported.session.holdout is not None
    outside = {one.name: one for one in _what_ifs(reported, "holdout", OUTSIDE)} if held else {}
    return tuple(
        Assumed(
            one.name,
            None if one.track is None else one.track.metrics,
            _metrics(outside.get(one.name)),
            one.failure,
        )
        for one in inside
    )


def _what_ifs(reported: Reported, part: Part, asked: tuple[str, ...]) -> tuple[WhatIf, ...]:
    assert reported.session is not None
    assert reported.params is not None
    request = BacktestRequest(
        label=reported.label,
        params=reported.params,
        part=part,
        what_if=asked,
        origin=f"report: {reported.name}",
    )
    ledger = None if reported.uncounted else reported.study_file
    return backtested(reported.session, ledger, request).what_ifs


def _metrics(found: WhatIf | None) -> Mapping[str, float] | None:
    return None if found is None or found.track is None else found.track.metrics
