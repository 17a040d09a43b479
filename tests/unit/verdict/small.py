"""A small panel whose link between scores and returns is known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.verdict.subject import Subject


def small_panel(
    seed: int = 0,
    *,
    sessions: int = 600,
    names: int = 30,
    factors: int = 3,
    step: int = 21,
    premium: float = 0.0,
) -> Panel:
    """Factor 0 earns `premium` a year for each standard score; the others earn nothing."""
    generator = np.random.default_rng(seed)
    rebalance = np.arange(60, sessions - 1, step)
    exposures = generator.standard_normal((len(rebalance), names, factors))
    exposures -= exposures.mean(axis=1, keepdims=True)
    exposures /= exposures.std(axis=1, keepdims=True)
    market = 0.0004 + 0.01 * generator.standard_normal(sessions)
    beta = 1.0 + 0.3 * generator.standard_normal(names)
    risk = 0.01 * np.exp(0.4 * generator.standard_normal(names))
    returns = market[:, None] * beta + risk * generator.standard_normal((sessions, names))
    for m, t in enumerate(rebalance):
        stop = rebalance[m + 1] + 2 if m + 1 < len(rebalance) else sessions
        returns[t + 2 : stop] += premium / 252 * exposures[m, :, 0]
    return Panel(
        dates=np.datetime64("2015-01-01") + np.arange(sessions),
        symbols=tuple(f"S{i:03d}" for i in range(names)),
        returns=returns,
        exposures=exposures,
        factor_names=tuple(f"f{k}" for k in range(factors)),
        factor_categories=("test",) * factors,
        rebalance=rebalance,
        tradable=np.ones((len(rebalance), names), dtype=np.bool_),
        source="small",
    )


OBJECTIVE = b"""
MAX_DRAWDOWN_THRESHOLD = 1.0
VOLATILITY_THRESHOLD = 10.0
WEIGHT_LIMIT = 2.0


def suggest_factor_weights(trial):
    for k in range(3):
        trial.suggest_float(f"weight_f{k}", -1.0, 1.0)
    trial.suggest_float("position_size_pct", 0.1, 0.3)
"""


def small_objective(source: bytes = OBJECTIVE) -> ObjectiveFile:
    """A file of three factors without thresholds that bind."""
    return ObjectiveFile(Path("objective.py"), source, "for a test", "objective.py")


def small_market(panel: Panel) -> Market:
    """The market behind a panel's returns."""
    close = (100.0 * np.cumprod(1.0 + np.nan_to_num(panel.returns), axis=0)).astype(np.float64)
    return Market(dates=panel.dates, symbols=panel.symbols, close=close, source=panel.source)


def small_settings(**verdict: Any) -> Settings:
    """Settings under which a verdict takes a second."""
    few = {"placebos": 3, "windows": 2, "portfolios": 16, "neighbours": 8, "overfitting_blocks": 4}
    base = Settings()
    return replace(
        base,
        verdict=replace(base.verdict, embargo_days=5, **{**few, **verdict}),
        tuning=replace(base.tuning, pruner="none"),
    )


def small_subject(
    panel: Panel | None = None, settings: Settings | None = None, trials: int = 8, **changes: Any
) -> Subject:
    """A candidate that follows factor 0 of a small panel."""
    panel = panel or small_panel(premium=0.6)
    params = {"weight_f0": 1.0, "weight_f1": 0.1, "weight_f2": -0.1, "position_size_pct": 0.2}
    given: dict[str, Any] = {
        "origin": "a test",
        "settings": settings or small_settings(),
        "objective": small_objective(),
        "panel": panel,
        "market": small_market(panel),
        "params": params,
        "trials": trials,
        "looked_at": trials,
    }
    return Subject(**{**given, **changes})
