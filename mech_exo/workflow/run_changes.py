"""What a run assumes otherwise than its settings and parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mech_exo.config.bounds import check_bounds

if TYPE_CHECKING:
    from mech_exo.config.settings import Settings


@dataclass(frozen=True)
class RunChanges:
    """What a run assumes otherwise than its settings and parameters.

    Attributes
    ----------
    settings
        Dotted name -> value.
    params
        Parameter -> value.
    stops
        Whether positions are closed by their stop.
    delay_days
        Calendar days by which every fact becomes public later.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    stops: bool = True
    delay_days: int = 0

    def and_then(self, other: "RunChanges") -> "RunChanges":
        """Both, the other's where they concern the same."""
        return RunChanges(
            settings={**self.settings, **other.settings},
            params={**self.params, **other.params},
            stops=(self.stops or "stop_loss_pct" in other.params) and other.stops,
            delay_days=other.delay_days or self.delay_days,
        )

    def settled(self, settings: "Settings", origin: str) -> "Settings":
        """The settings under them.

        Raises
        ------
        ExoError
            For a value outside its bounds; `origin` says where it stands.
        """
        for name, value in self.settings.items():
            section, _, key = name.partition(".")
            settings = replace(
                settings, **{section: replace(getattr(settings, section), **{key: value})}
            )
        check_bounds(settings, origin)
        return settings

    @property
    def rebuilds(self) -> bool:
        """Whether scores or the dates of decisions are others."""
        return bool(self.delay_days) or "backtest.rebalance_days" in self.settings


def stated(capital: float | None, cost_bps: float | None) -> RunChanges:
    """What a caller says of money and costs; None leaves it as it is set.

    Parameters
    ----------
    capital
        Money at the first trade.
    cost_bps
        Commission and slippage together.
    """
    found: dict[str, Any] = {}
    if capital is not None:
        found["backtest.capital"] = float(capital)
    if cost_bps is not None:
        found |= {"backtest.commission_bps": float(cost_bps), "backtest.slippage_bps": 0.0}
    return RunChanges(found)
