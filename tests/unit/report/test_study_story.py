"""What the dashboard tells beside optuna-dashboard: the note, constraints by name, two plots."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mech_exo.report.dashboard_note import HEADING, literal, own_words
from mech_exo.report.dashboard_plots import WEIGHTS
from mech_exo.report.dashboard_server import application
from mech_exo.tuning.kept_verdicts import KeptVerdict, keep_verdict
from mech_exo.tuning.records import read_study
from tests.unit.report.dashboard_requests import ask
from tests.unit.tuning.stored_studies import complete, execute, failed, new_store

HOSTILE = "**b** <img src=x onerror=alert(1)> [l](javascript:alert(1)) `c` ````d```` | $x$"
TRIALS = [
    complete(0, 1.0),
    complete(1, 7.0, excess=0.2),
    failed(2),
    replace(complete(3, 2.0), constraints=(0.1, 0.1, -0.5)),
    replace(complete(4, 0.5), constraints=(float("nan"), -1.0, -0.5)),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with new_store(tmp_path / "f.db") as store:
        store.append(TRIALS)
    return tmp_path / "f.db"


def detail(path: Path, study: int = 1) -> Any:
    return ask(application(path), f"/api/studies/{study}").json


def note(path: Path, study: int = 1) -> str:
    return str(detail(path, study)["note"]["body"])


def judge(path: Path, overall: str, trials: int) -> None:
    study = read_study(path, "s")
    best = study.best()
    assert best is not None
    assert study.epoch is not None
    block = {"overall": overall, "decision": {"reason": "Because of *this*."}}
    print_of = study.epoch.fingerprint
    kept = KeptVerdict(
        "00", print_of, "11", trials, {}, block, "s", study.epoch.number, best.number
    )
    keep_verdict(path, kept)


def test_the_note_says_what_it_is_and_how_to_go_on(path: Path) -> None:
    shown = note(path)
    assert shown.startswith(HEADING)
    assert "5 trials\n(4 complete, 1 fail), 1 of them keep all limits" in shown
    assert "maximize sharpe" in shown
    assert "The best is trial 0 with 1.0000" in shown
    assert "**Verdict.** none" in shown
    assert f"exo report s --study-file {path}" in shown
    assert "exo optuna-run --n-trials 0 --study-name s" in shown


def test_constraints_have_names(path: Path) -> None:
    answer = detail(path)
    assert r"| max\_drawdown |" in answer["note"]["body"]
    rows = [line for line in answer["note"]["body"].splitlines() if line.startswith("| ")]
    assert [row.rsplit("|", 2)[1].strip() for row in rows] == [
        "broken by",
        "3 of 4",
        "1 of 4",
        "0 of 4",
    ]
    broken = {
        t["number"]: a["value"]
        for t in answer["trials"]
        for a in t["user_attrs"]
        if a["key"] == "breaks"
    }
    assert broken == {1: "max_drawdown", 3: "max_drawdown, volatility", 4: "max_drawdown"}


def test_a_verdict_counts_until_the_study_has_grown(path: Path) -> None:
    app = application(path)
    assert "none" in ask(app, "/api/studies/1").json["note"]["body"]
    judge(path, "PASS", 5)
    shown = ask(app, "/api/studies/1").json["note"]["body"]
    assert "**Verdict.** PASS" in shown
    assert literal("Because of *this*.") in shown
    with new_store(path, "other") as store:
        store.select("s")
        store.append([complete(5, 0.1)])
    shown = ask(app, "/api/studies/1").json["note"]["body"]
    assert "6 trials" in shown
    assert "**Verdict.** none" in shown
    assert "5 trials\\, not 6" in shown or "5 trials, not 6" in shown


def test_without_a_best_the_note_says_why(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 99.0, excess=1.0)])
    with new_store(path, "empty"):
        pass
    with new_store(path, "front", ("maximize", "minimize")) as store:
        store.append([replace(complete(0, 0.0), values=(1.0, 2.0))])
    assert "no feasible trial" in note(path, 1)
    assert "**Verdict.**" not in note(path, 1)
    assert "no trials yet" in note(path, 2)
    assert "On the Pareto front: 0." in note(path, 3)
    for study in (1, 2, 3):
        assert detail(path, study)["plotly_graph_objects"] == []


def test_nothing_of_anothers_making_is_markup(tmp_path: Path) -> None:
    path = tmp_path / "my `f`.db"
    with new_store(path, HOSTILE) as store:
        ranges = {"weight_<b>x</b>": TRIALS[0].distributions["weight_rsi_14"]}
        named = replace(complete(0, 1.0), params={"weight_<b>x</b>": 0.5}, distributions=ranges)
        store.append([named])
    answer = detail(path)
    head, _, rest = answer["note"]["body"].partition("`````bash\n")
    assert literal(HOSTILE) in head
    ours = head.replace(literal(HOSTILE), "").replace("`breaks`", "").replace("`?`", "")
    assert not re.search("[<`$[]", ours)
    assert not re.search(r"(?<!\\)[<`$\[*|]", literal(HOSTILE))
    commands, _, after = rest.partition("\n`````")
    assert len(commands.splitlines()) == 3
    assert after == ""
    plot = json.loads(answer["plotly_graph_objects"][0]["graph_object"])
    assert plot["data"][0]["y"] == ["&lt;b&gt;x&lt;/b&gt;"]


def test_what_a_user_writes_is_kept_and_what_exo_knows_is_not(path: Path) -> None:
    app = application(path, writable=True)
    shown = ask(app, "/api/studies/1").json["note"]
    edited = {"version": 1, "body": f"my words\n\n{shown['body']}"}
    assert ask(app, "/api/studies/1/note", "PUT", body=edited).status == 204
    stored = read_notes(path)
    assert stored == "my words"
    again = ask(app, "/api/studies/1").json["note"]
    assert again["version"] == 1
    assert own_words(again["body"]) == "my words"
    assert again["body"].count(HEADING) == 1
    odd: Any
    for odd in ([], {"version": 2}, {"version": 2, "body": 7}):
        assert ask(app, "/api/studies/1/note", "PUT", body=odd).status in (400, 500)
    assert read_notes(path) == "my words"


def read_notes(path: Path) -> str:
    import optuna
    from optuna_dashboard import get_note

    storage = f"sqlite:///{path}"
    return str(get_note(optuna.load_study(study_name="s", storage=storage)))


def test_looking_leaves_the_file_as_it_is(path: Path) -> None:
    judge(path, "PASS", 5)
    before = path.read_bytes()
    assert WEIGHTS in [p["id"] for p in detail(path)["plotly_graph_objects"]]
    assert path.read_bytes() == before


def test_the_weights_are_the_best_trials(path: Path) -> None:
    [plot] = detail(path)["plotly_graph_objects"]
    bar, *_ = json.loads(plot["graph_object"])["data"]
    params = TRIALS[0].params
    assert bar["y"] == ["pe_ratio", "rsi_14"]
    assert bar["x"] == [params["weight_pe_ratio"], params["weight_rsi_14"]]


def test_a_damaged_verdict_hides_no_trial(path: Path) -> None:
    judge(path, "PASS", 5)
    execute(path, "UPDATE exo_verdicts SET block = '{'")
    answer = detail(path)
    assert len(answer["trials"]) == 5
    assert answer["note"]["body"].startswith(HEADING)
    assert "damaged" in answer["note"]["body"]
