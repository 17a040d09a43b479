"""An own factor with a parameter: how near a stock is to its high of the last months.

Stocks near their 52-week high go on to do better than the others (T. J. George and C.-Y. Hwang,
The 52-Week High and Momentum Investing, Journal of Finance, 2004). Whether a year is the right span
here is for the search to find: `high_months` is drawn, and exported with the weight.

    exo optuna-run --objective research/examples/own_factor.py --study-name own_factor
    exo leakcheck --objective research/examples/own_factor.py
"""

import numpy as np

from mech_exo.objective.factor import factor

MAX_DRAWDOWN_THRESHOLD = 0.25  # largest loss from a peak, a fraction
VOLATILITY_THRESHOLD = 0.25  # standard deviation of returns, a year
WEIGHT_LIMIT = 2.0  # largest absolute weight of a single factor


@factor(category="technical")
def nearness_to_high(market, high_months=12):
    """The close as a share of the highest one of the last months, 0 to 1; NaN before they are over.

    Row t uses rows up to t only: that is what `exo leakcheck` tries.
    """
    close = market.close  # [dates, names], NaN without a price
    span = high_months * max(1, round(market.periods_per_year / 12))  # 21 sessions a month
    values = np.full(close.shape, np.nan)
    if len(close) < span:
        return values
    windows = np.lib.stride_tricks.sliding_window_view(close, span, axis=0)
    values[span - 1 :] = close[span - 1 :] / np.fmax.reduce(windows, axis=-1)
    return values


def suggest_factor_weights(trial):
    """Its weight and its parameter, beside two built-in factors."""
    trial.suggest_float("weight_nearness_to_high", -1.0, 1.0)
    trial.suggest_int("high_months", 3, 18, step=3)
    trial.suggest_float("weight_momentum_12_1", -1.0, 1.0)
    trial.suggest_float("weight_volatility_ratio", -1.0, 1.0)
    trial.suggest_float("cash_pct", 0.0, 0.5)
    trial.suggest_float("position_size_pct", 0.05, 0.20)
