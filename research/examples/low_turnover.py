"""Long only, and slow to trade: how slow is for the search to find.

A name that was chosen stays while it is among the first n(1 + buffer), and a position that is near
enough to its target is left alone. Both cost something, an older choice, and save something, the
costs of trading; with costs in the settings that are true the objective weighs them. MAX_TURNOVER
is a limit on top of it.

    exo optuna-run --objective research/examples/low_turnover.py --study-name low_turnover
"""

MAX_DRAWDOWN_THRESHOLD = 0.35  # largest loss from a peak, a fraction
MAX_TURNOVER = 3.0  # one-way, a year: the portfolio is traded three times at most


def suggest_factor_weights(trial):
    """Weights of the factors, and two rules of the portfolio under the names of their settings."""
    for factor in ("pe_ratio", "return_on_equity", "momentum_12_1", "volatility_ratio"):
        trial.suggest_float(f"weight_{factor}", -1.0, 1.0)
    trial.suggest_float("position_size_pct", 0.03, 0.10)
    trial.suggest_float("buffer", 0.0, 3.0)
    trial.suggest_float("no_trade_band", 0.0, 0.02)
