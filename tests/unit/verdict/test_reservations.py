"""What stands beside the p-value, and what it does."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.config.settings import Settings
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.verdict.decay import decay_of
from mech_exo.verdict.evidence import Evidence, autocorrelation
from mech_exo.verdict.factor_skill import FactorSkill, factor_blocks, factor_skill, hotelling_p
from mech_exo.verdict.ranking import holding_periods
from mech_exo.verdict.reservations import Circumstances, reservations
from mech_exo.verdict.stretch import Outcomes
from mech_exo.verdict.verdict import validate
from mech_exo.workforce.workforce import Workforce
from tests.unit.verdict.small import small_market, small_panel, small_settings, small_subject

NOTHING = FactorSkill({}, 0.5, 0.0)


def evidence(coefficients: FloatArray, start: str = "2015-01-05") -> Evidence:
    flat = np.zeros(len(coefficients))
    days = np.datetime64(start) + 30 * np.arange(len(coefficients))
    return Evidence(flat, flat, flat, coefficients, days)


def names(settings: Settings | None = None, factors: FactorSkill = NOTHING) -> list[str]:
    return [r.name for r in reservations(Circumstances(small_subject(settings=settings), factors))]


def long_panel(leaving: int) -> Panel:
    """Twelve years, of which so many of forty names see no more than seven."""
    panel = small_panel(sessions=3_000, names=40, step=63, premium=0.6)
    returns = panel.returns.copy()
    returns[1_700:, :leaving] = np.nan
    return replace(
        panel,
        returns=returns,
        dates=np.busday_offset("2010-01-04", np.arange(3_000), roll="forward"),
    )


def files(settings: Settings, **data: Any) -> Settings:
    return replace(settings, data=replace(settings.data, source="files", **data))


def with_market(panel: Panel) -> Mapping[str, Any]:
    market = small_market(panel)
    close = np.where(np.isfinite(panel.returns), market.close, np.nan)
    return {"panel": panel, "market": replace(market, close=close)}


def test_survivors_are_no_skill_unless_the_settings_accept_them(tmp_path: Path) -> None:
    survived, settings = with_market(long_panel(0)), files(small_settings())
    judged = validate(
        small_subject(settings=settings, **survived), tmp_path / "a.db", workforce=Workforce(1)
    )
    assert judged.overall == "INCONCLUSIVE"
    assert judged.decision.p < 0.05
    assert "looks like skill" in judged.decision.reason
    assert "The universe is one of survivors: none of the 40 names" in judged.decision.reason
    accepted = files(small_settings(), accept=("survivors",))
    judged = validate(
        small_subject(settings=accepted, **survived), tmp_path / "a.db", workforce=Workforce(1)
    )
    assert judged.overall == "PASS"
    assert "accept a universe of survivors (data.accept: survivors)" in judged.decision.reason
    assert judged.as_dict()["decision"]["reservations"][0]["name"] == "survivors"
    left = validate(
        small_subject(settings=settings, **with_market(long_panel(10))),
        tmp_path / "b.db",
        workforce=Workforce(1),
    )
    assert left.overall == "PASS"
    assert left.decision.reservations == ()


def test_a_level_above_the_usual_is_a_reservation() -> None:
    assert names(small_settings(level=0.05)) == []
    assert names(small_settings(level=0.1)) == ["level"]


def test_blocks_that_depend_on_each_other() -> None:
    assert names(factors=FactorSkill({}, 0.5, 0.04)) == []
    assert names(factors=FactorSkill({}, 0.5, float("nan"))) == []
    assert names(factors=FactorSkill({}, 0.5, 0.06)) == ["dependence"]


def test_the_decay_by_hand() -> None:
    values = np.array([0.3, 0.1] * 6 + [0.1, -0.1] * 6)
    decay = decay_of(evidence(values, "2014-01-25"))
    assert [y.year for y in decay.years] == [2014, 2015]
    assert [y.blocks for y in decay.years] == [12, 12]
    assert decay.years[0].coefficient == pytest.approx(0.2)
    assert decay.autocorrelation == pytest.approx(autocorrelation(values))
    assert decay.years[1].coefficient == pytest.approx(0.0)
    assert decay.later_t == pytest.approx(0.0, abs=1e-12)
    assert decay.earlier_t > 1.0
    assert decay.fading
    assert not decay_of(evidence(values[::-1])).fading
    assert not decay_of(evidence(0.0 * values)).fading
    assert decay_of(evidence(values[:0])).years == ()


def test_hotelling_of_one_series_is_its_t_test() -> None:
    from scipy import stats

    series = np.random.default_rng(3).normal(0.3, 1.0, (40, 1))
    assert hotelling_p(series) == pytest.approx(stats.ttest_1samp(series[:, 0], 0.0).pvalue)


def test_hotelling_keeps_its_level_and_knows_what_is_the_same_twice() -> None:
    generator = np.random.default_rng(5)
    mixed = generator.normal(size=(9, 9))
    seen = [hotelling_p(generator.normal(size=(60, 9)) @ mixed) <= 0.05 for _ in range(600)]
    assert np.mean(seen) == pytest.approx(0.05, abs=0.025)
    table = generator.normal(0.2, 1.0, (40, 3))
    twice = np.column_stack([table, table[:, 0], table.sum(axis=1), np.zeros(40)])
    assert hotelling_p(twice) == pytest.approx(hotelling_p(table))
    assert np.isnan(hotelling_p(table[:5]))
    assert np.isnan(hotelling_p(np.zeros((40, 2))))


def test_the_factors_are_judged_without_a_search() -> None:
    panel = small_panel(premium=0.6)
    holding = holding_periods(panel, 1)
    found = factor_skill(factor_blocks(panel, Outcomes.of(panel).over(holding), holding))
    assert found.p < 0.001
    assert found.factors["f0"].t > 5.0
    assert abs(found.factors["f1"].t) < 3.0
    assert list(found.factors) == ["f0", "f1", "f2"]
    assert found.left_out == ()
    assert "left_out" not in found.as_dict()


def test_factors_that_are_not_asked_are_named() -> None:
    panel = small_panel(premium=0.6)
    exposures = panel.exposures.copy()
    exposures[: 2 * len(exposures) // 3, :, 1] = np.nan
    panel, holding = replace(panel, exposures=exposures), holding_periods(panel, 1)
    found = factor_skill(factor_blocks(panel, Outcomes.of(panel).over(holding), holding, ("own",)))
    assert list(found.factors) == ["f0", "f2"]
    assert found.left_out == ("f1", "own")
    assert found.as_dict()["left_out"] == ("f1", "own")
