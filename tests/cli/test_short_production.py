"""`exo portfolio`, `paper` and `risk` of a portfolio that sells short, as a user runs them."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Exo, one_error
from tests.cli.file_project import produced

SHORT = {
    "EXO_DATA__DEMO__SYMBOLS": "30",
    "EXO_DATA__DEMO__YEARS": "3",
    "EXO_PORTFOLIO__SIDE": "long_short",
    "EXO_PORTFOLIO__NO_TRADE_BAND": "0.01",
    "EXO_BACKTEST__BORROW_COST": "0.03",
}


@pytest.fixture
def project(exo: Exo, tmp_path: Path) -> Path:
    return produced(exo, tmp_path / "project")


def test_orders_of_both_sides_and_their_end(exo: Exo, project: Path) -> None:
    first = exo("portfolio", "--format", "csv", cwd=project, env=SHORT)
    assert first.returncode == 0, first.stderr
    rows = list(csv.DictReader(io.StringIO(first.stdout)))
    assert {row["side"] for row in rows} == {"buy", "sell short"}
    assert all((float(row["order"]) < 0) == (row["side"] == "sell short") for row in rows)
    table = exo("portfolio", cwd=project, env=SHORT)
    assert "sell short" in table.stdout
    assert "afterwards held " in table.stdout
    whole = json.loads(exo("portfolio", "--format", "json", cwd=project, env=SHORT).stdout)
    assert whole["cash"] > 0.95 * whole["capital"]  # what the short sales brought is in it
    assert {line["side"] for line in whole["lines"]} == {"buy", "sell short"}
    held = "".join(f"{row['symbol']},{row['target']}\n" for row in rows)
    (project / "now.csv").write_text(f"symbol,shares\n{held}CASH,{whole['cash']}\n")
    again = exo("portfolio", "--current", "now.csv", "--format", "csv", cwd=project, env=SHORT)
    assert again.returncode == 0, again.stderr
    assert {row["side"] for row in csv.DictReader(io.StringIO(again.stdout))} == {""}
    long = {**SHORT, "EXO_PORTFOLIO__SIDE": "long"}
    refused = exo("portfolio", "--current", "now.csv", cwd=project, env=long)
    assert "below 0" in one_error(refused)


def test_a_ledger_of_shorts_is_the_backtest(exo: Exo, project: Path) -> None:
    options = ("--capital", "10000000", "--fractional")
    opened = exo("paper", "step", *options, "--date", "2020-06-30", cwd=project, env=SHORT)
    assert opened.returncode == 0, opened.stderr
    stepped = exo("paper", "step", "--json", cwd=project, env=SHORT)
    sessions = json.loads(stepped.stdout)["sessions"]
    assert len(sessions) > 120
    assert any(fill["reason"] == "stop" for s in sessions for fill in s["fills"])
    status = json.loads(exo("paper", "status", "--json", cwd=project, env=SHORT).stdout)
    comparison = status["comparison"]
    assert comparison["live"] == pytest.approx(comparison["backtest"], abs=1e-9)
    assert comparison["band"] is not None
    assert any(holding["shares"] < 0.0 for holding in status["holdings"].values())
    assert status["borrowing"] > 0.0
    shown = exo("paper", "status", cwd=project, env=SHORT)
    assert "sold short; paid for borrowing" in shown.stdout
    with closing(sqlite3.connect(project / "paper/ledger.db")) as ledger:
        paid = ledger.execute("SELECT sum(borrowing) FROM paper_sessions").fetchone()[0]
    assert paid == pytest.approx(status["borrowing"])
    dearer = {**SHORT, "EXO_BACKTEST__BORROW_COST": "0.04"}
    other = exo("paper", "step", cwd=project, env=dearer)
    assert "backtest.borrow_cost 0.03" in one_error(other)


def test_limits_of_shorts(exo: Exo, project: Path) -> None:
    (project / "config/risk_limits.yml").write_text(
        "limits: {gross: {red: 0.5}, net: {red: 0.5}, short_interest: {amber: 0.1, red: 0.9}}\n"
    )
    run = exo("risk", "status", "--json", cwd=project, env=SHORT)
    assert run.returncode == 1, run.stderr
    status = json.loads(run.stdout)
    assert status["breached"] == ["gross"]
    lights = {name: status["figures"][name]["light"] for name in ("net", "short_interest")}
    assert lights == {"net": "green", "short_interest": "amber"}
    assert any(position["weight"] < 0.0 for position in status["positions"])
