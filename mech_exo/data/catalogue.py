"""The factors that the program knows by name."""

from mech_exo.data.technical import TECHNICAL

FUNDAMENTAL = ("pe_ratio", "return_on_equity", "revenue_growth", "earnings_growth")
SENTIMENT = ("news_sentiment", "analyst_revisions")
"""Factors that the user's data give; those that are computed stand in data/technical.py."""

DEFAULT_FACTORS: dict[str, str] = {
    **dict.fromkeys(FUNDAMENTAL, "fundamental"),
    **dict.fromkeys(TECHNICAL, "technical"),
    **dict.fromkeys(SENTIMENT, "sentiment"),
}
"""Name -> category of the default set, in the order in which they are shown and stored."""

FIRST_FACTORS = (
    "pe_ratio",
    "return_on_equity",
    "revenue_growth",
    "earnings_growth",
    "rsi_14",
    "momentum_12_1",
    "volatility_ratio",
    "news_sentiment",
    "analyst_revisions",
)
"""What was known when studies and factor files did not list their factors yet. Never add to it."""

CUSTOM_CATEGORY = "custom"
"""Category of a user's factor for which none is stated."""
