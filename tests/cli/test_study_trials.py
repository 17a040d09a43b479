"""`exo study show --trial` and `exo study trials`: one trial, and some of many."""

import csv
import io
import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from mech_exo.cli.entry import run
from mech_exo.tuning.looks import Look, record_look
from mech_exo.tuning.study_record import TrialRecord
from tests.unit.tuning.stored_studies import complete, failed, new_store, pruned
from tests.unit.tuning.test_looks import sketch

NAME = "größe 1"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study with trials of every kind; its folder is the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "studies/factor_opt.db"
    with new_store(path, NAME) as store:
        store.begin_epoch({"data": "d2", "thresholds.max_drawdown": "0.1"})
        store.append(
            [
                complete(0, 1.0, epoch=1),
                complete(1, 3.0, epoch=1),
                complete(2, 4.0, excess=0.05, epoch=1),
                failed(3, "no Sharpe", epoch=1),
                pruned(4, 2.0, epoch=1),
            ]
        )
    return path


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> str:
    capsys.readouterr()
    assert run(["study", *map(str, arguments)]) == code
    said = capsys.readouterr()
    return said.out if code == 0 else said.err


@pytest.mark.usefixtures("file")
def test_all_of_one_trial(capsys: pytest.CaptureFixture[str]) -> None:
    stored = complete(1, 3.0)
    shown = json.loads(told(capsys, "show", NAME, "--trial", "1", "--json"))
    assert shown["params"] == dict(stored.params)
    assert shown["weights"] == {
        name.removeprefix("weight_"): value
        for name, value in stored.params.items()
        if name.startswith("weight_")
    }
    assert shown["others"] == {"momentum_window": stored.params["momentum_window"]}
    assert shown["ranges"]["momentum_window"] == "int 6 … 18"
    assert shown["values"] == {"sharpe": 3.0}
    assert shown["metrics"] == {"sharpe": 3.0, "max_drawdown": 0.0, "calmar": None}
    limited = shown["constraints"]["max_drawdown"]
    assert limited == {"value": 0.0, "limit": 0.1, "distance": -0.1, "satisfied": True}
    assert shown["rank"]["place"] == 1
    assert shown["rank"]["of"] == 2
    assert shown["seconds"] == 0.7
    lines = told(capsys, "show", NAME, "--trial", "1").splitlines()
    assert max(map(cell_len, lines)) <= 60
    text = "\n".join(lines)
    for words in (f"trial        1 of {NAME}", "complete, feasible", "1 of 2 feasible (the best)"):
        assert words in text
    assert "limit 10.0 %" in text
    assert "took 0.700 s" in text
    assert f"{stored.params['weight_rsi_14']:+.4f}" in text


@pytest.mark.usefixtures("file")
def test_where_a_trial_ranks(capsys: pytest.CaptureFixture[str]) -> None:
    words = {
        0: "2 of 2 feasible",
        2: "not ranked: it does not keep max_drawdown",
        3: "not ranked: it is fail",
        4: "not ranked: it is pruned",
    }
    for number, expected in words.items():
        text = told(capsys, "show", "--trial", str(number))
        assert expected in text
    assert "reason       no Sharpe" in told(capsys, "show", "--trial", "3")
    assert "VIOLATED" in told(capsys, "show", "--trial", "2")


def test_an_earlier_epoch_is_not_ranked(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from mech_exo.config.settings import StorageSettings
    from mech_exo.tuning.study_store import StudyStore

    with StudyStore.open(file, StorageSettings(), create=False) as store:
        store.select(NAME)
        store.begin_epoch({"data": "d3"})
    shown = json.loads(told(capsys, "show", "--trial", "1", "--json"))
    assert shown["rank"]["place"] is None
    assert "before the last --accept-changes" in shown["rank"]["words"]
    assert shown["constraints"]["max_drawdown"]["limit"] == 0.1  # that of its own epoch


def test_a_look_is_named_without_its_figures(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def look(origin: str, looked: str) -> None:
        entry = Look(origin, "demo", "2020-01-06", "2020-02-14", origin, looked)
        record_look(file, entry, sketch())

    look(f"optuna-run: trial 1 of study {NAME}", "2025-04-01T00:00:00+00:00")
    look(f"optuna-run: trial 11 of study {NAME}", "2025-04-01T00:00:00+00:00")
    look(f"validate: trial 1 of study {NAME}", "2024-01-01T00:00:00+00:00")  # of a deleted one
    (found,) = json.loads(told(capsys, "show", "--trial", "1", "--json"))["looks"]
    assert found["by"] == f"optuna-run: trial 1 of study {NAME}"
    assert "holdout      seen 2025-04-01 by optuna-run" in told(capsys, "show", "--trial", "1")


def test_no_such_trial(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = told(capsys, "show", NAME, "--trial", "5", code=2)
    assert "no trial 5: it has 5 trials, from 0" in error
    assert error.count("error: ") == 1
    assert "'--trial'" in told(capsys, "show", NAME, "--trial", "-1", code=2)


@pytest.mark.usefixtures("file")
def test_csv_and_json_hold_the_chosen_trials_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    whole = list(csv.DictReader(io.StringIO(told(capsys, "trials", NAME, "--format", "csv"))))
    asked = ("--where", "max_drawdown<0.1", "--sort", "sharpe:desc", "--feasible")
    text = told(capsys, "trials", NAME, "--format", "csv", *asked, "--state", "complete")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["number"] for row in rows] == ["1", "0"]
    assert rows == [whole[1], whole[0]]
    listed = json.loads(told(capsys, "trials", NAME, "--format", "json", *asked, "--limit", "2"))
    assert [row["number"] for row in listed] == [1, 0]
    assert list(listed[0]) == list(whole[0])
    assert told(capsys, "trials", NAME, "--format", "json", "--where", "number>9") == "[]\n"


@pytest.mark.usefixtures("file")
def test_the_table_says_what_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "trials", NAME, "--where", "sharpe>=3", "--limit", "1")
    assert text.splitlines()[-1].startswith("1 of 5 trials")
    assert told(capsys, "trials", NAME, "--where", "number>9") == "no trial of 5\n"


@pytest.mark.usefixtures("file")
def test_a_wrong_key_is_one_error(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in (
        ("--where", "sharp>1"),
        ("--sort", "sharp"),
        ("--where", "sharpe"),
        ("--state", "good"),
        ("--limit", "0"),
    ):
        error = told(capsys, "trials", NAME, *asked, code=2)
        assert error.count("error: ") == 1, error
        assert "Traceback" not in error


def test_several_objectives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace

    def both(trial: TrialRecord, risk: float) -> TrialRecord:
        return replace(trial, values=(*trial.values, risk))

    path = tmp_path / "p.db"
    with new_store(path, "p", ("maximize", "minimize")) as store:
        store.append([both(complete(0, 1.0), 0.1), both(complete(1, 0.5), 0.2)])
    best = json.loads(told(capsys, "show", "p", "--study-file", path, "--trial", "0", "--json"))
    assert best["values"] == {"sharpe": 1.0, "drawdown": 0.1}
    assert best["rank"] == {"place": 1, "of": 2, "words": "on the Pareto front, of 2 feasible"}
    other = told(capsys, "show", "p", "--study-file", path, "--trial", "1")
    assert "1 trial dominates it" in other
    rows = told(capsys, "trials", "p", "--study-file", path, "--sort", "drawdown:desc")
    assert rows.splitlines()[1].split()[0] == "1"
