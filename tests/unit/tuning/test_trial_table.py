import csv
import io
import json
import math
from datetime import UTC, datetime

from mech_exo.tuning.study_record import Epoch, StudyRecord, TrialRecord
from mech_exo.tuning.trial_table import trial_table

NOON = datetime(2025, 6, 9, 12, tzinfo=UTC)
THIRD = 1 / 3


def study() -> StudyRecord:
    whole = TrialRecord(
        0,
        "COMPLETE",
        {"x": THIRD, "kind": "a"},
        values=(0.1 + 0.2,),
        constraints=(-0.5, -0.0),
        metrics={"sharpe": 1e-300, "calmar": math.nan},
        started=NOON,
        completed=NOON,
    )
    failed = TrialRecord(1, "FAIL", {"x": -1.0, "n": 3}, reason="no Sharpe, a flat path")
    return StudyRecord(
        "a name",
        ("maximize",),
        epochs=(Epoch(0, "f", {}, 0, NOON),),
        constraint_names=("max_drawdown", "volatility"),
        trials=(failed, whole),
    )


def test_csv_has_a_line_a_trial_and_exact_numbers() -> None:
    text = trial_table(study(), "csv", times=False)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["number"] for row in rows] == ["0", "1"]
    assert list(rows[0]) == [
        "number",
        "epoch",
        "state",
        "feasible",
        "value",
        "param_x",
        "param_kind",
        "param_n",
        "constraint_max_drawdown",
        "constraint_volatility",
        "metric_sharpe",
        "metric_calmar",
        "reason",
    ]
    assert float(rows[0]["value"]) == 0.1 + 0.2
    assert float(rows[0]["param_x"]) == THIRD
    assert float(rows[0]["metric_sharpe"]) == 1e-300
    assert (rows[0]["constraint_volatility"], rows[0]["metric_calmar"]) == ("0.0", "")
    assert (rows[0]["feasible"], rows[1]["feasible"]) == ("true", "")
    assert (rows[1]["value"], rows[1]["reason"]) == ("", "no Sharpe, a flat path")


def test_times_are_there_unless_left_out_and_the_name_never() -> None:
    for with_times, without in (
        (trial_table(study(), "csv"), trial_table(study(), "csv", times=False)),
        (trial_table(study(), "json"), trial_table(study(), "json", times=False)),
    ):
        assert "2025-06-09T12:00:00+00:00" in with_times
        assert "2025" not in without
        assert "a name" not in with_times


def test_json_is_valid_and_has_a_line_a_trial() -> None:
    text = trial_table(study(), "json", times=False)
    rows = json.loads(text)
    assert len(text.splitlines()) == len(rows) + 2
    assert rows[0]["param_x"] == THIRD
    assert rows[0]["metric_calmar"] is None
    assert rows[1]["param_n"] == 3
    assert rows[1]["value"] is None


def test_several_objectives_have_a_column_each() -> None:
    trial = TrialRecord(0, "COMPLETE", {"x": 1.0}, values=(1.5, 0.25))
    pareto = StudyRecord(
        "p", ("maximize", "minimize"), objective_names=("sharpe", "max_drawdown"), trials=(trial,)
    )
    (row,) = csv.DictReader(io.StringIO(trial_table(pareto, "csv", times=False)))
    assert (row["value_sharpe"], row["value_max_drawdown"]) == ("1.5", "0.25")


def test_a_study_without_trials_has_a_header_only() -> None:
    empty = StudyRecord("e", ("maximize",))
    assert trial_table(empty, "csv") == "number,epoch,state,feasible\n"
    assert trial_table(empty, "json") == "[]\n"
