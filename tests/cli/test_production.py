"""`exo risk status`, `exo portfolio` and `exo paper`, as a user runs them."""

import contextlib
import csv
import io
import json
import re
import sqlite3
import subprocess
from datetime import date
from pathlib import Path

import pytest

from tests.cli.conftest import Exo, one_error
from tests.cli.file_project import produced, write_prices

SMALL = {"EXO_DATA__DEMO__SYMBOLS": "30", "EXO_DATA__DEMO__YEARS": "3"}


@pytest.fixture
def project(exo: Exo, tmp_path: Path) -> Path:
    return produced(exo, tmp_path / "project")


def test_risk_status_within_limits(exo: Exo, project: Path) -> None:
    run = exo("risk", "status", "--config", "config/factors.yml", cwd=project, env=SMALL)
    assert run.returncode == 0, run.stderr
    assert "Risk of config/factors.yml at the close of 2020-12-31" in run.stdout
    assert run.stdout.rstrip().endswith("within limits")
    assert "warning: this is the embedded DEMO market" in run.stderr


def test_risk_status_breached(exo: Exo, project: Path) -> None:
    limits = project / "config/risk_limits.yml"
    limits.write_text("limits: {volatility: {amber: 0.001, red: 0.002}}\n")
    run = exo("risk", "status", "--json", cwd=project, env=SMALL)
    assert run.returncode == 1
    status = json.loads(run.stdout)
    assert (status["light"], status["breached"]) == ("red", ["volatility"])
    assert status["figures"]["var"]["light"] is None
    assert len(status["positions"]) == status["figures"]["names"]["value"]


def test_settings_are_another_option_here(exo: Exo, project: Path) -> None:
    mine = project / "mine.yml"
    mine.write_text("data: {demo: {symbols: 25, years: 3}}\n")
    run = exo("risk", "status", "--settings", "mine.yml", cwd=project)
    assert run.returncode == 0, run.stderr
    assert "mine.yml (--settings)" in run.stderr
    assert "25 synthetic stocks" in run.stdout
    wrong = exo("risk", "status", "--config", "config/settings.yml", cwd=project)
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[-1].startswith("error: config/settings.yml:")


def test_the_next_orders_end_where_the_last_began(exo: Exo, project: Path) -> None:
    first = exo("portfolio", "--format", "csv", cwd=project, env=SMALL)
    assert first.returncode == 0, first.stderr
    rows = list(csv.DictReader(io.StringIO(first.stdout)))
    assert rows
    assert all(row["side"] == "buy" and float(row["order"]).is_integer() for row in rows)
    held = "".join(f"{row['symbol']},{row['target']}\n" for row in rows)
    whole = json.loads(exo("portfolio", "--format", "json", cwd=project, env=SMALL).stdout)
    (project / "now.csv").write_text(f"symbol,shares\n{held}CASH,{whole['cash']}\n")
    again = exo("portfolio", "--current", "now.csv", "--format", "json", cwd=project, env=SMALL)
    assert [line for line in json.loads(again.stdout)["lines"] if line["side"]] == []
    table = exo("portfolio", "--current", "now.csv", cwd=project, env=SMALL)
    assert "0 orders of 0.00" in table.stdout


def test_the_portfolio_of_an_earlier_date(exo: Exo, project: Path) -> None:
    run = exo("portfolio", "--date", "2020-06-13", "--format", "json", cwd=project, env=SMALL)
    assert json.loads(run.stdout)["date"] == "2020-06-12"  # a Saturday


def test_a_full_disk_keeps_what_the_ledger_has_booked(
    exo: Exo, project: Path, small_disk: Path
) -> None:
    ledger = small_disk / "ledger.db"
    step = ("paper", "step", "--ledger", ledger)
    for opened in (step, step[:2]):
        assert exo(*opened, "--date", "2020-06-30", cwd=project, env=SMALL).returncode == 0
    with (
        contextlib.suppress(OSError),
        (small_disk / "ballast").open("wb", buffering=0) as ballast,
    ):
        while ballast.write(bytes(1024)):
            pass
    full = exo(*step, cwd=project, env=SMALL)
    assert full.returncode == 2
    assert full.stderr.splitlines()[-1].startswith(f"error: {ledger}: the disk is full")
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    assert exo(*step, cwd=project, env=SMALL).returncode == 0
    assert exo("paper", "step", cwd=project, env=SMALL).returncode == 0
    status = ("paper", "status", "--json", "--ledger")
    resumed, undisturbed = (
        json.loads(exo(*status, path, cwd=project, env=SMALL).stdout)
        for path in (ledger, "paper/ledger.db")
    )
    assert resumed.pop("ledger", None) != undisturbed.pop("ledger", "")
    assert resumed == undisturbed


def test_paper_is_stepped_once(exo: Exo, project: Path) -> None:
    opened = exo("paper", "step", "--date", "2020-11-30", cwd=project, env=SMALL)
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout.startswith("2020-11-30  equity 100,000.00  cash 100,000.00  0 names")
    assert "there is no ledger" not in opened.stderr
    caught_up = exo("paper", "step", "--json", cwd=project, env=SMALL)
    sessions = json.loads(caught_up.stdout)["sessions"]
    assert (sessions[0]["date"], sessions[-1]["date"]) == ("2020-12-01", "2020-12-31")
    again = exo("paper", "step", cwd=project, env=SMALL)
    assert again.stdout == "nothing to do: all sessions up to 2020-12-31 are booked\n"
    status = exo("paper", "status", cwd=project, env=SMALL)
    assert status.returncode == 0, status.stderr
    assert "the band, at percentile" in status.stdout
    found = json.loads(exo("paper", "status", "--json", cwd=project, env=SMALL).stdout)
    assert found["equity"] == sessions[-1]["equity"]
    assert found["sessions"] == len(sessions)


def test_a_year_of_orders_and_fills_agree(exo: Exo, project: Path) -> None:
    """On the demo, with stops; 39 fills of 118 of another demo's year had another number before."""
    stopped = {**SMALL, "EXO_BACKTEST__DELISTING_RETURN": "0.3"}
    factors = project / "config/factors.yml"
    factors.write_text(re.sub(r"stop_loss_pct: [\d.]+", "stop_loss_pct: 0.06", factors.read_text()))
    for day in ("2019-12-31", "2020-12-31"):
        assert exo("paper", "step", "--date", day, cwd=project, env=stopped).returncode == 0
    with contextlib.closing(sqlite3.connect(project / "paper/ledger.db")) as connection:
        fills = connection.execute(
            "SELECT f.reason, f.shares, f.repriced, o.shares, o.listed FROM paper_fills AS f "
            "LEFT JOIN paper_orders AS o ON o.done = f.date AND o.symbol = f.symbol "
            "AND o.reason = f.reason WHERE f.reason IN ('rebalance', 'stop')"
        ).fetchall()
    assert {reason for reason, *_ in fills} == {"rebalance", "stop"}
    assert [shares for _, shares, *_ in fills] == [ordered for *_, ordered, _ in fills]
    listed = [fill for fill in fills if fill[0] == "rebalance"]
    assert all(shares - of_list == repriced for _, shares, repriced, _, of_list in listed)
    differing = sum(repriced != 0 for _, _, repriced, _, _ in listed)
    assert 0 < differing < len(listed)
    status = exo("paper", "status", cwd=project, env=stopped)
    assert f"lists      {differing} of {len(listed)} fills differ" in status.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("risk", "status", "--config", "none.yml"), "none.yml: cannot be read"),
        (("risk", "status", "--date", "2020-13-01"), "Invalid value for '--date'"),
        (("portfolio", "--current", "none.csv"), "none.csv: cannot be read"),
        (("portfolio", "--capital", "-5"), "the capital is -5, must be above 0"),
        (("portfolio", "--capital", "inf"), "the capital is inf, must be above 0"),
        (("paper", "step", "--capital", "inf"), "the capital is inf, must be above 0"),
        (("paper", "status"), "paper/ledger.db: there is no ledger"),
    ],
)
def test_mistakes(exo: Exo, project: Path, arguments: tuple[str, ...], message: str) -> None:
    run = exo(*arguments, cwd=project, env=SMALL)
    assert run.returncode == 2
    assert message in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr


def quiet(project: Path) -> Path:
    """A project on price files, of which there is nothing to warn."""
    (project / "config/settings.yml").write_text("data: {source: files, prices: ../prices.csv}\n")
    write_prices(project / "prices.csv", date.today())
    (project / "config/factors.yml").write_text(
        "factors:\n  technical:\n    momentum_12_1: {weight: 1.0}\n"
    )
    (project / "config/risk_limits.yml").write_text("limits: {volatility: {amber: 5, red: 9}}\n")
    return project


def test_quiet_prints_nothing_when_all_is_well(exo: Exo, project: Path) -> None:
    quiet(project)
    for command in (("paper", "step"), ("paper", "step"), ("risk", "status")):
        run = exo(*command, "--quiet", cwd=project / "research")
        assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert (project / "paper/ledger.db").is_file()


@pytest.mark.parametrize(
    ("limits", "code", "told"),
    [("amber: 0.0001, red: 9", 0, "within limits"), ("amber: 0.0001, red: 0.0002", 1, "BREACHED")],
)
def test_quiet_shows_a_limit_that_is_not_kept(
    exo: Exo, project: Path, limits: str, code: int, told: str
) -> None:
    quiet(project)
    (project / "config/risk_limits.yml").write_text(f"limits: {{volatility: {{{limits}}}}}\n")
    run = exo("risk", "status", "-q", cwd=project)
    assert run.returncode == code
    assert told in run.stdout


def test_quiet_shows_errors(exo: Exo, project: Path) -> None:
    quiet(project)
    assert exo("paper", "step", "-q", cwd=project).returncode == 0
    (project / "config/factors.yml").write_text("factors: {technical: {nope: {weight: 1.0}}}\n")
    for command in (("paper", "step"), ("risk", "status")):
        assert "nope" in one_error(exo(*command, "-q", cwd=project))
