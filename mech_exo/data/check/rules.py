"""The rules of the data check, and running them over a market."""

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np

from mech_exo.config.settings import Settings
from mech_exo.data.check.checked_data import CheckedData
from mech_exo.data.check.cross_section import one_stock
from mech_exo.data.check.endings import ended_together, incomplete, survivors
from mech_exo.data.check.examined import Examined
from mech_exo.data.check.exchanged_names import exchanged
from mech_exo.data.check.factor_coverage import coverage
from mech_exo.data.check.factor_values import implausible
from mech_exo.data.check.filled_weekends import weekends_filled
from mech_exo.data.check.finding import Finding
from mech_exo.data.check.holes import holes
from mech_exo.data.check.intentions import unknown_sectors, unpriced, unused
from mech_exo.data.check.interpolation import interpolated
from mech_exo.data.check.jumps import jumps
from mech_exo.data.check.kind_of_numbers import not_prices
from mech_exo.data.check.publication_dates import backfilled, publication, yet_to_come
from mech_exo.data.check.session_calendar import future, thin, weekend
from mech_exo.data.check.session_weeks import moved_weeks, pauses
from mech_exo.data.check.sparse_names import sparse
from mech_exo.data.check.stale_stretches import carried, frozen
from mech_exo.data.check.symbol_names import columns_as_names, spellings, twins
from mech_exo.data.market import Market

Rule = Callable[[Examined], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    one_stock,
    columns_as_names,
    spellings,
    twins,
    not_prices,
    jumps,
    exchanged,
    frozen,
    carried,
    interpolated,
    holes,
    sparse,
    thin,
    weekend,
    weekends_filled,
    moved_weeks,
    pauses,
    future,
    ended_together,
    incomplete,
    survivors,
    publication,
    yet_to_come,
    backfilled,
    coverage,
    implausible,
    unused,
    unpriced,
    unknown_sectors,
)
"""Each gives its findings on a market that was read; adding a rule is one entry."""

_FIRST = {"error": 0, "warning": 1}


def examine(market: Market, settings: Settings, today: date | None = None) -> CheckedData:
    """Everything that the readers noticed and the rules find.

    Parameters
    ----------
    today
        What sessions are held against; None: the machine's date.
    """
    examined = Examined(market, settings, today or date.today())
    with np.errstate(over="ignore"):  # prices that are absurd are what is looked for
        found = [*market.findings, *(finding for rule in RULES for finding in rule(examined))]
    unique = {finding.name: finding for finding in reversed(found)}
    ordered = sorted(unique.values(), key=lambda f: (_FIRST[f.severity], f.rule, f.name))
    wanted = settings.data.accept or ()
    accepted = frozenset(unique.keys() & {*wanted, *market.accepted})
    unknown = tuple(name for name in wanted if name not in unique)
    return CheckedData(tuple(ordered), accepted, unknown)
