"""Bounds of the settings, checked once after they are resolved."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mech_exo.config.settings import Settings
from mech_exo.errors import ExoError

# dotted name: (lowest, highest), both allowed
BOUNDS: dict[str, tuple[float, float]] = {
    "data.factors[].availability_lag_days": (0, 3_660),
    "data.demo.symbols": (2, 10_000),
    "data.demo.years": (1, 100),
    "data.demo.seed": (0, 2**63 - 1),
    "data.min_turnover": (0.0, 1e18),
    "data.min_market_cap": (0.0, 1e18),
    "data.periods_per_year": (1.0, 366.0),
    "data.max_age_days": (0, 1_000_000),
    "data.demo.information_ratio": (0.0, 20.0),
    "factors.winsorise": (0.0, 0.49),
    "factors.min_history": (1, 1_000_000),
    "factors.min_names": (1, 1_000_000),
    "factors.momentum_window": (2, 600),  # months; the last one is left out
    "factors.rsi_window": (2, 10_000),
    "factors.volatility_short_window": (2, 10_000),
    "factors.volatility_long_window": (3, 10_000),
    "backtest.rebalance_days": (1, 1_000_000),
    "backtest.execution_lag": (1, 1_000),
    "backtest.stop_lag": (0, 1),
    "backtest.commission_bps": (0.0, 5_000.0),
    "backtest.slippage_bps": (0.0, 4_999.0),
    "backtest.delist_after": (1, 1_000_000),
    "backtest.delisting_return": (0.0, 1.0),
    "backtest.risk_free": (-0.5, 1.0),
    "backtest.borrow_cost": (0.0, 10.0),
    "backtest.short_rebate": (0.0, 1.0),
    "backtest.impact": (0.0, 100.0),
    "backtest.capital": (1.0, 1e15),
    "hyperparameters.cash_pct": (0.0, 1.0),
    "hyperparameters.stop_loss_pct": (1e-6, 1.0),
    "hyperparameters.position_size_pct": (1e-6, 1.0),
    "portfolio.gross": (1e-6, 10.0),
    "portfolio.max_sector_pct": (1e-6, 1.0),
    "portfolio.buffer": (0.0, 100.0),
    "portfolio.no_trade_band": (0.0, 1.0),
    "portfolio.vol_target": (1e-6, 10.0),
    "portfolio.max_gross": (1e-6, 10.0),
    "portfolio.max_adv_share": (1e-9, 100.0),
    "holdout.fraction": (0.0, 0.9),
    "tuning.seed": (0, 2**63 - 1),
    "tuning.window": (1, 4_096),
    "tuning.patience": (1, 1_000_000),
    "tuning.population": (2, 4_096),
    "storage.busy_timeout_s": (0.0, 86_400.0),
    "verdict.placebos": (1, 100_000),
    "verdict.windows": (1, 1_000),
    "verdict.embargo_days": (0, 100_000),
    "verdict.train_share": (0.05, 0.95),
    "verdict.level": (1e-4, 0.5),
    "verdict.fail_above": (1e-4, 1.0),
    "verdict.power": (0.5, 0.999),
    "verdict.portfolios": (2, 1_000_000),
    "verdict.overfitting_blocks": (2, 20),
    "verdict.neighbours": (8, 100_000),
    "promote.max_age_days": (0, 1_000_000),
    "promote.margin": (-1.0, 1.0),
    "promote.level": (1e-4, 0.5),
    "promote.min_days": (2, 1_000_000),
    "promote.block": (1, 10_000),
    "promote.samples": (100, 1_000_000),
    "reoptimize.trials": (1, 1_000_000),
    "reoptimize.max_data_age_days": (0, 1_000_000),
    "reoptimize.keep_logs": (1, 100_000),
    "notify.timeout_s": (0.1, 600.0),
    "notify.min_interval_s": (0.0, 600.0),
}


def _values(settings: Settings, name: str) -> Iterator[tuple[str, Any]]:
    """Place and value of a setting where it is set: of `list[].field`, one for each entry."""
    found: list[tuple[str, Any]] = [("", settings)]
    for part in name.split("."):
        found = [(f"{w}.{part}".lstrip("."), getattr(v, part.removesuffix("[]"))) for w, v in found]
        if part.endswith("[]"):
            found = [(f"{w[:-1]}{i}]", e) for w, v in found for i, e in enumerate(v)]
    yield from ((place, value) for place, value in found if value is not None)


def check_bounds(settings: Settings, origin: str, sources: Mapping[str, str] | None = None) -> None:
    """Raise an ExoError for the first setting that is outside its bounds.

    `sources` names where a setting comes from (dotted name -> words), if not from `origin`.
    """
    for name, (low, high) in BOUNDS.items():
        for place, value in _values(settings, name):
            if not (math.isfinite(value) and low <= value <= high):
                source = (sources or {}).get(name, origin)
                raise ExoError(
                    f"{source}: {place} is {value}, must be between {low:g} and {high:g}."
                )
    name, address = "notify.api_base_url", settings.notify.api_base_url
    if not re.fullmatch(r"https?://[^/\s]+\S*", address):
        source = (sources or {}).get(name, origin)
        raise ExoError(f"{source}: {name} is {address!r}, must begin with https:// and a host.")
    _check_webhook(settings, origin, sources or {})


def _check_webhook(settings: Settings, origin: str, sources: Mapping[str, str]) -> None:
    """Refuse an address in the place of the file that holds it, without repeating it."""
    name, path = "notify.webhook", settings.notify.webhook
    if path is not None and re.search("https?:/", str(path)):
        raise ExoError(
            f"{sources.get(name, origin)}: {name} is an address, which is a secret: settings are "
            "written into factor files.",
            hint="Put the address into a file of its own and name that file, or set "
            "EXO_WEBHOOK_URL.",
        )
