"""A factor file says what its trial is."""

import math
from datetime import datetime

import pytest

from mech_exo.factor_file.document import METADATA_FIELDS
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.factor_file.write import factor_file_text
from mech_exo.system.plain_values import defined
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.workflow.trial_file import Export

WEIGHT = 0.1 + 0.2  # 0.30000000000000004
TRIAL = TrialRecord(
    7,
    "COMPLETE",
    values=(1.5,),
    constraints=(-0.01, 0.0, 0.25),
    metrics={"sharpe": 1.5, "max_drawdown": 0.11, "total_return": math.nan, "volatility": 0.2},
)
EXPORT = Export(
    study=StudyRecord("s", ("maximize",), trials=(TRIAL,)),
    trial=TRIAL,
    weights={"pe_ratio": WEIGHT, "rsi_14": -1.0, "mine": 0.0},
    categories={"pe_ratio": "fundamental", "rsi_14": "technical", "mine": "custom"},
    hyperparameters={"cash_pct": 0.1, "stop_loss_pct": 0.2, "position_size_pct": 0.05},
    data_points=12,
    parameters={"mine": {"momentum_window": 9}},
    sampler="tpe",
    sampler_label="TPESampler",
    pruner="median",
    provenance={"seed": 42},
    out_of_sample=None,
    elapsed_seconds=1.25,
    created=datetime(2025, 6, 9, 10, 15, 30),
)


def test_metadata_are_the_guides_fields() -> None:
    metadata = EXPORT.factor_file().metadata
    assert tuple(metadata) == METADATA_FIELDS
    assert metadata | {"run_id": ""} == {
        "created_at": "2025-06-09T10:15:30.000000",
        "optimization_method": "optuna_tpe",
        "run_id": "",
        "study_name": "s",
        "best_trial_number": 7,
        "best_sharpe_ratio": 1.5,
        "max_drawdown": 0.11,
        "total_return": None,
        "volatility": 0.2,
        "constraints_satisfied": False,
        "constraint_violations": 1,
        "total_trials": 1,
        "elapsed_time_seconds": 1.25,
        "sampler": "TPESampler",
        "pruner": "MedianPruner",
        "data_points": 12,
    }


def test_reads_back_exactly() -> None:
    back = parse_factor_file(factor_file_text(EXPORT.factor_file()), "test")
    assert back.weights == {"pe_ratio": WEIGHT, "rsi_14": -1.0, "mine": 0.0}
    assert back.hyperparameters == EXPORT.hyperparameters
    assert back.entries["mine"].get("parameters") == {"momentum_window": 9}
    assert back.hash_matches


def test_every_export_has_a_run_id_of_its_own() -> None:
    kept = {name: getattr(EXPORT, name) for name in EXPORT.__dataclass_fields__ if name != "run_id"}
    assert Export(**kept).run_id != Export(**kept).run_id


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_an_undefined_figure_is_empty(value: float | None) -> None:
    assert defined(value) is None
