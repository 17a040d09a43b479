"""How much of a name can be traded, and what trading much of it costs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from mech_exo.config.doc_pages import see_page
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.mandate import Mandate
from mech_exo.data.panel import FloatArray
from mech_exo.data.prices import last_known
from mech_exo.errors import ExoError


@dataclass(frozen=True, eq=False)
class Depth:
    """What is known of the trading in each name at the decisions.

    Attributes
    ----------
    volatility, adv
        [G, N] of daily returns, and the money traded a day on average, as last known at the
        decision's close; NaN: never known so far, and then the name is not bought.
    """

    volatility: FloatArray
    adv: FloatArray

    @classmethod
    def known(cls, decisions: DecisionData | None) -> Self | None:
        """At some decisions; None where no name ever has a value traded above 0."""
        if decisions is None or not (decisions.adv > 0.0).any():
            return None
        return cls.of(decisions.volatility / np.sqrt(decisions.periods_per_year), decisions.adv)

    @classmethod
    def of(cls, volatility: FloatArray, adv: FloatArray) -> Self:
        """From figures [G, N] that may be NaN; those without any trading count as unknown."""
        known = np.isfinite(volatility) & np.isfinite(adv) & (adv > 0.0)
        figures = (np.where(known, values, np.nan) for values in (volatility, adv))
        return cls(*map(last_known, figures))


@dataclass(frozen=True, eq=False)
class TradingTerms:
    """On which terms a portfolio trades.

    Attributes
    ----------
    cost
        Of one unit of value traded.
    band
        A position whose share is within this of its target is not traded.
    capital
        Money at the first execution.
    impact
        [G, N] Y·σ/√ADV: times the square root of the money traded it is the extra cost of a unit
        of value; None: there is none.
    most
        [G, N] largest position, in money; None: any.
    """

    cost: float
    band: float = 0.0
    capital: float = 0.0
    impact: FloatArray | None = None
    most: FloatArray | None = None

    @property
    def chained(self) -> bool:
        """Whether an execution's trades depend on what was held before, beyond costs."""
        return self.band > 0.0 or self.impact is not None or self.most is not None

    @classmethod
    def of(
        cls, rules: BacktestSettings, mandate: Mandate, known: Callable[[], Depth | None]
    ) -> Self:
        """The terms of the settings and of a mandate.

        Parameters
        ----------
        known
            What is known of the trading in the names (`Depth.known`); asked for where it is needed.

        Raises
        ------
        ExoError
            If the trading in the names or the capital is needed and not known.
        """
        share, factor = mandate.max_adv_share, rules.impact or 0.0
        if share is None and not factor:
            return cls(rules.cost, mandate.no_trade_band)
        needs = "backtest.impact" if factor else "portfolio.max_adv_share"
        depth = known()
        if depth is None:
            raise ExoError(
                f"{needs} needs the value traded in the names, and no name has a known one.",
                hint="Name a file of it: data.volume or data.traded_value "
                f"({see_page('data')}). A volume of 0 is not known.",
            )
        if rules.capital is None:
            raise ExoError(
                f"{needs} needs the capital that is traded.",
                hint="Set backtest.capital, in the currency of the prices.",
            )
        return cls(
            cost=rules.cost,
            band=mandate.no_trade_band,
            capital=rules.capital,
            impact=factor * depth.volatility / np.sqrt(depth.adv) if factor else None,
            most=share * depth.adv if share is not None else None,
        )

    def can_trade(self, target: FloatArray) -> FloatArray:
        """Target weights [G, N] without the names of whose trading nothing is known."""
        figures = self.most if self.impact is None else self.impact
        return target if figures is None else np.where(np.isnan(figures), 0.0, target)
