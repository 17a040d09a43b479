"""Optuna's own programs on a file that exo wrote."""

import io
import json
import math
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from mech_exo.tuning.database_schema import OPTUNA_SCHEMA
from mech_exo.tuning.records import read_study
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from tests.unit.tuning.stored_studies import SPACE, complete, execute, failed, new_store, pruned

optuna.logging.set_verbosity(optuna.logging.WARNING)

# the best by value alone is infeasible, and two feasible ones tie
TRIALS = [
    complete(0, 1.0),
    complete(1, 7.0, excess=0.2),
    failed(2),
    pruned(3, 6.0),
    complete(4, 2.0),
    complete(5, 2.0),
    complete(6, 1.5),
]
BEST = 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with new_store(tmp_path / "f.db") as store:
        store.append(TRIALS)
    return tmp_path / "f.db"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def cli(*arguments: str) -> str:
    """The `optuna` command; its output."""
    code = "import sys; from optuna.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_reader_of_optuna_has_the_same_best(path: Path) -> None:
    ours = read_study(path, "s").best()
    assert ours is not None
    assert ours.number == BEST
    study = optuna.load_study(study_name="s", storage=url(path))
    assert study.best_trial.number == BEST
    assert study.best_value == 2.0
    assert optuna.storages.RDBStorage(url(path)).get_best_trial(1).number == BEST
    [summary] = optuna.get_all_study_summaries(url(path))
    assert summary.best_trial is not None
    assert summary.best_trial.number == BEST


def test_optuna_reads_what_exo_wrote(path: Path) -> None:
    study = optuna.load_study(study_name="s", storage=url(path))
    assert study.user_attrs["constraint_names"] == ["max_drawdown", "volatility", "weight_limit"]
    for theirs, ours in zip(study.trials, TRIALS, strict=True):
        assert theirs.number == ours.number
        assert theirs.state.name == ours.state
        assert theirs.params == ours.params
        assert list(theirs.params) == list(SPACE)
        assert repr(theirs.intermediate_values) == repr(ours.intermediate)
        assert list(theirs.constraints.values()) == list(ours.constraints or ())
        assert theirs.system_attrs.get("constraints") == (
            None if ours.constraints is None else list(ours.constraints)
        )
        for name, value in ours.metrics.items():
            assert theirs.user_attrs[name] == (None if math.isnan(value) else value)
        assert theirs.user_attrs["epoch"] == 0
    assert study.trials[1].values == [float("-inf")]
    assert study.trials[1].user_attrs["objective"] == 7.0
    assert study.trials[2].user_attrs["reason"] == "no Sharpe"
    assert len(study.trials_dataframe()) == len(TRIALS)


def test_optuna_goes_on_with_a_study_of_exo(path: Path) -> None:
    sampler = optuna.samplers.TPESampler(seed=1, n_startup_trials=2)
    study = optuna.load_study(study_name="s", storage=url(path), sampler=sampler)

    def objective(trial: optuna.Trial) -> float:
        trial.set_constraint("a", -1.0)
        return trial.suggest_float("weight_pe_ratio", -1.0, 1.0)

    study.optimize(objective, n_trials=3)
    assert [t.number for t in study.trials] == list(range(10))
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT value FROM trials WHERE number > 6").fetchall()
    connection.close()
    assert rows == [(t.value,) for t in study.trials[7:]]
    ours = read_study(path, "s")
    assert [t.number for t in ours.foreign] == [7, 8, 9]
    best = ours.best()
    assert best is not None
    assert best.number == BEST


def test_a_study_copied_by_optuna_is_still_one_of_exo(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    optuna.copy_study(
        from_study_name="s", from_storage=url(path), to_storage=url(copy), to_study_name="t"
    )
    one, other = read_study(path, "s"), read_study(copy, "t")
    assert other.kind == "exo"
    assert [t.values for t in other.trials] == [t.values for t in one.trials]
    assert other.best() is not None
    with new_store(copy, "u") as store:
        store.select("t")
        store.append([complete(7, 9.0)])
    assert optuna.load_study(study_name="t", storage=url(copy)).best_trial.number == 7


@pytest.mark.slow
def test_the_commands_of_optuna(path: Path, tmp_path: Path) -> None:
    storage = ("--storage", url(path))
    best = json.loads(cli("best-trial", *storage, "--study-name", "s", "-f", "json"))
    assert best["number"] == BEST
    trials = json.loads(cli("trials", *storage, "--study-name", "s", "-f", "json"))
    assert [t["number"] for t in trials] == list(range(7))
    [study] = json.loads(cli("studies", *storage, "-f", "json"))
    assert (study["name"], study["n_trials"]) == ("s", 7)
    asked = json.loads(cli("ask", *storage, "--study-name", "s"))
    cli("tell", *storage, "--study-name", "s", "--trial-number", "7", "--values", "0.5")
    assert asked["number"] == 7
    cli("storage", "upgrade", *storage)
    assert len(read_study(path, "s").trials) == 8
    cli("delete-study", *storage, "--study-name", "s")
    connection = sqlite3.connect(path)
    for table in (
        "studies",
        "trials",
        "trial_values",
        "trial_params",
        "trial_user_attributes",
        "exo_records",
    ):
        assert connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)
    connection.close()
    with new_store(path) as store:  # and the name is free again
        store.append([complete(0, 1.0)])


@pytest.mark.slow
def test_a_file_of_an_older_schema_is_upgraded_with_its_values(path: Path) -> None:
    connection = sqlite3.connect(path)
    with connection:  # the one step back from the newest schema
        connection.execute("DROP INDEX ix_trials_study_id")
        connection.execute("UPDATE alembic_version SET version_num = 'v3.0.0.d'")
    connection.close()
    cli("storage", "upgrade", "--storage", url(path))
    assert optuna.storages.RDBStorage(url(path)).get_current_version() == OPTUNA_SCHEMA
    with new_store(path, "t") as store:
        store.select("s")
        store.append([complete(7, 9.0)])
    connection = sqlite3.connect(path)
    query = "SELECT value FROM trials WHERE number IN (0, 7) AND study_id = 1"
    assert connection.execute(query).fetchall() == [(1.0,), (9.0,)]
    connection.close()


def get(app: Any, address: str) -> Any:
    """The JSON that a WSGI application answers."""
    answered: list[str] = []
    environment = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": address,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    body = b"".join(app(environment, lambda status, headers, *_: answered.append(status)))
    assert answered == ["200 OK"], body
    return json.loads(body)


def dashboard(path: Path) -> Any:
    import optuna_dashboard

    return optuna_dashboard.wsgi(url(path))


def test_the_dashboard_shows_the_same_best(path: Path) -> None:
    app = dashboard(path)
    [summary] = get(app, "/api/studies")["study_summaries"]
    assert summary["study_name"] == "s"
    detail = get(app, f"/api/studies/{summary['study_id']}")
    assert [t["number"] for t in detail["best_trials"]] == [BEST]
    assert detail["objective_names"] == ["sharpe"]
    shown = detail["trials"][1]
    assert shown["values"] == ["-inf"]
    assert shown["constraints"] == [0.2, -0.05, -0.5]
    assert {"key": "objective", "value": "7.0"} in shown["user_attrs"]
    assert {"key": "sharpe", "sortable": True} in detail["union_user_attrs"]
    assert detail["has_intermediate_values"]


def test_the_dashboard_shows_the_same_best_after_an_epoch_began(path: Path) -> None:
    app = dashboard(path)
    get(app, "/api/studies/1")  # it keeps finished trials in memory
    with new_store(path, "t") as store:
        store.select("s")
        store.begin_epoch({"data": "d2"})
        store.append([complete(7, 0.1, epoch=1)])
    detail = get(app, "/api/studies/1")
    assert [t["number"] for t in detail["best_trials"]] == [7]


def test_optuna_has_the_same_front_and_the_dashboard_finite_values(tmp_path: Path) -> None:
    def point(number: int, sharpe: float, drawdown: float, excess: float = -1.0) -> TrialRecord:
        return replace(complete(number, 0.0, excess=excess), values=(sharpe, drawdown))

    path = tmp_path / "f.db"
    with new_store(path, directions=("maximize", "minimize")) as store:
        store.append(
            [
                point(0, 1.0, 0.2),
                point(1, 9.0, 0.1, excess=0.1),
                point(2, 2.0, 0.3),
                point(3, 1.5, 0.4),
            ]
        )
    ours = [t.number for t in read_study(path, "s").front()]
    assert ours == [0, 2]
    detail = get(dashboard(path), "/api/studies/1")
    assert [t["values"] for t in detail["trials"]] == [
        [1.0, 0.2],
        [9.0, 0.1],
        [2.0, 0.3],
        [1.5, 0.4],
    ]  # which its plots draw by constraint; its list of best trials does not look at them
    assert [t["constraints"][0] > 0 for t in detail["trials"]] == [False, True, False, False]
    plain = optuna.load_study(study_name="s", storage=url(path))
    assert [t.number for t in plain.best_trials] == ours


def test_without_a_feasible_trial_the_dashboard_shows_minus_infinity(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 5.0, excess=1.0), complete(1, 4.0, excess=0.5)])
    detail = get(dashboard(path), "/api/studies/1")
    assert [t["values"] for t in detail["best_trials"]] == [["-inf"]]
    with pytest.raises(ValueError, match="No feasible trials"):
        _ = optuna.load_study(study_name="s", storage=url(path)).best_trial
    assert read_study(path, "s").best() is None


@contextmanager
def served(path: Path) -> Iterator[str]:
    """The address of a dashboard in a process of its own."""
    code = (
        "import sys; from wsgiref.simple_server import make_server; import optuna_dashboard; "
        "server = make_server('127.0.0.1', 0, optuna_dashboard.wsgi(sys.argv[1])); "
        "print(server.server_port, flush=True); server.serve_forever()"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, url(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.slow
def test_a_polled_dashboard_changes_nothing(tmp_path: Path) -> None:
    trials = [complete(n, n % 7 / 7, excess=(n % 5 - 3) / 10) for n in range(500)]
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append(trials[:1])
        with served(path) as address:
            polls: list[int] = []
            over = threading.Event()

            def poll() -> None:
                while not over.wait(0.1):
                    with urllib.request.urlopen(f"{address}/api/studies/1") as answer:
                        polls.append(len(json.load(answer)["trials"]))

            poller = threading.Thread(target=poll)
            poller.start()
            while not polls:
                time.sleep(0.05)
            for trial in trials[1:]:
                store.append([trial])
                time.sleep(0.005)
            over.set()
            poller.join()
    assert polls[-1] > 1
    assert polls == sorted(polls)
    assert repr(read_study(path, "s").trials) == repr(tuple(t.canonical() for t in trials))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_the_study_moves_with_its_file(path: Path, tmp_path: Path) -> None:
    moved = tmp_path / "factor_opt_backup_20250101.db"  # the guide's `mv`
    shutil.move(path, moved)
    assert len(read_study(moved, "s").trials) == 7
    with new_store(path) as store:
        assert store.append([complete(0, 1.0)])


def test_the_queries_of_the_docs_work(path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    assert len(queries) >= 5
    connection = sqlite3.connect(path)
    for query in queries:
        for statement in query.split(";")[:-1]:
            assert connection.execute(statement).fetchall(), statement
    connection.close()


def test_records_go_with_their_study_whoever_deletes_it(path: Path) -> None:
    with new_store(path, "t") as store:
        store.append([complete(0, 1.0)])
    optuna.delete_study(study_name="s", storage=url(path))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT trial_id FROM exo_records").fetchall() == [(8,)]
        connection.execute("DELETE FROM trials")
        assert connection.execute("SELECT COUNT(*) FROM exo_records").fetchone() == (0,)


def test_records_of_trials_deleted_without_the_trigger_go_at_the_next_opening(path: Path) -> None:
    execute(path, "DROP TRIGGER exo_record_delete")
    optuna.delete_study(study_name="s", storage=url(path))
    plain = optuna.create_study(study_name="p", storage=url(path))
    plain.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1)  # gets an id of before
    assert read_study(path, "p").trials[0].params == plain.trials[0].params
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
    with closing(sqlite3.connect(path)) as connection:
        count = "SELECT COUNT(*) FROM exo_records WHERE trial_id > 1"
        assert connection.execute(count).fetchone() == (1,)


def test_a_copied_study_with_epochs_keeps_what_its_trials_were(tmp_path: Path) -> None:
    path, copy = tmp_path / "f.db", tmp_path / "copy.db"
    with new_store(path) as store:
        store.append(TRIALS)
        store.begin_epoch({"data": "d2"})
        store.append([complete(7, 1.0, epoch=1), complete(8, 3.0, excess=0.1, epoch=1)])
    with new_store(path, "two", ("maximize", "minimize")) as store:
        store.append([replace(complete(0, 1.0), values=(9.0, 0.1))])
        store.begin_epoch({"data": "d2"})
        store.append([replace(complete(1, 1.0, epoch=1), values=(1.0, 0.2))])
    for name in ("s", "two"):
        optuna.copy_study(
            from_study_name=name, from_storage=url(path), to_storage=url(copy), to_study_name=name
        )
        assert plain(read_study(copy, name)) == plain(read_study(path, name))


def plain(study: StudyRecord) -> list[str]:
    """Its trials, whatever the order of their metrics; NaN equals NaN."""
    return [repr(replace(t, metrics=dict(sorted(t.metrics.items())))) for t in study.trials]
