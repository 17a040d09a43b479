"""Planted leaks are caught and named; honest factors pass."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.settings import DataSettings, DemoSettings, FactorSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.demo import demo_market
from mech_exo.data.frequency import MONTHLY
from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import FloatArray, IntArray, Panel
from mech_exo.data.technical import TECHNICAL, momentum_12_1
from mech_exo.leakage.leaks import LeakReport, check_leaks
from mech_exo.objective.spec import ObjectiveSpec

SETTINGS = Settings(data=DataSettings(demo=DemoSettings(symbols=30, years=3)))
FILE = """
import numpy as np
from mech_exo.objective.factor import factor

MAX_DRAWDOWN_THRESHOLD = 1.0
VOLATILITY_THRESHOLD = 10.0
WEIGHT_LIMIT = 2.0


def suggest_factor_weights(trial):
    trial.suggest_float("weight_own", -1.0, 1.0)


"""


@pytest.fixture(scope="module")
def market() -> Market:
    return demo_market(SETTINGS.data.demo)


@pytest.fixture(scope="module")
def panel(market: Market) -> Panel:
    return build_panel(market, SETTINGS)


def check(market: Market, panel: Panel, function: str = "") -> LeakReport:
    spec = ObjectiveSpec.compile((FILE + function).encode(), "obj.py") if function else None
    return check_leaks(SETTINGS, market, panel, spec)


def leaks(report: LeakReport) -> dict[str, str]:
    return {f.subject: f.message for f in report.findings if f.severity == "leak"}


def test_the_default_factors_pass_on_the_demo(market: Market, panel: Panel) -> None:
    report = check(market, panel)
    assert report.passed
    assert report.factors == 9
    assert report.dates == 24
    assert report.as_dict()["passed"] is True


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("np.vstack([market.close[1:], market.close[-1:]]) / market.close", "later dates"),
        ("(market.close - np.nanmean(market.close)) / np.nanstd(market.close)", "later dates"),
        ("market.close / np.nan_to_num(market.close).std(axis=0)", "later dates"),
        ("by_period_end(market)", "published after"),
    ],
    ids=["tomorrow's return", "one full-sample z-score", "one for each name", "period end"],
)
def test_a_leak_in_the_users_file_is_named(
    market: Market, panel: Panel, body: str, cause: str
) -> None:
    function = f"""
def by_period_end(market):
    v = market.vintages["return_on_equity"]
    values = np.full(market.close.shape, np.nan)
    for row in np.argsort(v.period_end, kind="stable"):
        values[np.searchsorted(market.dates, v.period_end[row]):, v.symbol[row]] = v.value[row]
    return values


@factor(name="own")
def own(market):
    return {body}
"""
    report = check(market, panel, function)
    assert not report.passed
    assert set(leaks(report)) == {"own"}
    assert any(cause in f.message for f in report.findings if f.subject == "own")


def test_an_honest_factor_of_the_user_passes(market: Market, panel: Panel) -> None:
    function = """
@factor(name="own")
def own(market, window=20):
    values = np.full(market.close.shape, np.nan)
    values[window:] = market.close[window:] / market.close[:-window] - 1.0
    return values
"""
    report = check(market, panel, function)
    assert report.passed
    assert report.factors == 10


def test_a_factor_that_needs_the_future_to_be_computed(market: Market, panel: Panel) -> None:
    function = """
@factor(name="own")
def own(market):
    return np.broadcast_to(market.close[700], market.close.shape)
"""
    assert "cannot be computed" in leaks(check(market, panel, function))["own"]


def test_a_column_of_tomorrows_returns_is_too_good_to_be_true(market: Market) -> None:
    tomorrow = np.vstack([market.close[1:], market.close[-1:]]) / market.close - 1.0
    planted = replace(
        market, daily={"oracle": tomorrow}, categories={**market.categories, "oracle": "custom"}
    )
    found = leaks(check(planted, build_panel(planted, SETTINGS)))
    assert set(found) == {"oracle"}
    assert "next day's return" in found["oracle"]


def test_fundamentals_used_before_they_are_published(market: Market, panel: Panel) -> None:
    name = "return_on_equity"
    honest = market.vintages[name]
    at_once = Vintage(honest.symbol, honest.period_end, honest.period_end, honest.value)
    found = leaks(check(replace(market, vintages={**market.vintages, name: at_once}), panel))
    assert "period end" in found[name]
    early = Vintage(
        honest.symbol,
        honest.period_end,
        honest.period_end - np.timedelta64(3, "D"),
        honest.value,
    )
    found = leaks(check(replace(market, vintages={**market.vintages, name: early}), panel))
    assert "before the end of the period" in found[name]


def test_a_universe_of_survivors_is_a_warning() -> None:
    larger = demo_market(DemoSettings(symbols=60, years=3))
    alive = np.isfinite(larger.close[-1])
    kept = replace(
        larger,
        symbols=tuple(np.array(larger.symbols)[alive]),
        close=larger.close[:, alive],
        vintages={},
    )
    files = replace(SETTINGS, data=DataSettings(source="files"))
    report = check_leaks(files, kept, build_panel(kept, files), None)
    assert report.passed
    assert [(f.severity, f.subject) for f in report.findings] == [("warning", "universe")]
    assert "none of the" in report.findings[0].message


@pytest.mark.parametrize("stated", [False, True])
def test_a_factor_is_checked_under_the_window_that_is_drawn_or_set(
    market: Market, panel: Panel, monkeypatch: pytest.MonkeyPatch, stated: bool
) -> None:
    """A leak that only another window than the default has."""

    def leaking(market: Market, rows: IntArray, momentum_window: int = 12) -> FloatArray:
        honest = momentum_12_1(market, rows, momentum_window)
        return honest + market.close[-1] if momentum_window == 7 else honest

    monkeypatch.setitem(TECHNICAL, "momentum_12_1", leaking)
    settings = replace(SETTINGS, factors=FactorSettings(momentum_window=7 if stated else None))
    suggest = "    trial.suggest_int('momentum_window', 7, 7)\n" if not stated else ""
    text = FILE.replace("weight_own", "weight_rsi_14").rstrip() + "\n" + suggest
    spec = ObjectiveSpec.compile(text.encode(), "obj.py")
    assert check_leaks(SETTINGS, market, panel, None).passed
    built = build_panel(market, settings) if stated else panel
    found = check_leaks(settings, market, built, spec)
    assert set(leaks(found)) == {"momentum_12_1"}
    assert found.factors == 9


def test_last_months_return_is_honest_and_next_months_is_not(market: Market) -> None:
    """On monthly prices a factor may be the session's own return; on daily ones it is suspect."""
    month = replace(market, frequency=MONTHLY)
    panel = build_panel(month, SETTINGS)
    own = """
@factor(name="own")
def own(market):
    values = np.full(market.close.shape, np.nan)
    values[1:] = market.close[1:] / market.close[:-1] - 1.0
    return {body}
"""
    honest = check(month, panel, own.format(body="values"))
    assert honest.passed
    later = own.format(body="np.vstack([values[1:], values[-1:]])")
    found = leaks(check(month, panel, later))
    assert "own" in found
    suspect = leaks(check(market, build_panel(market, SETTINGS), own.format(body="values")))
    assert "same day's return" in suspect["own"]
    known = replace(month, daily={"oracle": np.vstack([_growth(month)[1:], _growth(month)[-1:]])})
    named = replace(known, categories={"oracle": "custom"})
    assert "next month's return" in leaks(check(named, build_panel(named, SETTINGS)))["oracle"]


def _growth(market: Market) -> FloatArray:
    growth = np.full(market.close.shape, np.nan)
    growth[1:] = market.close[1:] / market.close[:-1] - 1.0
    return growth
