"""A drawdown-aware objective: return per depth and length of the losses from a peak.

The ulcer index is the root mean square of all drawdowns of the path, so that a long one counts for
more than a short one of the same depth; return over it is the Martin ratio (P. Martin and
B. McCann, The Investor's Guide to Fidelity Funds, 1989). Half the allowed drawdown is free; what
goes beyond it costs, long before the constraint forbids it.

    exo optuna-run --objective research/examples/drawdown_aware.py --study-name drawdown
"""

import numpy as np

MAX_DRAWDOWN_THRESHOLD = 0.20  # largest loss from a peak, a fraction
VOLATILITY_THRESHOLD = 0.25  # standard deviation of returns, a year
WEIGHT_LIMIT = 2.0  # largest absolute weight of a single factor

PENALTY = 20.0  # taken off for each unit of drawdown beyond half the threshold

FACTORS = ("rsi_14", "momentum_12_1", "volatility_ratio", "pe_ratio", "return_on_equity")


def suggest_factor_weights(trial):
    """Weights of a few factors, and all three hyperparameters."""
    for factor in FACTORS:
        trial.suggest_float(f"weight_{factor}", -1.0, 1.0)
    trial.suggest_float("cash_pct", 0.0, 0.5)
    trial.suggest_float("stop_loss_pct", 0.05, 0.25)
    trial.suggest_float("position_size_pct", 0.05, 0.20)


def objective(result):
    """Martin ratio, less a penalty; larger is better."""
    excess = max(0.0, result.max_drawdown - MAX_DRAWDOWN_THRESHOLD / 2)
    return float(result.annual_return / ulcer_index(result.returns) - PENALTY * excess)


def ulcer_index(returns):
    """Root mean square of the drawdowns of a path of daily returns; 0 where it never falls.

    A path without a loss makes the objective infinite, and the trial fails with that reason.
    """
    wealth = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    drawdown = 1.0 - wealth / np.maximum.accumulate(wealth)
    return np.sqrt(np.mean(drawdown**2))
