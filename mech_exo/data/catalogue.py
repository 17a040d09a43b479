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

CUSTOM_CATEGORY = "custom"
"""Category of a user's factor for which none is stated."""
