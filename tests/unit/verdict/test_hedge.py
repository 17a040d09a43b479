"""A premium that is hedged is no skill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.data.panel import FloatArray, Panel
from mech_exo.data.sector_history import UNKNOWN, SectorHistory
from mech_exo.errors import ExoError
from mech_exo.verdict.hedge import Hedge
from mech_exo.verdict.repeated_searches import searches_key, searches_of
from mech_exo.verdict.standing import rules_of
from mech_exo.verdict.verdict import validate
from mech_exo.workforce.workforce import Workforce
from tests.unit.verdict.small import small_panel, small_settings, small_subject


def styled(premium: float = 0.16, seed: int = 1) -> tuple[Panel, FloatArray]:
    """Factor 0 is what names load on a style with, which earns `premium` a year."""
    panel = small_panel(seed, sessions=900, names=40)
    style = np.random.default_rng([seed, 9]).normal(premium / 252, 0.004, len(panel.dates))
    row = np.maximum(np.searchsorted(panel.rebalance, np.arange(len(style)) - 1) - 1, 0)
    loading = panel.exposures[0, :, 0]  # of a name, for ever
    exposures = panel.exposures.copy()
    exposures[:, :, 0] = loading
    returns = panel.returns + style[:, None] * exposures[row, :, 0]
    return replace(panel, returns=returns, exposures=exposures), style


def written(path: Path, panel: Panel, **series: FloatArray) -> Path:
    rows = zip(panel.dates.astype(str), *(s.tolist() for s in series.values()), strict=True)
    lines = [",".join(["date", *series]), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines))
    return path


def test_a_hedged_premium_is_said_to_be_one(tmp_path: Path) -> None:
    panel, style = styled()
    file = written(tmp_path / "hedge.csv", panel, style=style)
    settings = small_settings(placebos=9, hedge=file)
    verdict = validate(small_subject(panel, settings), tmp_path / "s.db", workforce=Workforce(1))
    hedged = verdict.hedged
    assert hedged is not None
    assert verdict.decision.p < 0.05
    assert hedged.p > 0.3
    assert hedged.against == ("style",)
    assert verdict.decision.reason.endswith(
        f"Hedged for style the verdict is {hedged.overall} (chance under luck "
        f"{100 * hedged.p:.1f} %)."
    )
    assert verdict.as_dict()["hedged"]["overall"] == hedged.overall
    assert hedged.holdout is not None


def test_skill_is_left_where_the_hedge_is_something_else(tmp_path: Path) -> None:
    panel = small_panel(premium=0.6)
    other = np.random.default_rng(3).normal(0.0005, 0.004, len(panel.dates))
    file = written(tmp_path / "hedge.csv", panel, other=other)
    plain = validate(small_subject(panel), tmp_path / "a.db", workforce=Workforce(1))
    both = validate(
        small_subject(panel, small_settings(hedge=file)), tmp_path / "b.db", workforce=Workforce(1)
    )
    assert plain.hedged is None
    assert "hedged" not in plain.as_dict()
    assert both.hedged is not None
    assert both.hedged.overall == both.overall == plain.overall == "PASS"
    assert both.decision.p == plain.decision.p  # the answer itself is the same
    assert both.placebo is not None
    assert plain.placebo is not None
    assert both.placebo.p_rank == plain.placebo.p_rank


def test_what_is_left_is_what_least_squares_leave() -> None:
    panel, style = styled()
    generator = np.random.default_rng(2)
    series = np.column_stack([style, generator.normal(0.0, 0.02, len(style))])
    residual = panel.returns.copy()
    residual[:200, 3] = np.nan
    residual[generator.random(residual.shape) < 0.01] = np.nan
    left = Hedge(("a", "b"), series).left(residual, panel, 60)
    for n in (0, 3, 17):
        known = np.isfinite(residual[:, n])
        design = np.column_stack([np.ones(known.sum()), series[known]])
        slopes = np.linalg.lstsq(design, residual[known, n], rcond=None)[0][1:]
        np.testing.assert_allclose(left[known, n], residual[known, n] - series[known] @ slopes)
        assert np.isnan(left[~known, n]).all()


def test_a_short_history_and_a_flat_premium_change_nothing() -> None:
    panel, style = styled()
    residual = panel.returns.copy()
    residual[50:, 4] = np.nan
    left = Hedge(("a",), style[:, None]).left(residual, panel, 60)
    np.testing.assert_array_equal(left[:, 4], residual[:, 4])
    flat = Hedge(("a",), np.full((len(style), 1), 0.001)).left(residual, panel, 60)
    np.testing.assert_allclose(flat[:, 0], residual[:, 0], atol=1e-12)


def test_sectors_are_hedged_where_they_are_known() -> None:
    panel, _ = styled()
    names = ["tech"] * 20 + ["oil"] * 16 + ["two"] * 2 + [UNKNOWN] * 2
    flat = np.zeros((len(panel.dates), 1))
    grouped = replace(panel, sectors=SectorHistory.of(names))
    left = Hedge(("a",), flat, sectors=True).left(panel.returns, grouped, 60)
    np.testing.assert_allclose(left[:, :20].mean(axis=1), 0.0, atol=1e-15)
    np.testing.assert_allclose(left[:, 20:36].mean(axis=1), 0.0, atol=1e-15)
    np.testing.assert_allclose(left[:, 36:], panel.returns[:, 36:])
    moved = np.tile(np.array(names), (len(panel.rebalance), 1))
    moved[10:, 0] = "oil"
    dated = replace(panel, sectors=SectorHistory.of(moved))
    left = Hedge(("a",), flat, sectors=True).left(panel.returns, dated, 60)
    late = panel.rebalance[10] + 1
    np.testing.assert_allclose(left[:late, :20].mean(axis=1), 0.0, atol=1e-15)
    np.testing.assert_allclose(left[late:, 1:20].mean(axis=1), 0.0, atol=1e-15)


def test_the_hedge_is_part_of_what_replicates_and_verdicts_depend_on(tmp_path: Path) -> None:
    panel, style = styled()
    plain = small_subject(panel)
    file = written(tmp_path / "hedge.csv", panel, style=style)
    hedged = small_subject(panel, small_settings(hedge=file))
    keys = [searches_key(searches_of(plain)), searches_key(searches_of(hedged))]
    rules = [rules_of(hedged.settings.verdict)]
    written(file, panel, style=style * 1.1)
    hedged = small_subject(panel, small_settings(hedge=file))
    keys.append(searches_key(searches_of(hedged)))
    rules.append(rules_of(hedged.settings.verdict))
    assert len(set(keys)) == 3
    assert rules[0] != rules[1]
    assert rules_of(plain.settings.verdict)["verdict.hedge"] is None


def test_a_premium_may_be_called_like_what_is_hedged_beside_it(tmp_path: Path) -> None:
    panel, style = styled()
    hedge = Hedge.read(written(tmp_path / "h.csv", panel, sectors=style), panel)
    assert hedge.names == ("sectors",)
    left = hedge.left(panel.returns, panel, 60)
    same = Hedge(("style",), style[:, None]).left(panel.returns, panel, 60)
    np.testing.assert_array_equal(left, same)


BROKEN = {
    "no date": ("day,style\n2015-01-01,0.1\n", "has no column 'date'"),
    "no premium": ("date\n2015-01-01\n", "has a single column, 'date'"),
    "text": ("date,style\n2015-01-01,x\n", r"line 2: style is 'x', not a finite number"),
    "short": ("date,style\n2015-01-01,0.1\n", r"no returns on 2015-01-02 \(899 of 900 dates\)"),
    "twice": ("date,style\n2015-01-01,0.1\n2015-01-01,0.1\n", "2015-01-01 twice"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused(case: str, tmp_path: Path) -> None:
    content, told = BROKEN[case]
    (tmp_path / "h.csv").write_text(content)
    with pytest.raises(ExoError, match=told):
        Hedge.read(tmp_path / "h.csv", styled()[0])


@pytest.mark.parametrize("value", ["", "-1", "-1.5"])
def test_a_missing_or_impossible_return_names_its_line(value: str, tmp_path: Path) -> None:
    panel, style = styled()
    file = written(tmp_path / "h.csv", panel, style=style)
    lines = file.read_text().splitlines()
    lines[7] = f"{lines[7].split(',')[0]},{value}"
    file.write_text("\n".join(lines))
    with pytest.raises(ExoError, match="line 8: style is no return"):
        Hedge.read(file, panel)
