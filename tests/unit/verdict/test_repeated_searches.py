"""The repeated search is the study's, and a placebo's finds nothing."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.errors import ExitCode, ExoError
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.verdict.flipping import block_signs, flipped
from mech_exo.verdict.payloads import pack, unpack
from mech_exo.verdict.ranking import holding_periods
from mech_exo.verdict.repeated_searches import searches_of, winner
from mech_exo.verdict.subject import Subject, file_subject, study_subject
from tests.cli.conftest import REPOSITORY
from tests.unit.tuning.tuning_runs import WeightRun, carried_out
from tests.unit.verdict.small import (
    OBJECTIVE,
    small_objective,
    small_panel,
    small_settings,
    small_subject,
)

TRIALS = 14


def stored(subject: Subject, folder: Path, trials: int = TRIALS) -> StudyRecord:
    run = WeightRun(
        study_file=folder / "study.db",
        settings=subject.settings,
        objective=subject.objective,
        panel=subject.in_sample,
        n_jobs=2,
        n_trials=trials,
    )
    return carried_out(run).study


def test_on_the_real_data_the_repeated_search_is_the_study(tmp_path: Path) -> None:
    settings = small_settings()
    settings = replace(settings, tuning=replace(settings.tuning, pruner="median"))
    subject = small_subject(settings=settings, trials=TRIALS)
    study = stored(subject, tmp_path)
    repeater = searches_of(subject)()
    again = repeater.search(repeater.evaluator(subject.in_sample))
    assert [t.params for t in again.trials] == [t.params for t in study.trials]
    assert [t.values for t in again.trials] == [t.values for t in study.trials]
    assert [t.state for t in again.trials] == [t.state for t in study.trials]

    judged = study_subject(settings, subject.objective, subject.panel, subject.market, study)
    best = study.best()
    assert best is not None
    assert judged.params == best.params
    assert judged.trials == judged.looked_at == TRIALS
    other = replace(settings, backtest=replace(settings.backtest, commission_bps=7.0))
    with pytest.raises(ExoError, match=r"backtest.commission_bps: 5\.0 → 7\.0"):
        study_subject(other, subject.objective, subject.panel, subject.market, study)


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "qmc"])
def test_a_forked_worker_imports_nothing_more(sampler: str) -> None:
    code = (
        "import sys\n"
        "from dataclasses import replace\n"
        "from mech_exo.verdict.repeated_searches import searches_of\n"
        "from tests.unit.verdict.small import small_settings, small_subject\n"
        "settings = small_settings()\n"
        f"tuning = replace(settings.tuning, sampler={sampler!r}, population=6)\n"
        "subject = small_subject(settings=replace(settings, tuning=tuning), trials=16)\n"
        "repeater = searches_of(subject)()\n"
        "before = set(sys.modules)\n"
        "repeater.replicate('placebo', 1)\n"
        "print(sorted(set(sys.modules) - before))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


def test_a_search_with_patience_is_repeated_by_its_rule(tmp_path: Path) -> None:
    """What a placebo finds must be what this very procedure finds there."""
    settings = small_settings()
    settings = replace(settings, tuning=replace(settings.tuning, patience=6))
    subject = small_subject(settings=settings)
    study = stored(subject, tmp_path, trials=500)
    assert 6 < len(study.trials) < 500
    # judged under settings that say nothing of it: the rule is the study's
    plain = replace(settings, tuning=replace(settings.tuning, patience=None))
    judged = study_subject(plain, subject.objective, subject.panel, subject.market, study)
    assert (judged.trials, judged.patience) == (500, 6)
    repeater = searches_of(judged)()
    again = repeater.search(repeater.evaluator(subject.in_sample))
    assert [t.params for t in again.trials] == [t.params for t in study.trials]
    cut = replace(study, trials=study.trials[:3])  # its patience was not used up
    assert study_subject(plain, subject.objective, subject.panel, subject.market, cut).trials == 3
    fewer = replace(plain, verdict=replace(plain.verdict, search_trials=9))
    judged = study_subject(fewer, subject.objective, subject.panel, subject.market, study)
    assert (judged.trials, judged.patience) == (9, None)


def test_a_study_without_a_feasible_trial_has_nothing_to_judge() -> None:
    subject = small_subject()
    study = StudyRecord(name="s", directions=("maximize",), kind="plain")
    with pytest.raises(ExoError, match="no trials yet") as caught:
        study_subject(subject.settings, subject.objective, subject.panel, subject.market, study)
    assert caught.value.exit_code == ExitCode.NO_FEASIBLE_TRIAL
    pareto = replace(study, directions=("maximize", "minimize"))
    with pytest.raises(ExoError, match="several objectives"):
        study_subject(subject.settings, subject.objective, subject.panel, subject.market, pareto)


def test_a_file_says_how_many_trials_were_searched() -> None:
    from mech_exo.factor_file.document import FactorFile

    entry = {"weight": 0.5, "direction": "lower_better", "category": "test"}
    file = FactorFile(metadata={"total_trials": 30}, factors={"test": {"f0": entry}})  # type: ignore[dict-item]
    subject = small_subject()
    given = (subject.settings, subject.objective, subject.panel, subject.market)
    found = file_subject("x.yml", *given, file)
    assert (found.trials, found.looked_at) == (30, 30)
    assert found.params == {"weight_f0": -0.5}
    with pytest.raises(ExoError, match="total_trials"):
        file_subject("x.yml", *given, replace(file, metadata={}))


def test_the_winner_of_a_search() -> None:
    def trial(number: int, value: float, violation: float) -> TrialRecord:
        return TrialRecord(number, "COMPLETE", values=(value,), constraints=(violation,))

    study = StudyRecord(name="s", directions=("maximize",), kind="plain")
    assert winner(study) is None
    infeasible = replace(study, trials=(trial(0, 3.0, 0.2), trial(1, 1.0, 0.1)))
    assert winner(infeasible) == infeasible.trials[1]
    mixed = replace(study, trials=(*infeasible.trials, trial(2, 0.5, -0.1)))
    assert winner(mixed) == mixed.trials[2]


def test_evidence_survives_its_plain_form() -> None:
    repeater = searches_of(small_subject())()
    payload = repeater.replicate("window", 0)
    evidence = unpack(payload)
    again = unpack(pack(evidence))
    for name in ("active", "skill", "skill_sums", "coefficients"):
        np.testing.assert_array_equal(getattr(again, name), getattr(evidence, name))
    assert payload["seconds"] > 0.0
    assert payload["params"]


def test_a_users_benchmark_is_what_is_measured_against(tmp_path: Path) -> None:
    subject = small_subject()
    path = tmp_path / "bench.csv"
    path.write_text("".join(f"{day},0.0\n" for day in subject.panel.dates))
    settings = small_settings(benchmark=path)
    against_cash = searches_of(small_subject(settings=settings))().replicate("placebo", 0)
    against_all = searches_of(subject)().replicate("placebo", 0)
    assert against_cash["ratio"] != against_all["ratio"]
    assert against_cash["rank_t"] == against_all["rank_t"]
    assert small_objective().sha256 == subject.objective.sha256


WINDOWED = b"""
from mech_exo.objective.factor import factor


@factor(category="technical")
def drift(market, drift_days=5):
    import numpy as np

    values = np.full(market.close.shape, np.nan)
    values[drift_days:] = market.close[drift_days:] / market.close[:-drift_days] - 1.0
    return values


MAX_DRAWDOWN_THRESHOLD = 1.0
MAX_TRACKING_ERROR = 0.5


def suggest_factor_weights(trial):
    for k in range(3):
        trial.suggest_float(f"weight_f{k}", -1.0, 1.0)
    trial.suggest_float("weight_drift", -1.0, 1.0)
    trial.suggest_int("drift_days", 3, 9)
"""


@pytest.mark.parametrize("source", [OBJECTIVE, WINDOWED], ids=["plain", "a factor with a window"])
@pytest.mark.parametrize("number", [0, 1, 5])
def test_a_placebo_is_evaluated_as_on_its_own_panel(number: int, source: bytes) -> None:
    """What all placebos share changes no bit of any."""
    panel = small_panel(sessions=600, names=12)
    returns = panel.returns.copy()
    returns[50:58, 3], returns[200, 5], returns[330:, 7] = np.nan, 1.8, np.nan
    panel = replace(panel, returns=returns)
    subject = small_subject(panel, objective=small_objective(source))
    repeater = searches_of(subject)()
    holding = holding_periods(subject.in_sample, subject.settings.backtest.execution_lag)
    signs = block_signs(holding.blocks, 7, number)
    shared = repeater.placebo(signs)
    alone = repeater.evaluator(flipped(subject.in_sample, holding, signs))
    rng = np.random.default_rng(number)
    for _ in range(6):
        weights = {f"weight_f{k}": float(rng.uniform(-1, 1)) for k in range(3)}
        params = {**weights, "cash_pct": float(rng.uniform(0, 0.5)), "position_size_pct": 0.2}
        if source is WINDOWED:
            params |= {"weight_drift": 0.7, "drift_days": int(rng.integers(3, 9))}
        assert repr(shared.evaluate(params)) == repr(alone.evaluate(params))  # every metric
        one, two = shared.run(params), alone.run(params)
        assert one.returns.tobytes() == two.returns.tobytes()
        assert one.benchmark_returns.tobytes() == two.benchmark_returns.tobytes()
