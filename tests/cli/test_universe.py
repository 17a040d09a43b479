"""`data.membership`, volume and sizes, from the settings to `exo verify` and production."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from mech_exo.cli.entry import run
from tests.cli.file_project import NAMES, file_project

Capture = pytest.CaptureFixture[str]
SYMBOLS = [f"S{n:02d}" for n in range(NAMES)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = file_project(tmp_path / "project")
    days = [line.split(",")[0] for line in (folder / "prices.csv").read_text().splitlines()[1:]]
    members = [f"{s},{days[0]}," for s in SYMBOLS[:7]]
    members += [f"S07,{days[0]},{days[500]}", f"S08,{days[500]},"]
    (folder / "members.csv").write_text("\n".join(["symbol,from,to", *members]) + "\n")
    rng = np.random.default_rng(5)
    rows = [
        f"{day},{symbol},{int(volume)}"
        for day in days
        for symbol, volume in zip(SYMBOLS, rng.lognormal(9.0, 0.3, NAMES), strict=True)
        if symbol != "S02"
    ]
    (folder / "volume.csv").write_text("\n".join(["date,symbol,volume", *rows]) + "\n")
    write_settings(folder, "membership: ../members.csv, volume: ../volume.csv, min_turnover: 1000")
    monkeypatch.chdir(folder)
    return folder


def write_settings(folder: Path, more: str) -> None:
    path = folder / "config/settings.yml"
    data = f"data: {{source: files, prices: ../prices.csv, {more}}}"
    path.write_text("\n".join([data, *path.read_text().splitlines()[1:]]) + "\n")


def tune(*more: str) -> int:
    return run(["optuna-run", "--n-trials", "3", "--export-yaml", "f.yml", "--json", *more])


def test_a_run_says_who_is_in_and_its_file_is_verified(project: Path, capsys: Capture) -> None:
    assert tune() in (0, 3)
    told = capsys.readouterr().err
    # S07 has left, S02 has no volume, S09 was never in
    words = "universe   7 of 10 names on the last date (membership, turnover ≥ 1,000); 1 are never"
    assert words in told
    assert run(["verify", "f.yml"]) == 0
    assert "states no study_fingerprint" not in capsys.readouterr().out
    text = (project / "f.yml").read_text()
    assert "universe: " in text
    assert "min_turnover: 1000.0" in text
    capsys.readouterr()
    assert run(["leakcheck"]) == 0


def test_another_membership_is_another_study(project: Path, capsys: Capture) -> None:
    assert tune() in (0, 3)
    members = project / "members.csv"
    members.write_text(members.read_text().replace("S08", "S09"))
    capsys.readouterr()
    assert tune() == 2
    assert "the names in the universe differ" in capsys.readouterr().err
    assert run(["verify", "f.yml"]) == 4
    assert "universe" in capsys.readouterr().out


def test_another_minimum_is_named(project: Path, capsys: Capture) -> None:
    assert tune() in (0, 3)
    write_settings(project, "membership: ../members.csv, volume: ../volume.csv, min_turnover: 2000")
    capsys.readouterr()
    assert tune() == 2
    assert "data.min_turnover: 1000.0 → 2000.0" in capsys.readouterr().err


def test_a_file_says_where_its_membership_lay(project: Path, capsys: Capture) -> None:
    assert tune() in (0, 3)
    shutil.move(project / "members.csv", project / "moved.csv")
    capsys.readouterr()
    assert run(["verify", "f.yml"]) == 2
    assert "members.csv, which is not here" in capsys.readouterr().err
    write_settings(project, "membership: ../moved.csv, volume: ../volume.csv, min_turnover: 1000")
    assert run(["verify", "f.yml", "--config", "config/settings.yml"]) == 0


def test_who_has_left_is_not_wanted(project: Path, capsys: Capture) -> None:
    assert tune() in (0, 3)
    capsys.readouterr()
    assert run(["portfolio", "--config", "f.yml", "--capital", "100000"]) == 0
    shown = capsys.readouterr().out
    assert "S03" in shown or "S04" in shown
    assert not any(symbol in shown for symbol in ("S07", "S09", "S02"))


def test_a_minimum_without_its_file_is_refused(project: Path, capsys: Capture) -> None:
    write_settings(project, "membership: ../members.csv, min_market_cap: 5")
    assert tune() == 2
    told = capsys.readouterr().err
    assert "data.min_market_cap is set, but the data have no market_cap" in told
    assert "Traceback" not in told


def test_members_without_prices_are_refused_or_counted_aloud(
    project: Path, capsys: Capture
) -> None:
    members = project / "members.csv"
    members.write_text(members.read_text() + "GONE,2000-01-01,\n")
    assert tune() == 2
    assert "GONE has no prices (1 of 10 members have none)" in capsys.readouterr().err
    write_settings(project, "membership: ../members.csv, unknown_symbols: ignore")
    assert run(["data", "check"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "members:members.csv" in shown
    assert "1 of 10 members have no prices" in shown


def test_dates_without_members_are_counted(project: Path, capsys: Capture) -> None:
    days = [line.split(",")[0] for line in (project / "prices.csv").read_text().splitlines()[1:]]
    members = [f"{s},{days[400]}," for s in SYMBOLS]
    (project / "members.csv").write_text("\n".join(["symbol,from,to", *members]) + "\n")
    assert tune() in (0, 3)
    assert "8 of 31 rebalance dates are left out" in capsys.readouterr().err


CAPS = "market_cap: ../caps.csv, min_market_cap: 5"
TURNOVER = "volume: ../volume.csv, min_turnover: 1000"
SECTORS = "sectors: ../sectors.csv"
UNIVERSES = {  # the settings, and who is not in
    "membership": ("membership: ../members.csv", {"S07", "S09"}),
    "turnover": (TURNOVER, {"S02"}),
    "size": (CAPS, {"S00"}),
    "sectors": (SECTORS, set[str]()),
    "all": (
        f"membership: ../members.csv, {TURNOVER}, {CAPS}, {SECTORS}",
        {"S07", "S09", "S02", "S00"},
    ),
}


@pytest.mark.parametrize(("more", "out"), UNIVERSES.values(), ids=UNIVERSES)
def test_production_goes_on_in_every_universe(
    more: str, out: set[str], project: Path, capsys: Capture
) -> None:
    days = [line.split(",")[0] for line in (project / "prices.csv").read_text().splitlines()[1:]]
    caps = [f"{s},{days[0]},{9 if n else 1}" for n, s in enumerate(SYMBOLS)]
    (project / "caps.csv").write_text("\n".join(["symbol,available_date,market_cap", *caps]) + "\n")
    dated = [f"{s},oil,{days[0]}" for s in SYMBOLS] + [f"S04,banks,{days[500]}"]
    (project / "sectors.csv").write_text("\n".join(["symbol,sector,from", *dated]) + "\n")
    objective = project / "research/obj_utils.py"
    text = re.sub(r"DRAWDOWN_THRESHOLD = .*", "DRAWDOWN_THRESHOLD = 0.9", objective.read_text())
    objective.write_text(text + ("\nMAX_SECTOR_SHARE = 1.0\n" if SECTORS in more else ""))
    write_settings(project, more)
    assert run(["optuna-run", "--n-trials", "3", "--stage", "-q"]) == 0
    assert run(["factors", "promote"]) == 0
    capsys.readouterr()
    assert run(["paper", "step", "--json"]) == 0
    (opened,) = json.loads(capsys.readouterr().out)["sessions"]
    assert not out & {order["symbol"] for order in opened["orders"]}
    positions = project / "positions.csv"
    positions.write_text("symbol,shares\n" + "".join(f"{s},10\n" for s in SYMBOLS) + "CASH,99\n")
    show = ["portfolio", "--current", "positions.csv", "--format", "json", "--date"]
    for date, decides in ((days[-1], False), (days[882], True)):
        assert run([*show, date]) == 0
        listed = json.loads(capsys.readouterr().out)
        assert listed["rebalance"] is decides
        assert {x["symbol"] for x in listed["lines"] if x["order"] == -10.0} >= out
        assert {x["symbol"] for x in listed["lines"] if x["target_weight"] > 0.0}
    assert run(["reoptimize", "--target-trials", "3", "--no-validate"]) in (0, 3)


def test_the_paper_account_sells_who_leaves(project: Path, capsys: Capture) -> None:
    prices = project / "prices.csv"
    lines = prices.read_text().splitlines()
    days = [line.split(",")[0] for line in lines[1:]]
    members = [f"{s},{days[0]},{days[875] if s == 'S07' else ''}" for s in SYMBOLS]
    (project / "members.csv").write_text("\n".join(["symbol,from,to", *members]) + "\n")
    write_settings(project, "membership: ../members.csv")
    assert tune() in (0, 3)
    prices.write_text("\n".join(lines[:871]) + "\n")
    step = ["paper", "step", "--factors", "f.yml", "--json"]
    assert run(step) == 0
    capsys.readouterr()
    prices.write_text("\n".join(lines) + "\n")
    assert run(step) == 0
    steps = json.loads(capsys.readouterr().out)["sessions"]
    assert len(steps) == 30
    fills = [(step["date"], fill) for step in steps for fill in step["fills"]]
    trades = [(day, fill["shares"]) for day, fill in fills if fill["symbol"] == "S07"]
    assert trades[0][1] > 0.0  # bought as a member
    assert sum(shares for _, shares in trades) == 0.0
    assert trades[-1][0] == days[883]  # the session after the next decision
