"""`exo study importance` and `exo study compare` as a person or a script meets them."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from mech_exo.cli.entry import run
from mech_exo.tuning.importance import importances
from mech_exo.tuning.records import read_study
from tests.unit.tuning.stored_studies import complete, failed, new_store


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
