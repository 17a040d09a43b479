"""A conditional space: parameters that are drawn only where they mean something.

A factor that is switched off has no window to tune, and without a stop there is no stop to set. A
parameter that a trial does not draw costs its search nothing; a weight is then 0, a window or
a hyperparameter what the settings say.

    exo optuna-run --objective research/examples/conditional_space.py --study-name conditional

`--sampler cmaes` and `qmc` need every parameter in every trial and refuse such a space.
"""

MAX_DRAWDOWN_THRESHOLD = 0.25  # largest loss from a peak, a fraction
VOLATILITY_THRESHOLD = 0.25  # standard deviation of returns, a year
WEIGHT_LIMIT = 2.0  # largest absolute weight of a single factor

USE_STOP_LOSS = True  # False: positions are sold at a rebalance only
NO_STOP = 1.0  # a loss of everything


def suggest_factor_weights(trial):
    """Off or on for two factors; the details of each only if it is on."""
    if trial.suggest_categorical("weight_momentum_12_1", [0.0, 0.5, 1.0]):
        trial.suggest_int("momentum_window", 6, 18)  # months, the last one left out
    if trial.suggest_categorical("weight_rsi_14", [0.0, -0.5, -1.0]):
        trial.suggest_int("rsi_window", 7, 28, step=7)  # sessions
    trial.suggest_float("weight_volatility_ratio", -1.0, 1.0)
    trial.suggest_float("cash_pct", 0.0, 0.5)
    trial.suggest_float("position_size_pct", 0.05, 0.20)
    if USE_STOP_LOSS:
        trial.suggest_float("stop_loss_pct", 0.05, 0.25)
    else:
        trial.suggest_float("stop_loss_pct", NO_STOP, NO_STOP)
