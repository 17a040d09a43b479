"""The mandate: by which rules a candidate's scores become a portfolio."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

DEFAULT_GROSS = 1.0  # of long_short: half of the invested share long, half of it short


@dataclass(frozen=True)
class Mandate:
    """What a portfolio may and shall be; with all defaults the n best, long, equally weighted.

    Attributes
    ----------
    weighting
        `equal`, `score`, `inverse_volatility` or `rank`: how the names chosen share a side.
    side
        `long`, or `long_short`: the n best are held, the n worst are sold short.
    gross
        Of long_short: both sides together, as a multiple of the invested share; None: 1.
    neutralise
        What is taken out of the scores of each date before they are ranked: some of `sector`,
        `beta`, `size`.
    max_sector_pct
        Largest share of one sector in the portfolio, each side by itself; None: any.
    buffer
        A name chosen at the decision before stays while its rank is at most n·(1 + buffer).
    no_trade_band
        A position whose share is within this of its target is not traded.
    vol_target
        Volatility a year that the portfolio is scaled to; None: it is not.
    max_gross
        Σ|w| of target weights is at most this.
    max_adv_share
        Largest position as a share of the name's average daily traded value; None: any.
    benchmark
        What the portfolio is measured against: `universe`, `cash`, or `auto`, which is cash for
        long_short and else the universe.
    construct
        The user's function from scores to target weights, in place of the rules; None: the rules.
    params
        The parameters of the trial, for `construct`.
    """

    weighting: str = "equal"
    side: str = "long"
    gross: float | None = None
    neutralise: tuple[str, ...] = ()
    max_sector_pct: float | None = None
    buffer: float = 0.0
    no_trade_band: float = 0.0
    vol_target: float | None = None
    max_gross: float = 1.0
    max_adv_share: float | None = None
    benchmark: str = "auto"
    construct: Callable[..., Any] | None = None
    params: Mapping[str, Any] = field(
        default_factory=lambda: MappingProxyType({}), compare=False, repr=False
    )

    @property
    def plain(self) -> bool:
        """Whether it is the n best, long, equally weighted, and nothing else.

        `params` do not count: they are for `construct`.
        """
        return self is PLAIN or self == PLAIN

    @property
    def shorts(self) -> bool:
        """Whether a target weight can be below 0."""
        return self.side != "long" or self.construct is not None

    @property
    def cash_benchmark(self) -> bool:
        """Whether the portfolio is measured against cash, which returns nothing."""
        return self.benchmark == "cash" or (self.benchmark == "auto" and self.side == "long_short")

    @property
    def measured_against(self) -> Literal["universe", "cash"]:
        """The benchmark's name, as tables head it."""
        return "cash" if self.cash_benchmark else "universe"

    @property
    def even_ends(self) -> bool:
        """Whether it is the n best held and the n worst sold short, all with one weight.

        How it is traded and what it is measured against do not count.
        """
        made = replace(
            self,
            gross=None,
            no_trade_band=0.0,
            max_gross=PLAIN.max_gross,
            max_adv_share=None,
            benchmark=PLAIN.benchmark,
        )
        return made == EVEN_ENDS


PLAIN = Mandate()
EVEN_ENDS = Mandate(side="long_short")
