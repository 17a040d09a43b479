"""A whole calibration on a small panel: one answer, whatever the jobs and interruptions."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.calibration.calibration import CalibrationPlan, Estimate, calibrate, with_placebos
from mech_exo.calibration.calibration_record import CalibrationRecord
from mech_exo.calibration.judged_study import StudyInputs
from mech_exo.calibration.synthetic_studies import NOISE, StudyMaker, study_seeds
from mech_exo.errors import ExitCode, ExoError
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.tuning.replicate_store import ReplicateStore
from mech_exo.workforce.workforce import Workforce
from tests.unit.calibration.test_judged_study import OWN
from tests.unit.tuning.stored_studies import execute
from tests.unit.verdict.small import (
    small_market,
    small_objective,
    small_panel,
    small_settings,
)


def plan_of(
    null: int = 3, skilled: int = 2, objective: ObjectiveFile | None = None, **changes: Any
) -> CalibrationPlan:
    panel = small_panel(premium=0.6)  # a skill of its own, which must not count
    inputs = StudyInputs(
        panel=panel,
        settings=small_settings(),
        objective=objective or small_objective(),
        trials=4,
        market=small_market(panel) if objective else None,
    )
    given = {"factor": "f1", "sign": 1.0, "ratios": (1.0, 6.0), "null": null, "skilled": skilled}
    return CalibrationPlan(inputs=with_placebos(inputs, 4), **{**given, **changes})


def run(
    plan: CalibrationPlan,
    file: Path,
    jobs: int = 1,
    announce: Callable[[Estimate], None] = lambda estimate: None,
) -> CalibrationRecord:
    return calibrate(plan, file, workforce=Workforce(jobs), announce=announce)


def timeless(record: CalibrationRecord) -> CalibrationRecord:
    return replace(record, seconds=0.0)


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[CalibrationRecord, Path]:
    file = tmp_path_factory.mktemp("calibration") / "study.db"
    return run(plan_of(null=6, skilled=3), file), file


def test_luck_hardly_passes_and_a_strong_premium_does(
    calibrated: tuple[CalibrationRecord, Path],
) -> None:
    record, _ = calibrated
    assert record.level.studies == 6
    assert record.level.passed <= 1
    assert [s.wanted for s in record.skilled] == [1.0, 6.0]
    assert record.skilled[1].rate.passed >= 2
    assert record.skilled[1].premium.ratio == pytest.approx(6.0, abs=0.02)
    assert record.skilled[0].premium.strength < record.skilled[1].premium.strength
    assert record.floor.most == 6.0


def test_its_json_is_plain_and_says_all(calibrated: tuple[CalibrationRecord, Path]) -> None:
    from mech_exo.report.plain_json import json_text
    from mech_exo.verdict.detection import Detection

    record, _ = calibrated
    found = record.as_dict()
    json_text(found)
    assert [row["ratio"] for row in found["power"]] == [1.0, 6.0]
    assert found["factor"] == "f1"
    assert found["placebos"] == 4
    assert Detection.from_block(found) == record.detection


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[CalibrationRecord, Path]:
    """The smallest one: two studies on noise, one with a premium."""
    file = tmp_path_factory.mktemp("small") / "study.db"
    return run(small_plan(), file), file


@pytest.fixture
def copied(small: tuple[CalibrationRecord, Path], tmp_path: Path) -> Path:
    """Its file, to go on with."""
    return Path(shutil.copy(small[1], tmp_path / "study.db"))


def small_plan(null: int = 2, **changes: Any) -> CalibrationPlan:
    return plan_of(null, 1, ratios=(6.0,), **changes)


def test_the_number_of_jobs_changes_nothing(
    small: tuple[CalibrationRecord, Path], tmp_path: Path
) -> None:
    assert timeless(run(small_plan(), tmp_path / "other.db", jobs=2)) == timeless(small[0])


def test_what_is_finished_is_kept_and_more_studies_cost_only_what_is_new(
    small: tuple[CalibrationRecord, Path], copied: Path
) -> None:
    told: list[Estimate] = []
    assert run(small_plan(), copied, announce=told.append) == small[0]  # seconds included
    assert told == []
    more = run(small_plan(null=3), copied, announce=told.append)
    assert [(e.studies, e.kept) for e in told] == [(0, 3)]
    assert more.level.studies == 3


def test_an_interruption_loses_nothing(
    small: tuple[CalibrationRecord, Path], tmp_path: Path
) -> None:
    """As Ctrl-C would: an error in the midst of the studies."""
    file, told = tmp_path / "study.db", list[tuple[str, int]]()

    def stop(part: str, done: int, total: int) -> None:
        told.append((part, done))
        if len(told) > 2:  # both parts are told at the beginning
            raise ExoError("interrupted", exit_code=ExitCode.INTERRUPTED)

    with pytest.raises(ExoError, match="interrupted"):
        calibrate(
            small_plan(), file, workforce=Workforce(1), announce=lambda e: None, progress=stop
        )
    estimates: list[Estimate] = []
    record = run(small_plan(), file, announce=estimates.append)
    assert estimates[0].kept == 2
    assert timeless(record) == timeless(small[0])


def test_another_factor_keeps_the_studies_on_noise(copied: Path) -> None:
    told: list[Estimate] = []
    run(small_plan(factor="f2"), copied, announce=told.append)
    assert told[0].kept == 2


def test_an_edited_study_is_refused(copied: Path) -> None:
    execute(copied, f"UPDATE exo_replicates SET payload = '{{}}' WHERE part = '{NOISE}'")
    with pytest.raises(ExoError, match="damaged or edited"):
        run(small_plan(), copied)


def test_each_study_has_seeds_of_its_own() -> None:
    settings = small_settings()
    seeds = [study_seeds(settings, part, i) for part in (NOISE, "f1 at 1") for i in range(50)]
    assert len({s.search for s in seeds} | {s.history for s in seeds}) == 200
    assert study_seeds(settings, NOISE, 3) == seeds[3]
    other = replace(settings, tuning=replace(settings.tuning, seed=7))
    assert study_seeds(other, NOISE, 3) != seeds[3]


def test_the_plan_is_worked_on_in_turn() -> None:
    plan = plan_of(8, 2)
    tasks = plan.tasks(plan.studies({}))
    assert len(tasks) == len(set(tasks)) == 12
    half = [part for part, _ in tasks[:6]]
    assert half.count(NOISE) == 4


def test_what_the_objective_file_computes_itself_knows_nothing_in_a_study_on_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its scores come from the user's prices: there the residuals are turned round."""
    seen: list[StudyInputs] = []

    def judged(inputs: StudyInputs, *, sparing: bool) -> Any:
        seen.append(inputs)
        raise ExoError("seen")

    monkeypatch.setattr("mech_exo.calibration.synthetic_studies.judge_study", judged)
    for objective in (None, small_objective(OWN)):
        plan = plan_of(objective=objective)
        with pytest.raises(ExoError, match="seen"):
            StudyMaker(plan.studies({})).replicate(NOISE, 0)
    plain, own = seen
    real = plan_of().inputs.panel
    assert np.array_equal(plain.panel.returns, real.returns)
    assert not np.array_equal(own.panel.returns, real.returns)
    assert not np.array_equal(own.panel.exposures, real.exposures)


def test_a_premium_can_be_in_a_factor_of_the_objective_file(tmp_path: Path) -> None:
    plan = small_plan(null=1, objective=small_objective(OWN), factor="own")
    record = run(plan, tmp_path / "study.db")
    assert record.factor == "own"
    assert record.skilled[0].premium.ratio == pytest.approx(6.0, abs=0.1)


def test_a_file_that_is_no_study_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    file.write_text("no database")
    with pytest.raises(ExoError):
        run(small_plan(), file)


def test_the_store_holds_one_experiment_for_all_parts(
    small: tuple[CalibrationRecord, Path],
) -> None:
    store = ReplicateStore(small[1], small_plan().studies({}).key)
    parts = {part for part, _ in store.finished()}
    store.close()
    assert parts == {NOISE, "premium of f1", "f1 at 6"}
