"""The embedded synthetic market: known premia, so that a search can be checked against the truth.

A one-factor market with eight sectors and fat tails. From the close of every 21st session to the
next such close, a stock's expected return exceeds the market's by

    c · s / sd(s) a year,   s = Σ_k p_k z_k,

with p the premia below and z its scores as the pipeline computes them at that close (unknown: 0):
the technical ones from the very closes generated so far, the others from what was published. So
the weights p, signs included, rank the stocks by their true expected return. c is set from the
stocks' own volatility so that the best tenth of the names, equally weighted, has the wanted
information ratio against all names equally weighted, before costs.
"""

from mech_exo.config.settings import DemoSettings
from mech_exo.data.calendar import sessions
from mech_exo.data.demo_prices import synthetic_closes
from mech_exo.data.demo_reports import reports
from mech_exo.data.market import Market
from mech_exo.data.panel import DateArray

DEMO_PREMIA: dict[str, float] = {
    "pe_ratio": -0.7,
    "return_on_equity": 0.8,
    "revenue_growth": 0.5,
    "earnings_growth": 0.7,
    "rsi_14": -0.6,
    "momentum_12_1": 0.9,
    "volatility_ratio": -0.5,
    "news_sentiment": 0.8,
    "analyst_revisions": 1.0,
}
"""True premium of one standard score of each factor, relative to the largest."""

FIRST_YEAR = 2018


def demo_true_weights() -> dict[str, float]:
    """The weights that rank by true expected return, the largest being ±1."""
    return dict(DEMO_PREMIA)


def demo_market(demo: DemoSettings) -> Market:
    """Make the market of these settings; the same bits for the same settings.

    Its closes start at 100, are total-return indices and NaN where there is no price.
    """
    dates = sessions(FIRST_YEAR, demo.years)
    symbols = tuple(f"D{i:0{len(str(demo.symbols - 1))}d}" for i in range(demo.symbols))
    published = reports(dates, demo.symbols, demo.seed)
    close = synthetic_closes(demo, dates, published, DEMO_PREMIA)
    return Market(
        dates=dates,
        symbols=symbols,
        close=close,
        vintages=published,
        source=demo_words(dates, demo.symbols),
    )


def demo_words(dates: DateArray, names: int) -> str:
    """What the data are, said loudly."""
    return f"demo: {names} synthetic stocks, {dates[0]} to {dates[-1]} (NOT REAL DATA)"
