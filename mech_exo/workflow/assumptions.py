"""What a backtest assumes, and what it might assume instead: `lag=2`, `cost=2x`, `stop=none`.

An assumption is an entry of `ASSUMPTIONS`; messages and docs/guide.md follow from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mech_exo.workflow.amounts import Amount, Kind
from mech_exo.workflow.run_changes import RunChanges

if TYPE_CHECKING:
    from mech_exo.backtest.candidate import Candidate
    from mech_exo.config.settings import Settings


@dataclass(frozen=True)
class AsItIs:
    """What holds before anything is changed: settings, portfolio, and how many names there are."""

    settings: "Settings"
    candidate: "Candidate"
    names: int | None = None


Changed = Callable[[Any, AsItIs], RunChanges]


@dataclass(frozen=True)
class Assumption:
    """One thing that a backtest assumes.

    Attributes
    ----------
    name
        Before the `=`.
    words
        What it is.
    kind
        How its value is written.
    standing
        The value that holds, which `2x` doubles and `+1` adds to; None: there is none.
    changes
        What it changes, of a value and of what stands.
    example
        A value, for messages and docs.
    least
        What a value is not below, where neither a setting nor a parameter has its bounds.
    """

    name: str
    words: str
    kind: Kind
    standing: Callable[[AsItIs], float | None]
    changes: Changed
    example: str
    least: float | None = None


def _nothing(now: AsItIs) -> None:
    """Nothing stands that could be multiplied."""
    del now


def _setting(
    name: str, words: str, kind: Kind, dotted: str, example: str, none: Any = 0
) -> Assumption:
    """An assumption that is a number among the settings; `none` is what "none" sets."""
    section, _, key = dotted.partition(".")

    def standing(now: AsItIs) -> float | None:
        value: float | None = getattr(getattr(now.settings, section), key)
        return value

    def changes(value: Any, now: AsItIs) -> RunChanges:
        del now
        return RunChanges({dotted: none if value is None else value})

    return Assumption(name, words, kind, standing, changes, example)


def _drawn(name: str, words: str, parameter: str, example: str) -> Assumption:
    """An assumption that is a hyperparameter of the portfolio."""

    def changes(value: Any, now: AsItIs) -> RunChanges:
        del now
        return RunChanges(params={parameter: 0.0 if value is None else value})

    def standing(now: AsItIs) -> float | None:
        return float(getattr(now.candidate, parameter))

    return Assumption(name, words, "fraction", standing, changes, example)


def _cost(value: Any, now: AsItIs) -> RunChanges:
    """A factor changes both parts alike; an amount takes the place of both."""
    costs = now.settings.backtest
    if isinstance(value, Amount):
        return RunChanges(
            {
                "backtest.commission_bps": costs.commission_bps * value.factor,
                "backtest.slippage_bps": costs.slippage_bps * value.factor,
            }
        )
    return RunChanges({"backtest.commission_bps": value or 0.0, "backtest.slippage_bps": 0.0})


def _stop(value: Any, now: AsItIs) -> RunChanges:
    del now
    return RunChanges(stops=False) if value is None else RunChanges(params={"stop_loss_pct": value})


def _positions(value: Any, now: AsItIs) -> RunChanges:
    """As many names of equal shares fill the invested part."""
    return RunChanges(params={"position_size_pct": now.candidate.invested / round(value)})


def _delay(value: Any, now: AsItIs) -> RunChanges:
    del now
    return RunChanges(delay_days=value or 0)


def _benchmark(value: Any, now: AsItIs) -> RunChanges:
    del now
    return RunChanges({"portfolio.benchmark": value})


_ENTRIES = (
    Assumption(
        "cost",
        "commission and slippage together",
        "bps",
        lambda now: now.settings.backtest.commission_bps + now.settings.backtest.slippage_bps,
        _cost,
        "20bps",
    ),
    _setting("commission", "commission", "bps", "backtest.commission_bps", "10bps"),
    _setting("slippage", "slippage", "bps", "backtest.slippage_bps", "10bps"),
    _setting("impact", "Y of the square-root impact", "number", "backtest.impact", "1", None),
    _setting(
        "capital", "money at the first trade, for impact", "number", "backtest.capital", "1e6", None
    ),
    _setting("lag", "sessions from decision to trade", "whole", "backtest.execution_lag", "2"),
    _setting("rebalance", "days between rebalances", "whole", "backtest.rebalance_days", "63"),
    Assumption(
        "delay",
        "calendar days by which every fact becomes public later",
        "whole",
        _nothing,
        _delay,
        "30",
        0,
    ),
    Assumption(
        "stop",
        "loss at which a position is sold",
        "fraction",
        lambda now: now.candidate.stop_loss_pct,
        _stop,
        "none",
    ),
    _setting("stop_lag", "sessions from a stop to its sale", "whole", "backtest.stop_lag", "1"),
    _drawn("cash", "share that stays cash", "cash_pct", "20%"),
    Assumption(
        "positions",
        "names to hold, in equal shares",
        "number",
        lambda now: now.candidate.positions,
        _positions,
        "0.5x",
        1,
    ),
    _drawn("size", "largest share of one position", "position_size_pct", "2%"),
    _setting(
        "delisting",
        "loss on a name that is delisted",
        "fraction",
        "backtest.delisting_return",
        "100%",
    ),
    _setting(
        "borrow", "cost of borrowing shares, a year", "fraction", "backtest.borrow_cost", "3%"
    ),
    _setting("risk_free", "riskless rate, a year", "fraction", "backtest.risk_free", "4%"),
    Assumption(
        "benchmark",
        "what it is measured against: universe or cash",
        ("universe", "cash"),
        _nothing,
        _benchmark,
        "cash",
    ),
)

ASSUMPTIONS: dict[str, Assumption] = {entry.name: entry for entry in _ENTRIES}
"""Name -> what can be assumed otherwise, in the order in which it is listed."""
