"""The windows over which the technical factors are computed.

Each may be set (`factors.momentum_window`) or suggested by the objective file; what neither does
has its default.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mech_exo.config.bounds import BOUNDS
from mech_exo.config.settings import FactorSettings
from mech_exo.errors import ExoError


@dataclass(frozen=True)
class Lookback:
    """One window: its factor, and its default in its own unit.

    Attributes
    ----------
    unit
        months, days (21 of them are a month in a market of any frequency) or sessions.
    """

    factor: str
    default: int
    unit: str


WINDOWS: Mapping[str, Lookback] = {
    "momentum_window": Lookback("momentum_12_1", 12, "months"),
    "rsi_window": Lookback("rsi_14", 14, "sessions"),
    "volatility_short_window": Lookback("volatility_ratio", 21, "days"),
    "volatility_long_window": Lookback("volatility_ratio", 252, "days"),
}


def bounds_of(window: str) -> tuple[float, float]:
    """Lowest and highest value, both allowed; the settings have the same."""
    return BOUNDS[f"factors.{window}"]


def windows_of(factor: str, settings: FactorSettings) -> dict[str, int]:
    """The windows of a factor under the settings; {} for one that has none."""
    stated = stated_windows(factor, settings)
    return {n: stated.get(n, w.default) for n, w in WINDOWS.items() if w.factor == factor}


def stated_windows(factor: str, settings: FactorSettings) -> dict[str, int]:
    """Those windows of a factor that the settings state."""
    found = {n: getattr(settings, n) for n, w in WINDOWS.items() if w.factor == factor}
    return {name: value for name, value in found.items() if value is not None}


def check_windows(windows: Mapping[str, int]) -> None:
    """Raise an ExoError for windows of one factor that do not go together."""
    short, long = (windows.get(f"volatility_{name}_window") for name in ("short", "long"))
    if short is not None and long is not None and short >= long:
        raise ExoError(
            f"volatility_short_window is {short}, must be below volatility_long_window, {long}.",
            hint="Let the ranges of the two not meet.",
        )


def in_words(windows: Mapping[str, int]) -> str:
    """`momentum_window 18 months`, for messages."""
    return ", ".join(f"{n} {value} {WINDOWS[n].unit}" for n, value in windows.items())
