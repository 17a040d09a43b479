"""The data of a run, loaded and checked: what stops it, and what it says and goes on with."""

from typing import TYPE_CHECKING

from mech_exo.errors import ExoError
from mech_exo.workflow.log import Log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mech_exo.config.settings import Settings
    from mech_exo.data.cache.kept_data import KeptData
    from mech_exo.data.check.checked_data import CheckedData
    from mech_exo.data.check.finding import Finding
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.workflow.factor_list import Listed

COMMAND = "exo data check"


def loaded(
    data: "KeptData", listed: "Listed", today: "date | None", log: Log, *, refuse: bool
) -> "tuple[Market, Panel, CheckedData]":
    """The market, its panel with the listed factors, and what is found in it.

    Raises
    ------
    ExoError
        For data that cannot be read, and if `refuse` for errors that nobody has accepted.
    """
    for file in data.slow_files():
        log.note(
            f"note       {file.name} is large: pip install 'mech-exo[parquet]' reads it many "
            "times as fast"
        )
    checked = data.checked(today)
    if refuse:
        if checked.errors:
            data.keep()  # for the run in which they are accepted
        refuse_errors(checked, data.market().source)
    data.panel(listed)
    data.keep()
    if data.note:
        log.note(f"cache      {data.note}")
    return data.market(), data.panel(listed), checked


def say_data(market: "Market", panel: "Panel", factors: "Sequence[str]", log: Log) -> None:
    """Say which data were read, and what was done to their figures."""
    log.note(f"data       {panel.source}; {extent(panel, factors, market.price_column)}")
    for line in market.notes:
        log.note(f"note       {line}")


def extent(panel: "Panel", factors: "Sequence[str]", price_column: str) -> str:
    """Which prices, how many factors, how much of them is known, and how often there are prices."""
    import numpy as np

    from mech_exo.data.check.examined import in_percent
    from mech_exo.data.frequency import DAILY
    from mech_exo.system.memory import in_pieces

    words = f"{len(factors)} factors"
    if panel.factor_names:
        known = sum(int(np.count_nonzero(~np.isnan(part))) for part in in_pieces(panel.exposures))
        cells = max(1, int(panel.tradable.sum()) * len(panel.factor_names))
        words += f" ({in_percent(known / cells)} known)"
    if panel.frequency != DAILY:
        words += f"; {panel.frequency.words}"
    return f"prices {price_column}; {words}" if price_column else words


def describe_universe(market: "Market", settings: "Settings", decided: int, log: Log) -> None:
    """Who can be chosen, where something narrows that, and which rebalance dates it costs."""
    from mech_exo.data.build import rebalance_grid
    from mech_exo.data.universe import universe_words

    words = universe_words(market, settings.data)
    if not words:
        return
    log.note(f"universe   {words}")
    dates = len(rebalance_grid(market, settings))
    if dates > decided:
        log.note(
            f"note       {dates - decided} of {dates} rebalance dates are left out: fewer than "
            f"{settings.factors.min_names} names in the universe (factors.min_names)"
        )


def refuse_errors(checked: "CheckedData", source: str) -> None:
    """Raise an ExoError if there are errors that nobody has accepted: it names the first five."""
    from mech_exo.data.check.checked_data import SHOWN

    errors = checked.errors
    if not errors:
        return
    count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
    more = f" And {len(errors) - SHOWN} more: {COMMAND}." if len(errors) > SHOWN else ""
    named = " ".join(f"[{i}] {in_words(f)}" for i, f in enumerate(errors[:SHOWN], start=1))
    names = ", ".join(f.name for f in errors[:SHOWN])
    raise ExoError(
        f"{source}: the data check found {count}. {named}{more}",
        hint=f"What is right all the same is accepted by its name: data.accept: [{names}].",
    )


def tell(checked: "CheckedData", log: Log) -> None:
    """Say the warnings, one line each, and what is accepted."""
    from mech_exo.data.check.checked_data import SHOWN

    open_ = (*checked.errors, *checked.warnings)
    for finding in open_[:SHOWN]:
        log.warn(in_words(finding))
    if len(open_) > SHOWN:
        log.warn(f"and {len(open_) - SHOWN} more: {COMMAND}")
    if checked.agreed:
        log.note(f"accepted   {', '.join(finding.name for finding in checked.agreed)}")
    for name in checked.unknown:
        log.note(f"note       accepted, but not found: {name}")


def in_words(finding: "Finding") -> str:
    """A finding on one line, with the name by which it is accepted."""
    return f"{finding.name}: {finding.message} {finding.remedy}"
