"""The ledger of looks."""

from pathlib import Path

from mech_exo.tuning.keepsakes import Look, record_look
from mech_exo.verdict.holdout import look, portfolio_hash
from tests.unit.verdict.small import small_panel, small_subject

FIRST = Look("a", "demo", "2020-01-01", "2020-12-31", "optuna-run: trial 4 of s")


def entered(path: Path, **changes: str) -> int:
    from dataclasses import replace

    return len({e.content for e in record_look(path, replace(FIRST, **changes))})


def test_a_look_is_a_new_portfolio_on_overlapping_dates_of_the_same_data(tmp_path: Path) -> None:
    path = tmp_path / "new" / "study.db"
    assert entered(path) == 1
    assert entered(path) == 1
    assert entered(path, content="b") == 2
    assert entered(path, content="c", first_date="2020-12-31", last_date="2021-06-30") == 3
    assert entered(path, content="d", first_date="2021-01-01", last_date="2021-06-30") == 2  # c, d
    assert entered(path, content="e", source="files") == 1
    assert entered(path) == 3  # a, b, c


def test_data_that_grow_stay_the_same_data(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    words = "files: {} stocks, 2010-12-31 to {}, from prices.csv"
    assert entered(path, source=words.format(370, "2020-12-31")) == 1
    grown = words.format(371, "2021-01-29")
    assert entered(path, content="b", source=grown, last_date="2021-01-29") == 2
    assert entered(path, source=grown, last_date="2021-01-29") == 2


def test_the_first_look_stays_as_it_was_entered(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    first = record_look(path, FIRST)[0]
    again = record_look(path, Look("a", "demo", "2020-01-01", "2020-12-31", "validate"))
    assert again == (first,)
    assert first.origin == "optuna-run: trial 4 of s"
    assert first.looked


def test_a_portfolio_is_its_weights_and_hyperparameters() -> None:
    subject = small_subject()
    space = subject.evaluator(subject.in_sample).space
    own = portfolio_hash(space, subject.params)
    assert own == portfolio_hash(space, {**subject.params, "cash_pct": 0.05})  # the default
    assert own != portfolio_hash(space, {**subject.params, "cash_pct": 0.06})
    assert own != portfolio_hash(space, {**subject.params, "weight_f2": 0.0})
    without = {n: v for n, v in subject.params.items() if n != "weight_f2"}
    assert portfolio_hash(space, without) == portfolio_hash(space, {**without, "weight_f2": 0.0})


def test_look_names_the_holdouts_dates(tmp_path: Path) -> None:
    subject = small_subject()
    panel = small_panel(premium=0.6)
    space = subject.evaluator(subject.in_sample).space
    (entry,) = look(tmp_path / "s.db", space, subject.params, panel, subject.split, "a test")
    assert entry.first_date == str(panel.dates[subject.split])
    assert entry.last_date == str(panel.dates[-1])
    assert entry.source == panel.source


def test_a_ledger_made_first_and_a_study_live_in_one_file(tmp_path: Path) -> None:
    from mech_exo.tuning.plan import StudyPlan
    from mech_exo.tuning.runner import run_study

    path = tmp_path / "study.db"
    record_look(path, FIRST)
    subject = small_subject()
    plan = StudyPlan("s", path, subject.settings, subject.objective, subject.in_sample, n_trials=3)
    assert len(run_study(plan).study.trials) == 3
    assert len(record_look(path, FIRST)) == 1
    assert len(run_study(plan).study.trials) == 6
