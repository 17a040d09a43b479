"""Trials as a table for people."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from mech_exo.report.trial_listing import trial_listing
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.tuning.trial_table import columns_of, trial_rows
from tests.unit.tuning.stored_studies import CONSTRAINTS, complete, failed


def study(*trials: TrialRecord) -> StudyRecord:
    return StudyRecord("s", ("maximize",), constraint_names=CONSTRAINTS, trials=trials)


def listed(
    found: StudyRecord, width: int, named: tuple[str, ...] = (), *, times: bool = True
) -> list[str]:
    rows = trial_rows(found)
    columns = columns_of(rows, times=times)
    text = trial_listing(rows, columns, named=named, total=len(rows), width=width)
    return text.splitlines()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_columns_fit(width: int) -> None:
    whole = study(complete(0, 1.25), complete(1, -0.5, excess=0.03))
    *table, last = listed(whole, width)
    assert max(map(cell_len, table)) <= width
    assert table[0].split()[:4] == ["number", "state", "feasible", "value"]
    assert table[1].split()[:4] == ["0", "COMPLETE", "yes", "1.2500"]
    assert table[2].split()[:4] == ["1", "COMPLETE", "no", "-0.5000"]
    assert "max_drawdown" in table[0]
    assert "13.0 %" in table[2]
    assert last.startswith("2 trials, ")
    assert last.endswith("--format csv has all")
    assert len(last) <= 60


def test_a_wider_terminal_shows_more_and_all_where_all_fit() -> None:
    whole = study(complete(0, 1.25))
    narrow, wide = listed(whole, 60), listed(whole, 400)
    assert len(narrow[0].split()) < len(wide[0].split()) == len(columns_of(trial_rows(whole))) - 2
    assert "2025-03-30 12:00" in wide[1]
    assert "2025" not in "".join(listed(whole, 400, times=False))


def test_what_was_asked_for_comes_first() -> None:
    whole = study(complete(0, 1.25))
    assert "weight_rsi_14" not in listed(whole, 60)[0]
    assert "weight_rsi_14" in listed(whole, 60, ("param_weight_rsi_14",))[0]


def test_a_reason_is_shown_cut_and_on_one_line() -> None:
    whole = study(complete(0, 1.0), failed(1, "a\x1b[31mb\n" + "長" * 60))
    *table, _ = listed(whole, 90)
    assert max(map(cell_len, table)) <= 90
    assert "a\\x1b[31mb\\n長" in table[2]
    assert table[2].endswith("…")
    assert len(table) == 3


def test_epochs_are_shown_where_there_are_several_and_none_is_said() -> None:
    one, two = complete(0, 1.0), replace(complete(1, 2.0), epoch=1)
    assert "epoch" not in listed(study(one), 100)[0]
    assert listed(study(one, two), 100)[0].split()[:2] == ["number", "epoch"]
    assert listed(study(), 80) == ["no trial of 0"]
