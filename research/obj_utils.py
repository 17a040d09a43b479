"""What `exo optuna-run` maximises, and over which space. This file is yours: edit it.

A changed file is another study: `exo` hashes these bytes, refuses to mix their trials with those
of other bytes, and says what differs. docs/objective.md shows what else may stand here.
"""

MAX_DRAWDOWN_THRESHOLD = 0.12  # largest loss from a peak, a fraction
VOLATILITY_THRESHOLD = 0.25  # standard deviation of returns, a year
WEIGHT_LIMIT = 2.0  # largest absolute weight of a single factor

FACTORS = (
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


def suggest_factor_weights(trial):
    """Draw one candidate.

    A parameter named `weight_<factor>` is the weight of that factor's z-score, whatever this
    function returns; a factor without one has weight 0. A hyperparameter that is not suggested
    here comes from the settings.
    """
    for factor in FACTORS:
        trial.suggest_float(f"weight_{factor}", -1.0, 1.0)
    trial.suggest_float("cash_pct", 0.0, 0.5)
    trial.suggest_float("stop_loss_pct", 0.05, 0.25)
    trial.suggest_float("position_size_pct", 0.05, 0.20)


def objective(result):
    """Score one backtest; larger is better.

    `result` holds the daily returns of the candidate's portfolio after costs and every metric of
    docs/conventions.md: sharpe, sortino, calmar, total_return, information_ratio, turnover, …
    What is no finite number fails the trial.
    """
    return result.sharpe
