import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from mech_exo.errors import ExoError
from mech_exo.tuning.records import list_studies, read_study, study_names
from tests.unit.tuning.stored_studies import complete, execute, failed, new_store

optuna.logging.set_verbosity(optuna.logging.WARNING)


def plain_study(path: Path) -> optuna.Study:
    """A study of plain Optuna with a trial of every state."""
    study = optuna.create_study(
        study_name="p", storage=f"sqlite:///{path}", direction="maximize", pruner=None
    )

    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0.1, 1.0, log=True)
        trial.suggest_categorical("kind", ["a", "b"])
        trial.set_user_attr("sharpe", x / 2)
        trial.set_user_attr("note", "words")
        trial.set_constraint("drawdown", trial.number - 1.0)
        trial.report(x, 0)
        trial.report(float("inf"), 1)
        if trial.number == 1:
            raise optuna.TrialPruned
        if trial.number == 2:
            raise ArithmeticError("broken")
        return x

    study.optimize(objective, n_trials=4, catch=(ArithmeticError,))
    study.ask({"x": optuna.distributions.FloatDistribution(0.1, 1.0, log=True)})
    study.enqueue_trial({"x": 0.5})
    return study


def test_a_plain_study_is_read_as_optuna_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    plain = plain_study(path)
    plain.set_user_attr("who", "me")
    study = read_study(path, "p")
    assert (study.kind, study.version, study.epochs) == ("plain", None, ())
    assert study.directions == ("maximize",)
    assert study.attributes == {"who": "me"}
    assert [t.state for t in study.trials] == [
        "COMPLETE",
        "PRUNED",
        "FAIL",
        "COMPLETE",
        "RUNNING",
        "WAITING",
    ]
    for trial, theirs in zip(study.trials, plain.trials, strict=True):
        assert trial.params == theirs.params
        assert list(trial.values) == (theirs.values or [])
        assert trial.intermediate == theirs.intermediate_values
        assert trial.metrics == {k: v for k, v in theirs.user_attrs.items() if k == "sharpe"}
        assert trial.constraints == (tuple(theirs.constraints.values()) or None)
        if theirs.datetime_start is not None:
            assert trial.started == theirs.datetime_start.astimezone()
    best = study.best()
    assert best is not None
    assert best.number == plain.best_trial.number == 0  # trial 3 violates its constraint
    assert study.foreign == ()


def test_the_older_list_of_constraints_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    study = optuna.create_study(study_name="p", storage=f"sqlite:///{path}")
    study.add_trial(optuna.trial.create_trial(value=1.0, system_attrs={"constraints": [0.5, -1]}))
    [trial] = read_study(path, "p").trials
    assert trial.constraints == (0.5, -1.0)
    assert not trial.feasible


def test_reading_makes_no_file_and_changes_none(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
    before = path.read_bytes(), path.stat().st_mtime_ns
    read_study(path, "s")
    list_studies(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [p.name for p in tmp_path.iterdir()] == ["f.db"]


def test_a_reader_sees_what_is_only_in_the_wal(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0), failed(1)])
        assert (tmp_path / "f.db-wal").stat().st_size > 0
        assert len(read_study(path, "s").trials) == 2
        copy = tmp_path / "copy.db"  # with its -wal file, as docs/operations.md says
        copy.write_bytes(path.read_bytes())
        (tmp_path / "copy.db-wal").write_bytes((tmp_path / "f.db-wal").read_bytes())
    assert len(read_study(copy, "s").trials) == 2


def test_a_reader_that_is_at_work_does_not_stop_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
        reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM trials").fetchone() == (1,)
        store.append([complete(1, 2.0)])
        assert reader.execute("SELECT COUNT(*) FROM trials").fetchone() == (1,)
        reader.close()
        assert len(read_study(path, "s").trials) == 2


def test_a_reader_of_a_killed_writer_sees_all_that_was_stored(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    code = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.unit.tuning.stored_studies import complete, new_store
store = new_store(Path(sys.argv[1]))
for n in range(5):
    store.append([complete(n, float(n))])
os.kill(os.getpid(), signal.SIGKILL)
"""
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", code, str(path), here], check=False)
    assert done.returncode == -9
    assert len(read_study(path, "s").trials) == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_study_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with new_store(folder / "f.db") as store:
        store.append([complete(0, 1.0)])
    folder.chmod(0o555)
    try:
        assert len(read_study(folder / "f.db", "s").trials) == 1
    finally:
        folder.chmod(0o755)


def test_an_unknown_name_lists_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    with pytest.raises(ExoError, match="no study 'x' in") as caught:
        read_study(path, "x")
    assert caught.value.hint == "It has: s."


def test_summaries(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path, "z") as store:
        store.append([complete(0, 1.0), failed(1), complete(2, 3.0, excess=1.0)])
    plain_study(path)
    first, second = list_studies(path)
    assert (first.name, first.kind, first.trials) == ("p", "plain", 6)
    assert (second.name, second.kind, second.epochs) == ("z", "exo", 1)
    assert second.states == {"COMPLETE": 2, "FAIL": 1}
    assert second.best is not None
    assert second.best.number == 0
    assert second.first_started == complete(0, 1.0).started
    assert second.last_completed == complete(2, 1.0).completed


def test_reading_needs_neither_optuna_nor_sqlalchemy(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
    code = (
        "import sys; from pathlib import Path; from mech_exo.tuning.records import read_study; "
        "assert read_study(Path(sys.argv[1]), 's').best(); "
        "print([m for m in ('optuna', 'sqlalchemy', 'numpy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "edit",
    [
        *(f"UPDATE exo_records SET record = '{text}'" for text in ("{", "{}", "[1, 2]")),
        "UPDATE study_user_attributes SET value_json = 'zz'",
        "UPDATE study_system_attributes SET value_json = '{}'",
        "UPDATE trials SET datetime_complete = 'junk'",
        "UPDATE trials SET state = 'BOGUS'",
        "UPDATE trials SET number = NULL WHERE number = 1",
        "UPDATE trials SET number = 'x' WHERE number = 1",
        "UPDATE trials SET number = 0",
        "DELETE FROM trials WHERE number = 0",
        "UPDATE study_directions SET direction = 'UP'",
        "DELETE FROM study_directions",
    ],
)
def test_a_study_that_was_edited_is_named(tmp_path: Path, edit: str) -> None:
    path = tmp_path / "f.db"
    store = new_store(path)
    store.append([complete(0, 1.0), failed(1)])
    store.close()
    execute(path, edit)
    with pytest.raises(ExoError, match=r"The study 's' in .*f\.db has been damaged or edited"):
        read_study(path, "s")
    with new_store(path, "whole"):
        pass
    damaged, whole = list_studies(path)
    assert (damaged.name, whole.name, whole.damage) == ("s", "whole", "")
    assert "has been damaged or edited" in damaged.damage
    assert study_names(path) == ["s", "whole"]


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE trial_values SET value = NULL",
        "UPDATE trial_params SET param_value = 7 WHERE param_name = 'c'",
        "UPDATE trials SET number = NULL",
    ],
)
def test_a_plain_study_that_was_edited_is_named(tmp_path: Path, edit: str) -> None:
    path = tmp_path / "f.db"
    study = optuna.create_study(study_name="p", storage=f"sqlite:///{path}")
    for _ in range(2):
        study.optimize(lambda t: float(t.suggest_categorical("c", ["a", "b"]) == "a"), n_trials=1)
    execute(path, edit)
    with pytest.raises(ExoError, match=r"The study 'p' in .*f\.db has been damaged or edited"):
        read_study(path, "p")
    assert list_studies(path)[0].damage


def test_a_trial_that_is_missing_or_doubled_is_named(tmp_path: Path) -> None:
    for edit, what in (
        ("DELETE FROM trials WHERE number = 1", "trial 1 is missing"),
        ("UPDATE trials SET number = 2 WHERE number = 1", "trial 1 is missing"),
        ("UPDATE trials SET number = 0 WHERE number = 1", "trial 0 is there twice"),
        ("UPDATE trials SET number = 'x' WHERE number = 2", "'x' is no number of a trial"),
    ):
        path = tmp_path / "f.db"
        with new_store(path) as store:
            store.append([complete(n, 1.0) for n in range(3)])
        execute(path, edit)
        with pytest.raises(ExoError, match=what):
            read_study(path, "s")
        path.unlink()


def test_a_database_of_something_else_is_no_study_file(tmp_path: Path) -> None:
    path = tmp_path / "songs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    readers = (list_studies, study_names, lambda p: read_study(p, "s"))
    for reader in readers:
        with pytest.raises(ExoError, match="not one of Optuna or exo"):
            reader(path)


def test_the_hint_of_an_unknown_name_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path, "b").close()
    new_store(path, "a").close()
    with pytest.raises(ExoError) as caught:
        read_study(path, "none")
    assert caught.value.hint == "It has: a, b."
    execute(path, "DELETE FROM studies")
    with pytest.raises(ExoError) as caught:
        read_study(path, "none")
    assert caught.value.hint == "It has no study yet."
    assert study_names(path) == []
    assert study_names(tmp_path / "none.db") == []


def test_directions_are_those_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path, "s", ("minimize", "maximize")).close()
    assert read_study(path, "s").directions == ("minimize", "maximize")
    execute(path, "UPDATE study_directions SET direction = 'UP' WHERE objective = 1")
    with pytest.raises(ExoError, match="'UP' in study_directions is neither MINIMIZE nor MAXIMIZE"):
        read_study(path, "s")
    execute(path, "UPDATE study_directions SET direction = 'DOWN' WHERE objective = 0")
    with pytest.raises(ExoError, match="'DOWN' in study_directions"):
        read_study(path, "s")
    execute(path, "DELETE FROM study_directions")
    with pytest.raises(ExoError, match=r"edited: it has no row in study_directions\."):
        read_study(path, "s")


def test_the_summary_of_a_study_without_trials_has_no_times(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    [summary] = list_studies(path)
    assert (summary.first_started, summary.last_completed) == (None, None)
    assert (summary.trials, summary.best, summary.epochs) == (0, None, 1)


def test_a_summary_has_the_first_start_and_the_last_end(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    trials = [complete(n, float(n)) for n in range(3)]
    with new_store(path) as store:
        store.append(trials)
    [summary] = list_studies(path)
    assert summary.first_started == trials[0].started
    assert summary.last_completed == trials[2].completed
    assert summary.states == {"COMPLETE": 3}


def test_a_complete_trial_has_a_value_for_each_objective(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
    execute(
        path,
        "UPDATE exo_records SET record = replace(record, '\"values\": [1.0]', '\"values\": []')",
    )
    with pytest.raises(ExoError, match="trial 0 has 0 values, the study 1"):
        read_study(path, "s")
