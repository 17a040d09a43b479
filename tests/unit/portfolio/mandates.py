"""Mandates that are not plain, and rules and markets in which all of them has a meaning."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any, Literal

import numpy as np

from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.mandate import Mandate
from mech_exo.construction.user_construct import Construct
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.errors import ExoError

REFERENCES: tuple[Literal["entry", "rebalance"], ...] = ("entry", "rebalance")
RULES = [
    BacktestSettings(
        stop_reference=where,
        stop_lag=late,
        execution_lag=1 + 2 * late,
        delist_after=4,
        delisting_return=0.3,
        borrow_cost=0.3,
        short_rebate=0.02,
        capital=1_000_000.0,
    )
    for where, late in product(REFERENCES, (0, 1))
]


def tilted(
    scores: FloatArray, ctx: DecisionData, params: Mapping[str, Any], previous: FloatArray
) -> FloatArray:
    """Weights in proportion to the scores, halfway from the decision before; they change sides."""
    known = np.where(ctx.tradable, np.nan_to_num(scores), 0.0)
    size = np.abs(known).sum()
    wanted = 1.6 * known / size if size > 0.0 else known
    mixed: FloatArray = np.where(ctx.tradable, 0.5 * wanted + 0.5 * previous, 0.0)
    return mixed


def unlucky(error: BaseException) -> ExoError:
    return ExoError(str(error))


MANDATES = {
    "long_short": Mandate(side="long_short"),
    "twice its size": Mandate(side="long_short", gross=2.0, max_gross=2.0),
    "inverse volatility": Mandate(weighting="inverse_volatility"),
    "band and buffer": Mandate(side="long_short", buffer=0.5, no_trade_band=0.02),
    "wanted volatility": Mandate(vol_target=0.4, max_gross=1.5),
    "shares of the trading": Mandate(side="long_short", max_adv_share=0.05),
    "construct": Mandate(max_gross=1.6, construct=Construct(tilted, "obj.py", True, unlucky)),
}


def with_trading(panel: Panel, seed: int) -> Panel:
    rng = np.random.default_rng(seed)
    adv = rng.uniform(1e5, 1e7, panel.tradable.shape)
    adv[rng.random(adv.shape) < 0.05] = np.nan
    return replace(panel, adv=adv)
