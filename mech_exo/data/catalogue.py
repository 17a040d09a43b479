"""The factors that the program knows by name."""

DEFAULT_FACTORS: dict[str, str] = {
    "pe_ratio": "fundamental",
    "return_on_equity": "fundamental",
    "revenue_growth": "fundamental",
    "earnings_growth": "fundamental",
    "rsi_14": "technical",
    "momentum_12_1": "technical",
    "volatility_ratio": "technical",
    "news_sentiment": "sentiment",
    "analyst_revisions": "sentiment",
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
