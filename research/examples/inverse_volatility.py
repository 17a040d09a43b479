"""Calm names weigh more than wild ones, and the portfolio is scaled to a volatility.

Each name has about the same part in the risk if it is held in inverse proportion to its volatility.
Whether that is better than equal shares is for the search to find: `weighting` is drawn. What is
drawn as `vol_target` scales the whole by what was known at each decision; leverage stays within
portfolio.max_gross, 1 unless the settings say otherwise, so that it only ever holds back.

    exo optuna-run --objective research/examples/inverse_volatility.py --study-name calm
"""

MAX_DRAWDOWN_THRESHOLD = 0.30  # largest loss from a peak, a fraction


def suggest_factor_weights(trial):
    """Weights of the factors, how names share the portfolio, and how much risk it takes."""
    for factor in ("pe_ratio", "return_on_equity", "momentum_12_1", "volatility_ratio"):
        trial.suggest_float(f"weight_{factor}", -1.0, 1.0)
    trial.suggest_float("position_size_pct", 0.03, 0.10)
    trial.suggest_categorical("weighting", ["inverse_volatility", "equal"])
    trial.suggest_float("vol_target", 0.08, 0.20)
