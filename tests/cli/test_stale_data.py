"""Production on data that end long before today, or earlier than they did."""

import json
from datetime import date
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from tests.cli.file_project import SESSIONS, file_project, write_prices

Capture = pytest.CaptureFixture[str]
STEP = ("paper", "step", "--factors", "f.yml", "--json")
LIST = ("portfolio", "--config", "f.yml", "--format", "json")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Path:
    folder = file_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    assert run(["optuna-run", "--n-trials", "2", "--export-yaml", "f.yml", "-q"]) in (0, 3)
    capsys.readouterr()
    return folder


@pytest.mark.parametrize("command", [STEP, LIST])
def test_data_of_last_month_are_said(
    command: tuple[str, ...], project: Path, capsys: Capture
) -> None:
    assert run(command) == 0
    fresh = capsys.readouterr()
    assert "the data end on" not in fresh.err
    assert json.loads(fresh.out)["stale"] is False
    (project / "paper/ledger.db").unlink(missing_ok=True)
    write_prices(project / "prices.csv", date.today(), SESSIONS - 25)
    assert run(command) == 0
    old = capsys.readouterr()
    assert "days old (reoptimize.max_data_age_days)" in old.err
    assert json.loads(old.out)["stale"] is True
    assert json.loads(old.out)["data_age_days"] >= 30
    asked = (project / "prices.csv").read_text().splitlines()[-1].split(",")[0]
    assert run([*command, "--date", asked]) == 0  # as it was then
    assert "the data end on" not in capsys.readouterr().err
    settings = project / "config/settings.yml"
    settings.write_text(settings.read_text().replace("trials: 8", "max_data_age_days: 50"))
    assert run(command) == 0
    assert "the data end on" not in capsys.readouterr().err


def test_data_that_have_lost_sessions_are_refused(project: Path, capsys: Capture) -> None:
    assert run(STEP) == 0
    booked = (project / "paper/ledger.db").read_bytes()
    write_prices(project / "prices.csv", date.today(), SESSIONS - 3)
    capsys.readouterr()
    assert run(STEP) == 2
    told = capsys.readouterr().err
    assert "is booked up to" in told
    assert "they have lost sessions" in told
    assert (project / "paper/ledger.db").read_bytes() == booked
