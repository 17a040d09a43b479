"""How long the trials of an epoch took, over all its runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mech_exo.errors import ExoError
from mech_exo.tuning.run_times import RUNS, elapsed_seconds, with_run
from mech_exo.tuning.study_record import Epoch, StudyRecord, TrialRecord

START = datetime(2025, 6, 9, 6, 30, tzinfo=UTC)
EPOCH = Epoch(1, "f", {}, 1, START)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def study(spans: list[tuple[float, float]], runs: list[tuple[float, int]] | None) -> StudyRecord:
    """An epoch of trials with these begins and ends, after one of another epoch."""
    other = TrialRecord(0, "COMPLETE", values=(0.0,), epoch=0, started=at(-99), completed=at(-98))
    trials = tuple(
        TrialRecord(n, "COMPLETE", values=(0.0,), epoch=1, started=at(a), completed=at(b))
        for n, (a, b) in enumerate(spans, 1)
    )
    kept: dict[str, Any] = {"0": [[at(-100).isoformat(), 0]]}
    if runs is not None:
        kept["1"] = [[at(a).isoformat(), n] for a, n in runs]
    attributes = {RUNS: kept}
    return StudyRecord(
        "s", ("maximize",), epochs=(EPOCH, EPOCH), trials=(other, *trials), attributes=attributes
    )


@pytest.mark.parametrize(
    ("spans", "runs", "seconds"),
    [
        ([(1, 2), (1, 4), (3, 5)], [(0, 0)], 5.0),
        ([(1, 2), (1, 4), (3, 5)], None, 4.0),  # before runs were noted: from the first trial on
        # stopped after two trials on a Saturday, gone on with on Sunday
        ([(1, 2), (1, 4), (86_401, 86_405)], [(0, 0), (86_400, 2)], 4.0 + 5.0),
        ([(1, 2), (86_401, 86_405)], [(0, 0), (500, 1), (86_400, 1)], 2.0 + 5.0),  # killed at once
        ([(1, 4), (86_401, 86_405)], [(86_400, 1)], 3.0 + 5.0),  # begun by an older exo
        ([], [(0, 0)], 0.0),
        ([], None, 0.0),
    ],
)
def test_the_time_of_the_runs_and_not_between_them(
    spans: list[tuple[float, float]], runs: list[tuple[float, int]] | None, seconds: float
) -> None:
    assert elapsed_seconds(study(spans, runs)) == pytest.approx(seconds)


def test_a_run_is_noted_beside_those_before_it() -> None:
    noted = with_run(study([(1, 2)], [(0, 0)]), at(50))
    assert noted == {
        RUNS: {
            "0": [[at(-100).isoformat(), 0]],
            "1": [[at(0).isoformat(), 0], [at(50).isoformat(), 1]],
        }
    }


@pytest.mark.parametrize(
    "noted",
    [
        [],
        {"1": 3},
        {"1": [["x", 0]]},
        {"1": [[START.isoformat()]]},
        {"1": [[3, 0]]},
        {"1": [[START.isoformat(), "0"]]},
        {"1": [["2025-06-09T06:30:00", 0]]},
        "x",
    ],
)
def test_a_note_that_was_edited_is_said(noted: Any) -> None:
    edited = replace(study([(1, 2)], None), attributes={RUNS: noted})
    with pytest.raises(ExoError, match="attribute 'runs' is no list of runs"):
        elapsed_seconds(edited)
