"""What is known of an epoch while it runs is what the finished study says."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.study_record import Epoch, StudyRecord, TrialRecord
from mech_exo.tuning.tally import Tally

EPOCH = Epoch(0, "f", {}, 0, datetime(2025, 6, 9, tzinfo=UTC))
LEVELS = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0])  # few, so that values tie and dominate


def tally_of(study: StudyRecord) -> Tally:
    tally = Tally(study.directions)
    for trial in study.trials:
        tally.add(trial)
    return tally


@given(
    directions=st.lists(st.sampled_from(["maximize", "minimize"]), min_size=2, max_size=3),
    rows=st.lists(st.tuples(LEVELS, LEVELS, LEVELS, st.booleans()), max_size=12),
)
def test_the_front_counted_as_trials_come_in_is_the_studys(
    directions: list[Direction], rows: list[tuple[float, float, float, bool]]
) -> None:
    trials = tuple(
        TrialRecord(n, "COMPLETE", values=row[: len(directions)], constraints=(float(row[3]),))
        for n, row in enumerate(rows)
    )
    study = StudyRecord("s", tuple(directions), epochs=(EPOCH,), trials=trials)
    assert tally_of(study).front == len(study.front())


def test_failed_pruned_and_infeasible_trials_are_not_on_the_front() -> None:
    trials = (
        TrialRecord(0, "FAIL", reason="x"),
        TrialRecord(1, "PRUNED", values=(9.0, 0.0)),
        TrialRecord(2, "COMPLETE", values=(9.0, 0.0), constraints=(0.1,)),
        TrialRecord(3, "COMPLETE", values=(1.0, 0.2), constraints=(0.0,)),
    )
    study = StudyRecord("s", ("maximize", "minimize"), epochs=(EPOCH,), trials=trials)
    assert [
        tally_of(StudyRecord("s", study.directions, trials=trials[:n])).front for n in (3, 4)
    ] == [0, 1]
    assert [t.number for t in study.front()] == [3]


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_a_single_objective_has_no_front(direction: Direction) -> None:
    study = StudyRecord("s", (direction,), trials=(TrialRecord(0, "COMPLETE", values=(1.0,)),))
    assert tally_of(study).front is None
    assert tally_of(study).best == study.trials[0]


def test_what_is_left_comes_before_the_end_whatever_it_brings() -> None:
    tally = Tally(("maximize",))
    for number, value in enumerate((1.0, 3.0, 2.0, 2.5)):
        tally.add(TrialRecord(number, "COMPLETE", values=(value,)))
    assert tally.left(10, None) == 6
    assert tally.left(None, 5) == 3  # two without a better one so far
    assert tally.left(5, 5) == 1
