"""One study, judged as the verdict itself would."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.calibration.judged_study import StudyInputs, judge_study
from mech_exo.data.panel import Panel
from mech_exo.verdict.verdict import validate
from mech_exo.workforce.workforce import Workforce
from tests.unit.verdict.small import (
    small_market,
    small_objective,
    small_panel,
    small_settings,
    small_subject,
)

OWN = b"""
from mech_exo.objective.factor import factor

MAX_DRAWDOWN_THRESHOLD = 1.0
VOLATILITY_THRESHOLD = 10.0
WEIGHT_LIMIT = 2.0


@factor(name="own")
def own(market):
    return market.close


def suggest_factor_weights(trial):
    for name in ("f0", "f1", "own"):
        trial.suggest_float(f"weight_{name}", -1.0, 1.0)
"""


def inputs_of(panel: Panel, **changes: Any) -> StudyInputs:
    given = {
        "panel": panel,
        "settings": small_settings(),
        "objective": small_objective(),
        "trials": 8,
    }
    return StudyInputs(**{**given, **changes})


def test_it_is_the_verdict_on_the_study(tmp_path: Path) -> None:
    panel = small_panel(premium=0.3)
    study = judge_study(inputs_of(panel))
    assert study.params is not None
    subject = small_subject(panel, trials=8, params=study.params)
    verdict = validate(subject, tmp_path / "study.db", workforce=Workforce(1))
    assert verdict.holdout is not None
    assert verdict.placebo == study.placebo
    assert verdict.walk_forward == study.walk_forward
    assert verdict.holdout.test == study.holdout
    assert verdict.decision.p == study.decision.p
    assert verdict.decision.promise == study.decision.promise


def test_a_placebo_search_is_spared_where_it_cannot_change_the_answer() -> None:
    nothing = inputs_of(small_panel())
    spared, whole = judge_study(nothing, sparing=True), judge_study(nothing)
    assert spared.placebo is None
    assert whole.placebo is not None
    assert not spared.passes
    assert not whole.passes
    strong = judge_study(inputs_of(small_panel(premium=0.6)), sparing=True)
    assert strong.placebo is not None
    assert strong.passes


def test_without_a_feasible_portfolio_nothing_passes() -> None:
    source = small_objective().source.replace(
        b"DRAWDOWN_THRESHOLD = 1.0", b"DRAWDOWN_THRESHOLD = 0.0"
    )
    study = judge_study(inputs_of(small_panel(premium=0.6), objective=small_objective(source)))
    assert not study.feasible
    assert not study.passes


def test_without_a_holdout_it_is_inconclusive() -> None:
    settings = small_settings()
    settings = replace(settings, holdout=replace(settings.holdout, fraction=0.0))
    study = judge_study(inputs_of(small_panel(premium=0.6), settings=settings))
    assert study.holdout is None
    assert study.decision.overall == "INCONCLUSIVE"


def test_a_file_that_reads_the_market_sees_it_to_the_end_on_the_holdout() -> None:
    panel = small_panel()
    study = judge_study(
        inputs_of(panel, objective=small_objective(OWN), market=small_market(panel))
    )
    assert study.params is not None
    assert "weight_own" in study.params
    assert np.isfinite(study.outside.coefficients).all()
