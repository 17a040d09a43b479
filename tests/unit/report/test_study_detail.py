"""What the page is told of a study: optuna-dashboard's own form, true values, the feasible best."""

import gzip
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna_dashboard import wsgi

from mech_exo.report.dashboard_note import own_words
from mech_exo.report.dashboard_server import application
from mech_exo.tuning.display import DisplayStorage
from mech_exo.tuning.records import read_study
from mech_exo.tuning.study_record import TrialRecord
from tests.unit.report.dashboard_requests import ask
from tests.unit.tuning.stored_studies import KIND, complete, execute, failed, new_store, pruned

optuna.logging.set_verbosity(optuna.logging.WARNING)

BEFORE = Path(__file__).parents[2] / "recorded" / "before" / "kinds.db.gz"
TRIALS = [
    complete(0, 1.0),
    complete(1, 7.0, excess=0.2),
    failed(2),
    pruned(3, 6.0),
    complete(4, 2.0),
    complete(5, 2.0),
    replace(complete(6, 1.5), intermediate={0: math.inf, 3: 0.5}, metrics={"sharpe": 1.0}),
    replace(complete(7, 0.5), params={"kind": 1.5}, distributions={"kind": KIND}),
    replace(complete(8, 0.5), constraints=(math.nan, -1.0, math.inf), started=None),
    replace(failed(9, 'a "quoted" reason – é'), params={}, distributions={}),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with new_store(tmp_path / "f.db") as store:
        store.append(TRIALS)
    return tmp_path / "f.db"


def detail(path: Path, study: int = 1, query: str = "") -> Any:
    return ask(application(path), f"/api/studies/{study}{query}").json


def plain(answer: Any) -> Any:
    """Without exo's own story, and what is left to the order of a set in one order."""
    return answer | {
        "union_user_attrs": sorted(answer["union_user_attrs"], key=lambda a: a["key"]),
        "note": answer["note"] | {"body": own_words(answer["note"]["body"])},
        "plotly_graph_objects": [],
    }


@pytest.mark.parametrize("query", ["", "?after=4", "?after=10", "?after=99"])
def test_it_is_the_answer_of_optuna_dashboard_itself(path: Path, query: str) -> None:
    storage = DisplayStorage(path, writable=False)
    theirs = ask(wsgi(storage), f"/api/studies/1{query}").json
    assert plain(detail(path, query=query)) == plain(theirs)


def test_it_is_the_answer_of_optuna_dashboard_itself_with_notes(path: Path) -> None:
    writable = application(path, writable=True)
    for address in ("/api/studies/1/note", "/api/studies/1/2/note"):
        note = {"version": 1, "body": "seen"}
        assert ask(writable, address, "PUT", body=note).status == 204
    answer = detail(path)
    assert own_words(answer["note"]["body"]) == "seen"
    assert [t["note"]["body"] for t in answer["trials"]].index("seen") == 1
    theirs = ask(wsgi(DisplayStorage(path, writable=False)), "/api/studies/1").json
    assert plain(answer) == plain(theirs)


def test_values_are_true_and_the_best_is_feasible(path: Path) -> None:
    answer = detail(path)
    assert [t["number"] for t in answer["best_trials"]] == [4]
    assert answer["trials"][1]["values"] == [7.0]
    assert answer["trials"][1]["constraints"] == [0.2, -0.05, -0.5]
    assert answer["trials"][8]["constraints"][0] > 1e300
    attributes = {a["key"]: a["value"] for a in answer["trials"][0]["user_attrs"]}
    assert attributes == {"epoch": "0", "sharpe": "1.0", "max_drawdown": "0.0"}
    assert {"key": "max_drawdown", "sortable": True} in answer["union_user_attrs"]


def test_without_a_feasible_trial_there_is_no_best(tmp_path: Path) -> None:
    with new_store(tmp_path / "f.db") as store:
        store.append([complete(0, 99.0, excess=1.0)])
    answer = detail(tmp_path / "f.db")
    assert answer["best_trials"] == []
    assert answer["trials"][0]["values"] == [99.0]


def point(number: int, sharpe: float, drawdown: float, excess: float = -1.0) -> TrialRecord:
    return replace(complete(number, 0.0, excess=excess), values=(sharpe, drawdown))


def test_the_front_is_feasible(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path, directions=("maximize", "minimize")) as store:
        points = [point(0, 1.0, 0.2), point(1, 9.0, 0.1, 0.1), point(2, 2.0, 0.3)]
        store.append([*points, point(3, 1.5, 0.4)])
    assert [t["number"] for t in detail(path)["best_trials"]] == [0, 2]


@pytest.mark.parametrize(("study", "best"), [(1, [7]), (2, [2, 4])])
def test_a_file_of_the_version_before_is_shown_as_well(
    tmp_path: Path, study: int, best: list[int]
) -> None:
    path = tmp_path / "f.db"
    path.write_bytes(gzip.decompress(BEFORE.read_bytes()))
    answer = detail(path, study)
    assert [t["number"] for t in answer["best_trials"]] == best
    values = [v for t in answer["trials"] for v in t.get("values", [])]
    assert all(isinstance(v, float) for v in values)
    earlier = [t for t in answer["trials"] if {"key": "epoch", "value": "0"} in t["user_attrs"]]
    assert all(t["constraints"][-1] == 1.0 for t in earlier)


def test_a_study_of_plain_optuna_is_shown_by_optuna_dashboard(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    path.write_bytes(gzip.decompress(BEFORE.read_bytes()))
    theirs = ask(wsgi(f"sqlite:///{path}"), "/api/studies/4").json
    assert detail(path, 4) == theirs
    mixed = detail(path, 3)  # two trials of plain Optuna in a study of exo
    assert [t["number"] for t in mixed["trials"]] == [0, 1, 2]
    assert [p["name"] for p in mixed["trials"][2]["params"]] == ["x"]


def test_trials_that_come_are_seen_and_so_is_a_new_epoch(path: Path) -> None:
    app = application(path)
    first = ask(app, "/api/studies/1").json
    with new_store(path, "t") as store:
        store.select("s")
        store.append([complete(10, 3.0)])
        second = ask(app, "/api/studies/1?after=10").json
        assert [t["number"] for t in second["trials"]] == [10]
        assert [t["number"] for t in second["best_trials"]] == [10]
        store.begin_epoch({"data": "d2"})
        store.append([complete(11, 0.1, epoch=1)])
    third = ask(app, "/api/studies/1").json
    assert [t["number"] for t in third["best_trials"]] == [11]
    assert [t.get("values") for t in third["trials"][:10]] == [
        t.get("values") for t in first["trials"]
    ]
    assert [t["constraints"][-1] > 0 for t in third["trials"][10:]] == [True, False]
    assert plain(third) == plain(detail(path))


def test_a_study_that_is_deleted_and_made_again_is_the_new_one(path: Path) -> None:
    app = application(path)
    assert len(ask(app, "/api/studies/1").json["trials"]) == 10
    optuna.delete_study(study_name="s", storage=f"sqlite:///{path}")
    assert ask(app, "/api/studies/1").status == 404
    with new_store(path) as store:
        store.append([complete(0, 5.0)])
    assert [t["values"] for t in ask(app, "/api/studies/1").json["trials"]] == [[5.0]]


def test_a_damaged_study_is_named(path: Path) -> None:
    execute(path, "UPDATE exo_records SET record = '{' WHERE trial_id = 3")
    reply = ask(application(path), "/api/studies/1")
    assert reply.status == 500
    assert "has been damaged or edited" in reply.json["reason"]


def test_the_answer_is_packed_for_who_unpacks_it(path: Path) -> None:
    app = application(path)
    packed = ask(app, "/api/studies/1", headers={"Accept-Encoding": "gzip, deflate, br"})
    bare = ask(app, "/api/studies/1")
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(bare.body) / 4
    assert packed.json == bare.json


def test_looking_leaves_no_trace(path: Path) -> None:
    before = path.read_bytes()
    app = application(path)
    for address in ("/api/studies", "/api/studies/1", "/csv/1", "/api/studies/1/plot/edf"):
        assert ask(app, address).status == 200, address
    assert path.read_bytes() == before


def test_optunas_own_functions_have_the_true_values(path: Path) -> None:
    study = optuna.load_study(study_name="s", storage=DisplayStorage(path, writable=False))
    assert [t.values for t in study.trials] == [list(t.values) or None for t in TRIALS]
    assert study.best_trial.number == 4
    assert study.trials[4] == study.best_trial
    assert len(read_study(path, "s").trials) == len(study.trials)
    rows = ask(application(path), "/csv/1").body.decode().splitlines()
    assert rows[2].split(",")[:3] == ["1", "COMPLETE", "7.0"]
