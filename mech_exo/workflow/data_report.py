"""What `exo data check` tells of the data of a request."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mech_exo.errors import ExitCode

if TYPE_CHECKING:
    from mech_exo.data.check.checked_data import CheckedData
    from mech_exo.data.facts import MarketFacts
    from mech_exo.workflow.session import InputRequest

FORMAT = 1
"""Of `DataReport.as_dict`; a field more changes nothing, a field with another meaning does."""


@dataclass(frozen=True)
class DataReport:
    """What data hold, and what in them is probably not meant.

    Attributes
    ----------
    source
        What the data are, in words.
    price_column
        Of a long price file; "" where there was no choice.
    no_factors
        Columns of the factor tables that are none of the factors: a factor of the objective file
        may read them, else nothing does.
    """

    source: str
    price_column: str
    facts: "MarketFacts"
    checked: "CheckedData"
    no_factors: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """1 for an error that nobody has accepted."""
        return ExitCode.REFUSED if self.checked.errors else ExitCode.DONE

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "version": FORMAT,
            "source": self.source,
            "price_column": self.price_column or None,
            "facts": asdict(self.facts),
            "no_factors": list(self.no_factors),
            "errors": len(self.checked.errors),
            "warnings": len(self.checked.warnings),
            "findings": self.checked.as_list(),
            "accepted_but_not_found": list(self.checked.unknown),
            "exit_code": int(self.exit_code),
        }


def report_on(request: "InputRequest") -> DataReport:
    """The data of a request, read and checked: `exo data check`. Errors in them stop nothing.

    Raises
    ------
    ExoError
        For settings with a mistake, and for data that cannot be read.
    """
    from mech_exo.data.cache.kept_data import KeptData
    from mech_exo.data.facts import describe
    from mech_exo.data.liquidity import MARKET_CAP, TRADED_VALUE, VOLUME
    from mech_exo.data.scores import factor_categories

    of_universe = {MARKET_CAP, TRADED_VALUE, VOLUME}
    settings = request.resolve().values
    data = KeptData(settings, cached=request.cached)
    checked = data.checked(request.today)
    data.keep()
    market = data.market()
    factors = factor_categories(market)
    return DataReport(
        market.source,
        market.price_column,
        describe(market, settings.backtest.delist_after),
        checked,
        tuple(
            name
            for name in (*market.vintages, *market.daily)
            if name not in factors and name not in of_universe
        ),
    )
