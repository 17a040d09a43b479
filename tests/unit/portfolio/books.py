"""Models on small panels, without files."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings, DataSettings, Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.factor_file.document import FactorFile
from mech_exo.portfolio.model import Model
from mech_exo.workflow.session import Session


def closes(panel: Panel) -> FloatArray:
    """Closes [T, N] whose simple returns are the panel's; NaN where it has none.

    A name's first price is 10 + its number, the session before its first return.
    """
    returns = panel.returns
    factor = np.where(np.isfinite(returns), 1.0 + returns, 1.0)
    close = np.cumprod(factor, axis=0) * (10.0 + np.arange(returns.shape[1]))
    close[~np.isfinite(returns)] = np.nan
    for n in range(returns.shape[1]):
        known = np.flatnonzero(np.isfinite(returns[:, n]))
        if len(known) and known[0] > 0:
            close[known[0] - 1, n] = 10.0 + n
    return close


def model_on(
    panel: Panel,
    rules: BacktestSettings,
    candidate: Candidate,
    *,
    file: FactorFile | None = None,
) -> Model:
    """A model of a candidate on a panel; sessions without a file have the source `files`."""
    market = Market(dates=panel.dates, symbols=panel.symbols, close=closes(panel), source="test")
    settings = Settings(backtest=rules, data=DataSettings(source="files"))
    session = SimpleNamespace(market=market, panel=panel, settings=settings)
    return Model(
        session=cast(Session, cast(Any, session)),
        label="config/factors.yml",
        file=file or FactorFile(metadata={}, factors={}),
        candidate=candidate,
        panel=panel,
        content="a test",
    )


def until(model: Model, stop: int) -> Model:
    """The model as it was at the close of the date at position `stop` − 1."""
    panel = model.panel.between(0, stop)
    market = model.session.market.until(stop)
    session = SimpleNamespace(market=market, panel=panel, settings=model.session.settings)
    return replace(model, session=cast(Session, cast(Any, session)), panel=panel)


def drawn_candidate(seed: int, factors: int) -> Candidate:
    """Hyperparameters and weights drawn at random."""
    rng = np.random.default_rng(seed)
    return Candidate(
        weights=rng.normal(size=factors),
        cash_pct=float(rng.choice([0.0, 0.1, 0.35])),
        stop_loss_pct=float(rng.choice([0.04, 0.08, 0.2])),
        position_size_pct=float(rng.choice([0.1, 0.2, 0.34])),
    )
