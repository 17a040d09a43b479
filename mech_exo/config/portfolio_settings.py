"""How scores become a portfolio: the section `portfolio` of the settings."""

from dataclasses import dataclass
from typing import Literal

from mech_exo.config.setting_fields import silent_field

NEUTRAL_TO = ("sector", "beta", "size")


@dataclass(frozen=True)
class PortfolioSettings:
    """By which rules; null leaves the n best, bought in equal shares."""

    weighting: Literal["equal", "score", "inverse_volatility", "rank"] | None = silent_field()
    side: Literal["long", "long_short"] | None = silent_field()
    gross: float | None = silent_field()  # both sides of long_short, as a multiple of 1 - cash_pct
    neutralise: tuple[Literal["sector", "beta", "size"], ...] | None = silent_field()
    max_sector_pct: float | None = silent_field()  # of one sector, each side by itself
    buffer: float | None = silent_field()  # a name chosen stays among the best n(1 + buffer)
    no_trade_band: float | None = silent_field()  # share by which a position may be off its target
    vol_target: float | None = silent_field()  # volatility a year that all is scaled to
    max_gross: float | None = silent_field()  # sum of the sizes of all weights, at most; null: 1
    max_adv_share: float | None = silent_field()  # of a name's average daily traded value
    benchmark: Literal["auto", "universe", "cash"] | None = silent_field()

    def __post_init__(self) -> None:
        # The order of the list and an entry twice mean nothing, so they are in no fingerprint.
        named = tuple(name for name in NEUTRAL_TO if name in (self.neutralise or ()))
        object.__setattr__(self, "neutralise", named or None)
