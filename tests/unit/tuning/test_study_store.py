import math
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.tuning.fingerprint import fingerprint_of
from mech_exo.tuning.records import read_study
from mech_exo.tuning.study_record import NO_EPOCH, TrialRecord
from mech_exo.tuning.study_store import StudyStore
from tests.unit.tuning.stored_studies import (
    COMPONENTS,
    CONSTRAINTS,
    KIND,
    NOON,
    SPACE,
    complete,
    failed,
    make_study,
    new_store,
    pruned,
)

optuna.logging.set_verbosity(optuna.logging.WARNING)


def sql(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def same(one: TrialRecord, other: TrialRecord) -> bool:
    return repr(one) == repr(other)  # NaN is equal to itself in a repr


MIXED = [complete(0, 1.5), failed(1), pruned(2, 0.25), complete(3, 2.5, excess=0.2)]


@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
def test_trials_come_back_as_they_were_appended(tmp_path: Path, journal_mode: str) -> None:
    path = tmp_path / "studies" / "f.db"
    settings = StorageSettings(journal_mode=journal_mode)  # type: ignore[arg-type]
    with new_store(path, settings=settings) as store:
        stored = store.append(MIXED[:1]) + store.append(MIXED[1:])
        seen = read_study(path, "s")  # while the writer is at work
        loaded = store.load()
    assert [repr(t) for t in stored] == [repr(t.canonical()) for t in MIXED]
    for study in (seen, loaded, read_study(path, "s")):
        assert repr(study.trials) == repr(stored)
        assert study.kind == "exo"
        assert study.constraint_names == CONSTRAINTS
        assert study.objective_names == ("sharpe",)
        assert study.current == study.trials
    assert sql(path, "PRAGMA journal_mode") == [(journal_mode,)]
    assert sql(path, "PRAGMA integrity_check") == [("ok",)]
    assert sorted(p.name for p in path.parent.iterdir()) == ["f.db"]


def test_every_kind_of_parameter_comes_back(tmp_path: Path) -> None:
    for number, value in enumerate(["a", 1, True, None, 1.5]):
        trial = replace(
            complete(0, 1.0), params={"kind": value}, distributions={"kind": KIND}
        ).canonical()
        path = tmp_path / f"{number}.db"
        with new_store(path) as store:
            store.append([trial])
        [read] = read_study(path, "s").trials
        assert same(read, trial)
        [plain] = optuna.load_study(study_name="s", storage=f"sqlite:///{path}").trials
        assert plain.params == {"kind": value}


def test_spaces_that_change_from_trial_to_trial(tmp_path: Path) -> None:
    one = replace(complete(0, 1.0), params={}, distributions={})
    two = replace(complete(1, 1.0), params={"kind": "a"}, distributions={"kind": KIND})
    with new_store(tmp_path / "f.db") as store:
        store.append([one, two])
        store.append([complete(2, 1.0), replace(two, number=3)])
    read = read_study(tmp_path / "f.db", "s").trials
    assert [list(t.distributions) for t in read] == [[], ["kind"], list(SPACE), ["kind"]]


def test_the_queries_of_the_guide(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append(MIXED)
    assert sql(path, "SELECT COUNT(*) FROM trials;") == [(4,)]
    rows = sql(
        path,
        "SELECT trial_id, value, state, datetime_complete FROM trials "
        "ORDER BY datetime_complete DESC LIMIT 10;",
    )
    assert rows == [
        (4, float("-inf"), "COMPLETE", "2025-03-30 12:00:03.950000"),
        (3, 0.25, "PRUNED", "2025-03-30 12:00:02.950000"),
        (2, None, "FAIL", "2025-03-30 12:00:01.950000"),
        (1, 1.5, "COMPLETE", "2025-03-30 12:00:00.950000"),
    ]


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ([complete(1, 1.0)], "the next trial of the study is number 0"),
        ([complete(0, 1.0), complete(2, 1.0)], "the next trial of the study is number 0"),
        ([complete(0, 1.0, epoch=1)], "the current epoch is 0"),
        ([replace(complete(0, 1.0), state="RUNNING")], "only finished trials are stored"),
        ([replace(complete(0, 1.0), values=(1.0, 2.0))], "has 2 values"),
        ([replace(complete(0, 1.0), metrics={"epoch": 1.0})], "reserved names"),
        ([replace(complete(0, 1.0), distributions={})], "params and distributions differ"),
    ],
)
def test_a_trial_that_does_not_belong_is_refused_and_nothing_is_stored(
    tmp_path: Path, trials: list[TrialRecord], words: str
) -> None:
    with new_store(tmp_path / "f.db") as store:
        with pytest.raises(ValueError, match=words):
            store.append(trials)
        assert store.load().trials == ()
        store.append([complete(0, 1.0)])


def test_append_needs_an_epoch_and_a_study(tmp_path: Path) -> None:
    with StudyStore.open(tmp_path / "f.db", StorageSettings(), create=True) as store:
        with pytest.raises(ValueError, match="no study is selected"):
            store.append([complete(0, 1.0)])
        store.create_study("s")
        with pytest.raises(ValueError, match="begin_epoch"):
            store.append([complete(0, 1.0)])


def test_a_batch_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
        (pages,) = sql(path, "PRAGMA page_count")[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")  # as a full disk
        with pytest.raises(ExoError, match="cannot grow") as caught:
            store.append([complete(n, 1.0) for n in range(1, 200)])
        assert "run the same command again" in caught.value.hint
        assert len(read_study(path, "s").trials) == 1
        store._connection.execute("PRAGMA max_page_count = 1000000")
        store.append([complete(1, 1.0)])  # and it goes on
    assert len(read_study(path, "s").trials) == 2
    assert sql(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_lock_of_another_program_delays_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path, settings=StorageSettings(busy_timeout_s=0.4)) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ExoError, match=r"locked by another program for 0\.4 s") as caught:
            store.append([complete(0, 1.0)])
        assert caught.value.exit_code == ExitCode.LOCKED
        assert read_study(path, "s").trials == ()  # a reader does not wait
        other.execute("COMMIT")
        other.close()
        store.append([complete(0, 1.0)])
    assert len(read_study(path, "s").trials) == 1


def test_two_studies_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as one:
        one.append([complete(0, 1.0)])
        with new_store(path, "t") as two:
            two.append([complete(0, 5.0)])
            one.append([complete(1, 2.0)])
            two.append([complete(1, 6.0)])
        assert one.names() == ["s", "t"]
    assert [t.values for t in read_study(path, "s").trials] == [(1.0,), (2.0,)]
    assert [t.values for t in read_study(path, "t").trials] == [(5.0,), (6.0,)]


def test_an_epoch_hides_what_came_before_from_optuna_but_not_from_us(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 9.0), failed(1)])
        epoch = store.begin_epoch({"data": "d2"})
        store.append([complete(2, 1.0, epoch=1)])
    assert (epoch.number, epoch.first_trial) == (1, 2)
    assert epoch.fingerprint == fingerprint_of({"data": "d2"})
    study = read_study(path, "s")
    assert [e.components for e in study.epochs] == [COMPONENTS, {"data": "d2"}]
    assert study.epochs[1] == epoch
    best = study.best()
    assert best is not None
    assert best.number == 2
    assert [t.values for t in study.trials] == [(9.0,), (), (1.0,)]
    assert [t.number for t in study.current] == [2]
    assert sql(path, "SELECT value FROM trials") == [(float("-inf"),), (None,), (1.0,)]
    plain = optuna.load_study(study_name="s", storage=f"sqlite:///{path}")
    assert plain.best_trial.number == 2
    assert plain.trials[0].user_attrs["objective"] == 9.0


def test_a_minimised_value_is_hidden_as_plus_infinity(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path, directions=("minimize",)) as store:
        store.append([complete(0, 1.0, excess=0.1), complete(1, 2.0)])
    plain = optuna.load_study(study_name="s", storage=f"sqlite:///{path}")
    assert [t.value for t in plain.trials] == [float("inf"), 2.0]
    assert plain.best_trial.number == 1
    assert [t.values for t in read_study(path, "s").trials] == [(1.0,), (2.0,)]


def test_of_several_objectives_the_true_values_are_stored(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path, directions=("maximize", "minimize")) as store:
        trial = replace(complete(0, 1.0, excess=0.1), values=(2.0, 0.1))
        store.append([trial, replace(complete(1, 1.0), values=(1.0, 0.2))])
    plain = optuna.load_study(study_name="s", storage=f"sqlite:///{path}")
    assert [t.values for t in plain.trials] == [[2.0, 0.1], [1.0, 0.2]]
    assert [t.number for t in plain.best_trials] == [1]
    study = read_study(path, "s")
    assert [t.number for t in study.front()] == [1]
    assert study.trials[0].values == (2.0, 0.1)


def test_an_epoch_of_several_objectives_hides_what_came_before_by_a_constraint(
    tmp_path: Path,
) -> None:
    path = tmp_path / "f.db"
    with new_store(path, directions=("maximize", "minimize")) as store:
        store.append([replace(complete(0, 1.0), values=(9.0, 0.1))])
        for epoch in (1, 2):
            store.begin_epoch({"data": f"d{epoch}"})
            store.append([replace(complete(epoch, 1.0, epoch=epoch), values=(1.0, 0.2))])
    plain = optuna.load_study(study_name="s", storage=f"sqlite:///{path}")
    assert [t.values for t in plain.trials] == [[9.0, 0.1], [1.0, 0.2], [1.0, 0.2]]
    constraints = [t.system_attrs["constraints"] for t in plain.trials]
    assert constraints == [[-0.1, -0.05, -0.5, 1.0]] * 2 + [[-0.1, -0.05, -0.5]]
    assert [t.number for t in plain.best_trials] == [2]
    ours = read_study(path, "s")
    assert [t.number for t in ours.front()] == [2]
    assert {t.constraints for t in ours.trials} == {(-0.1, -0.05, -0.5)}


def test_trials_of_another_program_stop_the_run_and_are_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
        plain = optuna.load_study(study_name="s", storage=f"sqlite:///{path}")
        plain.optimize(lambda t: t.suggest_float("weight_pe_ratio", -1, 1) + 7, n_trials=2)
        with pytest.raises(ExoError, match="it has 3 trials instead of 1"):
            store.append([complete(1, 1.0)])
        study = store.load()
        assert [t.number for t in study.foreign] == [1, 2]
        assert [t.epoch for t in study.trials] == [0, NO_EPOCH, NO_EPOCH]
        store.begin_epoch({"data": "d2"})
        store.append([complete(3, 0.5, epoch=1)])
    after = read_study(path, "s")
    assert after.foreign == ()
    assert [t.values for t in after.trials[:3]] == [t.values for t in study.trials]
    best = after.best()
    assert best is not None
    assert best.number == 3
    assert plain.best_trial.number == 3


def test_a_study_deleted_during_a_run_is_said(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        optuna.delete_study(study_name="s", storage=f"sqlite:///{path}")
        with pytest.raises(ExoError, match="was deleted from"):
            store.append([complete(0, 1.0)])
    assert sql(path, "SELECT COUNT(*) FROM trial_params") == [(0,)]


def test_other_changes_to_the_file_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
        optuna.create_study(study_name="other", storage=f"sqlite:///{path}")
        store.append([complete(1, 1.0)])
        assert len(store.load().trials) == 2


def test_creating_a_study_that_exists_is_an_error_with_a_way_on(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    settings = StorageSettings()
    assert make_study(path, "s").trials == ()
    with StudyStore.open(path, settings, create=False) as store:
        store.select("s")
        store.begin_epoch(COMPONENTS)
        store.append([complete(0, 1.0)])
    with pytest.raises(ExoError, match=r"Study 's' exists in .* with 1 trial\.") as caught:
        make_study(path, "s")
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert f"exo optuna-run --study-name s --study-file {path}" in caught.value.hint
    assert len(read_study(path, "s").trials) == 1


@pytest.mark.parametrize("name", ["", "  ", "x" * 513])
def test_a_name_that_optuna_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExoError, match="1 to 512 printable characters"):
        make_study(tmp_path / "f.db", name)


@pytest.mark.parametrize("name", ["Größe 'x'; DROP TABLE trials", "a/b\\c", "x" * 512])
def test_odd_names_are_names(tmp_path: Path, name: str) -> None:
    with new_store(tmp_path / "f.db", name) as store:
        store.append([complete(0, 1.0)])
    assert len(read_study(tmp_path / "f.db", name).trials) == 1


def test_attributes_are_set_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    make_study(path, "s", attributes={"sampler": "tpe", "n": [1, 2]})
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        store.select("s")
        store.set_attributes({"sampler": "cmaes"})
        with pytest.raises(ValueError, match="declare"):
            store.set_attributes({"constraint_names": []})
    assert read_study(path, "s").attributes == {"sampler": "cmaes", "n": [1, 2]}


def test_objectives_can_change_until_there_are_trials(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    make_study(path, "s")
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        store.select("s")
        two = store.declare(("maximize", "minimize"), objective_names=("sharpe", "drawdown"))
        assert two.directions == ("maximize", "minimize")
        store.begin_epoch(COMPONENTS)
        store.append([replace(complete(0, 1.0), values=(1.0, 2.0))])
        with pytest.raises(ExoError, match="maximize sharpe, minimize drawdown, not maximize"):
            store.declare(("maximize",))


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.append([complete(0, 1.0)]),
        lambda store: store.begin_epoch(COMPONENTS),
        lambda store: store.set_attributes({"a": 1}),
        lambda store: store.declare(("maximize",)),
    ],
)
def test_a_study_of_plain_optuna_is_never_written_to(
    tmp_path: Path, write: Callable[[StudyStore], object]
) -> None:
    path = tmp_path / "f.db"
    plain = optuna.create_study(study_name="p", storage=f"sqlite:///{path}")
    plain.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    before = plain.trials
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        assert store.select("p").kind == "plain"
        with pytest.raises(ExoError, match="made by plain Optuna"):
            write(store)
    assert optuna.load_study(study_name="p", storage=f"sqlite:///{path}").trials == before
    assert read_study(path, "p").attributes == {}


def test_a_study_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "UPDATE study_system_attributes "
            """SET value_json = replace(value_json, '"version": 2', '"version": 99')"""
        )
    connection.close()
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        store.select("s")
        with pytest.raises(ExoError, match=r"another version of exo \(record 99"):
            store.append([complete(0, 1.0)])


def test_times_are_naive_utc_for_optuna(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
    [trial] = optuna.load_study(study_name="s", storage=f"sqlite:///{path}").trials
    assert trial.datetime_start is not None
    assert trial.datetime_start == NOON.astimezone().replace(tzinfo=None)


def test_closing_folds_the_wal_while_a_reader_has_the_file_open(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    store = new_store(path)
    store.append([complete(0, 1.0)])
    reader = sqlite3.connect(path)
    assert reader.execute("SELECT COUNT(*) FROM trials").fetchone() == (1,)
    store.close()
    assert (tmp_path / "f.db-wal").stat().st_size == 0
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    reader.close()
    assert len(read_study(copy, "s").trials) == 1


@pytest.mark.parametrize(
    "odd", [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, np.float64(-0.0)]
)
def test_every_json_column_is_valid_json_whatever_the_figures(tmp_path: Path, odd: float) -> None:
    path = tmp_path / "f.db"
    trial = replace(
        complete(0, -0.0),
        metrics={"sharpe": odd, "calmar": -0.0},
        constraints=(odd, -0.0),
        intermediate={0: odd},
    )
    with new_store(path) as store:
        store.append([trial, replace(failed(1), constraints=(odd,), metrics={"a": odd})])
        store.set_attributes({"warm_start": {"0": [{"weight_a": odd}]}})
        store.begin_epoch({"data": "d2"})
    columns = {
        "trial_user_attributes": "value_json",
        "trial_system_attributes": "value_json",
        "study_user_attributes": "value_json",
        "study_system_attributes": "value_json",
        "trial_params": "distribution_json",
        "exo_records": "record",
    }
    for table, column in columns.items():
        texts = sql(path, f"SELECT {column}, json_extract({column}, '$') FROM {table}")
        assert texts, table
        assert not any("-0.0" in str(text).replace("-0.05", "") for text, _ in texts), table
    query = "SELECT json_extract(value_json, '$') FROM trial_user_attributes WHERE key = 'sharpe'"
    assert sql(path, query) == [(None if math.isnan(odd) else odd,)]
    [read, _] = read_study(path, "s").trials
    assert repr(read) == repr(trial.canonical())
    shown = optuna.load_study(study_name="s", storage=f"sqlite:///{path}").trials[0]
    assert all(math.isfinite(c) for c in shown.constraints.values())
    assert any(c > 0 for c in shown.constraints.values()) == (not odd <= 0)
