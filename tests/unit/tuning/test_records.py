import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import optuna
import pytest

from mech_exo.errors import ExoError
from mech_exo.tuning.records import (
    current_epoch,
    list_studies,
    load_study,
    read_study,
    study_names,
)
from mech_exo.tuning.study_record import NO_EPOCH
from tests.unit.tuning.stored_studies import (
    COMPONENTS,
    CONSTRAINTS,
    complete,
    execute,
    failed,
    new_store,
)

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
    with pytest.raises(ExoError) as caught:
        read_study(path, "x")
    assert caught.value.message == f"There is no study 'x' in {path}."
    assert caught.value.hint == "It has: s."


def test_summaries(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path, "z") as store:
        store.append([complete(0, 1.0), failed(1), complete(2, 3.0, excess=1.0)])
    plain_study(path)
    first, second = list_studies(path)
    assert (first.name, first.kind, first.trials) == ("p", "plain", 6)
    assert (second.name, second.kind, second.epochs) == ("z", "exo", 1)
    assert (first.directions, second.directions) == (("maximize",), ("maximize",))
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
    readers = (
        list_studies,
        study_names,
        lambda p: read_study(p, "s"),
        lambda p: current_epoch(p, "s"),
    )
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


def test_a_name_that_is_no_text_is_listed_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    execute(path, "UPDATE studies SET study_name = x'41'")  # bytes
    assert study_names(path) == ["b'A'"]
    with pytest.raises(ExoError) as caught:
        read_study(path, "s")
    assert caught.value.hint == "It has: b'A'."


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


def test_the_current_epoch_is_the_last_that_was_begun(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        first = current_epoch(path, "s")
        store.append([complete(0, 1.0)])
        store.begin_epoch({"data": "d2"})
    second = current_epoch(path, "s")
    assert first is not None
    assert (first.number, first.first_trial, first.components) == (0, 0, COMPONENTS)
    assert second is not None
    assert (second.number, second.first_trial, second.components) == (1, 1, {"data": "d2"})


def test_what_no_run_has_begun_has_no_epoch(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    assert current_epoch(path, "s") is None
    assert not path.exists()
    path.touch()
    assert current_epoch(path, "s") is None
    path.unlink()
    with new_store(path, "other") as store:
        store.create_study("s")
    assert current_epoch(path, "s") is None
    assert current_epoch(path, "of another name") is None
    optuna.create_study(study_name="p", storage=f"sqlite:///{path}")
    assert current_epoch(path, "p") is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "JSONDecodeError: Expecting property name"),
        ("{}", "KeyError: 'epochs'"),
        ('{"epochs": 7}', "TypeError: "),
        ('{"epochs": [{"number": 0}]}', "KeyError: 'fingerprint'"),
    ],
)
def test_a_damaged_epoch_is_named(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    execute(path, f"UPDATE study_system_attributes SET value_json = '{text}'")
    with pytest.raises(ExoError) as caught:
        current_epoch(path, "s")
    start = f"The study 's' in {path} has been damaged or edited: "
    assert caught.value.message.startswith(start + what)
    assert type(caught.value.__cause__).__name__ == what.partition(":")[0]


def test_reading_begins_at_any_trial(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(n, float(n)) for n in range(4)])
    plain_study(path)  # of 6 trials

    def numbers(name: str, first: int) -> list[int]:
        with closing(sqlite3.connect(path)) as connection:
            return [t.number for t in load_study(connection, path, name, first=first).trials]

    assert [numbers("s", first) for first in (0, 1, 3, 4)] == [[0, 1, 2, 3], [1, 2, 3], [3], []]
    assert [numbers("p", first) for first in (1, 5, 6)] == [[1, 2, 3, 4, 5], [5], []]
    execute(path, "DELETE FROM trials WHERE number = 2 AND study_id = 1")
    assert numbers("s", 3) == [3]
    with pytest.raises(ExoError, match="trial 2 is missing"):
        numbers("s", 1)


def test_trials_of_another_program_may_have_gaps_and_doubles(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(n, n + 0.5) for n in range(3)])
    study = optuna.load_study(study_name="s", storage=f"sqlite:///{path}")
    for value in (3.0, 4.0, 5.0):
        study.add_trial(optuna.trial.create_trial(value=value))
    execute(path, "UPDATE trials SET number = 9 WHERE number IN (1, 2, 3)")
    execute(path, "UPDATE trials SET number = 5 WHERE number = 4")
    trials = read_study(path, "s").trials
    assert [(t.number, t.values) for t in trials] == [
        (0, (0.5,)),
        (5, (4.0,)),
        (5, (5.0,)),
        (9, (1.5,)),  # of the same number: exo's first
        (9, (2.5,)),
        (9, (3.0,)),
    ]
    assert [t.epoch for t in trials] == [0, NO_EPOCH, NO_EPOCH, 0, 0, NO_EPOCH]


def test_trials_come_by_number_not_as_they_were_stored(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(n, n + 0.5) for n in range(3)])
    execute(path, "UPDATE trials SET number = 2 - number")
    trials = read_study(path, "s").trials
    assert [(t.number, t.values) for t in trials] == [(0, (2.5,)), (1, (1.5,)), (2, (0.5,))]


def test_names_of_objectives_and_constraints_are_no_attributes_of_a_study(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path, "s", ("minimize", "maximize")).close()
    study = read_study(path, "s")
    assert (study.name, study.version, study.attributes) == ("s", 2, {})
    assert study.objective_names == ("sharpe", "drawdown")
    assert study.constraint_names == CONSTRAINTS
    execute(path, "DELETE FROM study_user_attributes")
    study = read_study(path, "s")
    assert (study.objective_names, study.constraint_names) == ((), ())
    plain = optuna.create_study(study_name="p", storage=f"sqlite:///{path}")
    plain.set_user_attr("objective_names", ["of its own"])
    study = read_study(path, "p")
    assert study.attributes == {"objective_names": ["of its own"]}
    assert (study.objective_names, study.constraint_names) == ((), ())


def test_without_exos_own_table_the_trials_are_those_of_optunas_rows(tmp_path: Path) -> None:
    """As in a file that Optuna's own programs have copied."""
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.5)])
        store.begin_epoch({"data": "d2"})
        store.append([complete(1, 2.5, excess=0.2, epoch=1), failed(2, epoch=1)])
    before = read_study(path, "s")
    execute(path, "DROP TABLE exo_records")
    after = read_study(path, "s")
    assert repr(after.trials) == repr(before.trials)
    assert [(t.epoch, t.values, t.reason) for t in after.trials] == [
        (0, (1.5,), ""),
        (1, (2.5,), ""),  # shown to Optuna as −∞
        (1, (), "no Sharpe"),
    ]
    execute(path, "UPDATE trials SET number = 3 WHERE number = 1")
    with pytest.raises(ExoError, match="trial 1 is missing"):
        read_study(path, "s")


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        ("record = json_set(record, '$.metrics', 7)", "AttributeError: 'int' object has no"),
        (f"record = replace(record, '[1.0]', '[1{'0' * 400}]')", "OverflowError: int too large"),
        ("record = json_remove(record, '$.epoch')", "KeyError: 'epoch'"),
        ("record = json_set(record, '$.space', 7)", "KeyError: 7"),
        ("record = json_set(record, '$.values', 7)", "TypeError: 'int' object is not iterable"),
        ("record = '{'", "JSONDecodeError: Expecting property name"),
        (f"record = '{'[' * 100_000}'", "it is nested too deeply."),
    ],
)
def test_what_is_wrong_with_a_record_is_said(tmp_path: Path, edit: str, what: str) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
    execute(path, f"UPDATE exo_records SET {edit}")
    with pytest.raises(ExoError) as caught:
        read_study(path, "s")
    start = f"The study 's' in {path} has been damaged or edited: "
    assert caught.value.message.startswith(start + what)
    assert caught.value.__cause__ is not None
    assert list_studies(path)[0].damage == caught.value.message
