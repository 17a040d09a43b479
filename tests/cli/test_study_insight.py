"""`exo study importance` and `exo study compare` as a person or a script meets them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from mech_exo.cli.entry import run
from mech_exo.tuning.importance import importances
from mech_exo.tuning.looks import Look, all_looks, record_look
from mech_exo.tuning.records import read_study
from tests.cli.file_project import file_project
from tests.unit.tuning.stored_studies import complete, failed, new_store
from tests.unit.tuning.test_looks import sketch


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of eighty trials; its folder is the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "studies/factor_opt.db"
    with new_store(path, "größe 1") as store:
        store.append([*(complete(i, float(i % 7)) for i in range(79)), failed(79)])
    return path


def test_importance(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study", "importance", "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    shown = json.loads(said.out)
    found = importances(read_study(file, "größe 1"))
    assert shown["shares"] == dict(found.shares)
    assert list(shown["shares"]) == list(found.shares)
    assert (shown["study"], shown["trials"], shown["target"]) == ("größe 1", 79, "sharpe")
    assert run(["study", "importance", "größe 1", "--target", "max_drawdown"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("warning: all 79 trials have the same max_drawdown")
    lines = said.out.splitlines()
    assert max(map(cell_len, lines)) <= 60
    assert lines[0] == "importance   for max_drawdown, lower is better"
    assert all(any(name in line for line in lines) for name in found.shares)


def test_importance_of_too_little(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with new_store(file, "few") as store:
        store.append([complete(i, float(i)) for i in range(20)])
    assert run(["study", "importance"]) == 2
    assert "Name one: exo study importance NAME" in capsys.readouterr().err
    assert run(["study", "importance", "few"]) == 0
    assert "warning: 20 feasible trials are few for 3 parameters" in capsys.readouterr().err
    for asked in (["few", "--target", "sharp"], ["few", "--evaluator", "shap"], ["none"]):
        assert run(["study", "importance", *asked]) == 2
        assert capsys.readouterr().err.count("error: ") == 1


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three studies in two files: two of one seed, one of another."""
    folder = file_project(tmp_path_factory.mktemp("compared") / "project")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        common = ("optuna-run", "--n-trials", "4", "--quiet")
        assert run([*common, "--study-name", "one"]) == 0
        assert run([*common, "--study-name", "twin", "--study-file", "b c.db"]) == 0
        assert run([*common, "--study-name", "other", "--seed", "7"]) == 0
    return folder


def compared(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *arguments: str,
) -> str:
    monkeypatch.chdir(folder)
    capsys.readouterr()
    assert run(["study", "compare", *arguments]) == 0
    return capsys.readouterr().out


def test_compare(
    tuned: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tuned / "studies/factor_opt.db"
    looks = len(all_looks(file))
    asked = ("one", "other", "b c.db:twin", "--json")
    found = json.loads(compared(tuned, capsys, monkeypatch, *asked))
    assert found["differences"] == {"other": ["tuning.seed: 42 → 7"], "b c.db:twin": []}
    one, _, twin = found["studies"]
    best = read_study(file, "one").best()
    assert best is not None
    assert one["best"]["trial"] == best.number
    assert one["best"]["metrics"]["sharpe"] == best.metrics["sharpe"]
    assert twin["best"] == one["best"]
    assert one["seen_outside"]["by"] == f"optuna-run: trial {best.number} of study one"
    assert one["seen_outside"]["coefficient"] == twin["seen_outside"]["coefficient"]
    pairs = {tuple(pair["studies"]): pair for pair in found["pairs"]}
    same = pairs["one", "b c.db:twin"]
    assert (same["source"], same["overlap"]) == ("seen", None)
    assert same["correlation"] == pytest.approx(1.0)
    assert pairs["one", "other"]["correlation"] < 1.0
    assert len(all_looks(file)) == looks
    text = compared(tuned, capsys, monkeypatch, "one", "other", "b c.db")
    assert "inputs of other, against one:\n  tuning.seed: 42 → 7" in text
    assert "b c.db has the inputs of one" in text
    assert "as optuna-run saw it" in text


def test_compare_holdings(
    tuned: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tuned / "studies/factor_opt.db"
    looks = len(all_looks(file))
    asked = ("one", "other", "b c.db:twin", "--holdings", "--json")
    found = json.loads(compared(tuned, capsys, monkeypatch, *asked))
    assert found["remarks"] == {}
    pairs = {tuple(pair["studies"]): pair for pair in found["pairs"]}
    same = pairs["one", "b c.db:twin"]
    assert (same["source"], same["overlap"]) == ("run", pytest.approx(1.0))
    assert same["correlation"] == pytest.approx(1.0)
    assert 0.0 <= pairs["one", "other"]["overlap"] < 1.0
    assert len(all_looks(file)) == looks  # in sample: nobody has looked
    monkeypatch.setenv("EXO_DATA__DEMO__SYMBOLS", "20")
    monkeypatch.setenv("EXO_DATA__DEMO__YEARS", "4")
    text = compared(tuned, capsys, monkeypatch, "one", "other", "--holdings", "--data", "demo")
    assert "note: one was made with other data than those at hand" in text
    assert "of the holdings are the same" in text


def test_compare_needs_two_that_are_there(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "größe 1"
    Path("factors.yml").write_text("metadata: {}\n")
    for asked, words in (
        ([name], "two studies or more"),
        ([name, name], "two studies or more"),
        ([name, "none"], "neither a study in"),
        ([name, "none.db:a"], "neither a study in"),
        ([name, f"{file}:a"], "no study 'a'"),
        ([name, "factors.yml"], "exo factors diff A B"),
        ([name, "factors.yml:a"], "not an SQLite database"),
    ):
        assert run(["study", "compare", *asked]) == 2, asked
        error = capsys.readouterr().err
        assert error.count("error: ") == 1
        assert words in error


def test_compare_names_with_a_colon(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, name in (("a:b.db", "s"), ("c.db", "s:t")):
        with new_store(Path(path), name) as store:
            store.append([complete(0, 1.0)])
    assert run(["study", "compare", "a:b.db", "a:b.db:s", "c.db:s:t", "größe 1", "--json"]) == 0
    studies = json.loads(capsys.readouterr().out)["studies"]
    assert [(s["file"], s["name"]) for s in studies[:3]] == [
        ("a:b.db", "s"),
        ("a:b.db", "s"),
        ("c.db", "s:t"),
    ]


def test_compare_what_has_no_best_and_no_inputs(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with new_store(file, "bad") as store:
        store.append([replace(complete(0, 1.0), constraints=(1.0, 0.0, 0.0)), failed(1)])
    assert run(["study", "compare", "größe 1", "bad", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["studies"][1]["best"] is None
    assert found["pairs"] == []
    assert run(["study", "compare", "größe 1", "bad"]) == 0
    assert "holdout of bad: no look at it is known" in capsys.readouterr().out
    look = Look("a", "demo", "2020-01-01", "2020-12-31", "report: trial 0 of study bad")
    record_look(file, look, sketch())
    assert run(["study", "compare", "größe 1", "bad"]) == 0
    assert "holdout of bad: report saw it on " in capsys.readouterr().out
