"""The ledger of looks."""

from pathlib import Path

from mech_exo.verdict.holdout import HoldoutLedger, portfolio_hash
from tests.unit.verdict.small import small_panel, small_subject


def test_a_portfolio_is_its_weights_and_hyperparameters() -> None:
    subject = small_subject()
    space = subject.evaluator(subject.in_sample).space
    own = portfolio_hash(space, subject.params)
    assert own == portfolio_hash(space, {**subject.params, "cash_pct": 0.05})  # the default
    assert own != portfolio_hash(space, {**subject.params, "cash_pct": 0.06})
    assert own != portfolio_hash(space, {**subject.params, "weight_f2": 0.0})
    without = {n: v for n, v in subject.params.items() if n != "weight_f2"}
    assert portfolio_hash(space, without) == portfolio_hash(space, {**without, "weight_f2": 0.0})


def ledger_of(path: Path) -> HoldoutLedger:
    subject = small_subject()
    return HoldoutLedger(path, small_panel(premium=0.6), subject.split)


def test_look_names_the_holdouts_dates(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path / "s.db")
    (entry,) = ledger.look("a", "a test")
    assert entry.first_date == str(ledger.panel.dates[ledger.first])
    assert entry.last_date == str(ledger.panel.dates[-1])
    assert entry.source == ledger.panel.source


def test_a_ledger_made_first_and_a_study_live_in_one_file(tmp_path: Path) -> None:
    from tests.unit.tuning.tuning_runs import WeightRun, carried_out

    path = tmp_path / "study.db"
    ledger = ledger_of(path)
    ledger.look("a", "a test")
    subject = small_subject()
    run = WeightRun(path, subject.settings, subject.objective, subject.in_sample, n_trials=3)
    assert len(carried_out(run).study.trials) == 3
    assert len(ledger.look("a", "a test")) == 1
    assert len(carried_out(run).study.trials) == 6
