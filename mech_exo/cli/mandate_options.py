"""Options that say how scores become a portfolio."""

import dataclasses
import re
from typing import Any

from mech_exo.cli.option_groups import SettingsOptions
from mech_exo.cli.options import PORTFOLIO, option


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class MandateOptions(SettingsOptions):
    """The settings of the section `portfolio`."""

    side: str | None = option(
        "--side",
        help="long, or long_short: the n worst are sold short.",
        setting="portfolio.side",
        otherwise="portfolio.side of the settings, or long",
        panel=PORTFOLIO,
    )
    weighting: str | None = option(
        "--weighting",
        help="equal, score, inverse_volatility or rank.",
        setting="portfolio.weighting",
        otherwise="portfolio.weighting of the settings, or equal",
        panel=PORTFOLIO,
    )
    gross: float | None = option(
        "--gross",
        help="Both sides of long_short together, as a multiple of 1 - cash_pct.",
        setting="portfolio.gross",
        otherwise="portfolio.gross of the settings, or 1",
        panel=PORTFOLIO,
    )
    neutralise: str | None = option(
        "--neutralise",
        help="What is taken out of the scores: sector, beta, size, joined by commas; or none.",
        otherwise="portfolio.neutralise of the settings, or nothing",
        panel=PORTFOLIO,
    )
    max_sector_pct: float | None = option(
        "--max-sector-pct",
        help="Largest share of one sector, each side by itself.",
        setting="portfolio.max_sector_pct",
        otherwise="portfolio.max_sector_pct of the settings, or any",
        panel=PORTFOLIO,
    )
    buffer: float | None = option(
        "--buffer",
        help="A name that was chosen stays among the best n(1 + buffer).",
        setting="portfolio.buffer",
        otherwise="portfolio.buffer of the settings, or 0",
        panel=PORTFOLIO,
    )
    no_trade_band: float | None = option(
        "--no-trade-band",
        help="Share by which a position may be off its target before it is traded.",
        setting="portfolio.no_trade_band",
        otherwise="portfolio.no_trade_band of the settings, or 0",
        panel=PORTFOLIO,
    )
    vol_target: float | None = option(
        "--vol-target",
        help="Volatility a year that the portfolio is scaled to.",
        setting="portfolio.vol_target",
        otherwise="portfolio.vol_target of the settings, or none",
        panel=PORTFOLIO,
    )
    max_gross: float | None = option(
        "--max-gross",
        help="The sizes of all weights add up to no more than this.",
        setting="portfolio.max_gross",
        otherwise="portfolio.max_gross of the settings, or 1",
        panel=PORTFOLIO,
    )
    max_adv_share: float | None = option(
        "--max-adv-share",
        help="Largest position as a share of the name's average daily traded value.",
        setting="portfolio.max_adv_share",
        otherwise="portfolio.max_adv_share of the settings, or any",
        panel=PORTFOLIO,
    )
    benchmark: str | None = option(
        "--benchmark",
        help="universe, cash or auto: what the portfolio is measured against.",
        setting="portfolio.benchmark",
        otherwise="portfolio.benchmark of the settings, or cash for long_short, else universe",
        panel=PORTFOLIO,
    )

    def overrides(self) -> dict[str, Any]:
        """Those of the settings, and the list of what scores are neutral to."""
        given = super().overrides()
        if self.neutralise is not None:
            names = [name.strip() for name in re.split("[,+]", self.neutralise) if name.strip()]
            given["portfolio.neutralise"] = [] if names == ["none"] else names
        return given
