"""The data check from the command line: what stops, what is said, and where it is kept."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from mech_exo.factor_file.read import read_factor_file
from mech_exo.factor_file.write import write_factor_file
from tests.cli.file_project import SETTINGS, file_project

Said = pytest.CaptureFixture[str]
RUN = ["optuna-run", "--n-trials", "4", "--n-jobs", "1", "--export-yaml", "best.yml"]

ORDERS = ["portfolio", "--config"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project on prices in which nothing is wrong, the working directory."""
    folder = file_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("EXO_CONFIG", raising=False)
    return folder


def damage(project: Path, line: int, name: int, factor: float) -> str:
    """Multiply a close; the day."""
    path = project / "prices.csv"
    rows = [row.split(",") for row in path.read_text().splitlines()]
    rows[line][name + 1] = f"{float(rows[line][name + 1]) * factor:.6f}"
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return rows[line][0]


def freeze(project: Path) -> str:
    """Let a close stand still for a while: a warning."""
    path = project / "prices.csv"
    rows = [row.split(",") for row in path.read_text().splitlines()]
    for row in rows[301:341]:
        row[5] = rows[300][5]
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return f"frozen:S04:{rows[300][0]}"


def accept(project: Path, *names: str) -> None:
    listed = ", ".join(names)
    text = SETTINGS.replace("prices.csv}", f"prices.csv, accept: [{listed}]}}")
    (project / "config/settings.yml").write_text(text)


def test_honest_data_pass(project: Path, capsys: Said) -> None:
    assert run(["data", "check"]) == 0
    out = capsys.readouterr().out
    assert "names        10, 0 listed late, 0 delisted" in out
    assert out.endswith("passed: 0 errors, 0 warnings.\n")


def test_an_error_stops_a_run_until_it_is_accepted(project: Path, capsys: Said) -> None:
    name = f"jump:S03:{damage(project, 400, 3, 100.0)}"
    assert run(["data", "check"]) == 1
    assert name in capsys.readouterr().out
    assert run(RUN) == 2
    said = capsys.readouterr().err
    assert f"the data check found an error. [1] {name}: S03 rises to" in said
    assert f"data.accept: [{name}]" in said
    assert not (project / "best.yml").exists()

    accept(project, name, name, "jump:S09:2001-01-01")
    assert run(["data", "check"]) == 0
    assert "accepted, but not found: jump:S09:2001-01-01" in capsys.readouterr().out
    accept(project, name)
    assert run([*RUN, "--json"]) in (0, 3)
    told = capsys.readouterr()
    assert f"accepted   {name}" in told.err
    (finding,) = json.loads(told.out)["data_findings"]
    assert (finding["name"], finding["accepted"], finding["severity"]) == (name, True, "error")
    provenance = read_factor_file(project / "best.yml").provenance
    assert provenance is not None
    assert provenance["settings"]["data"]["accept"] == [name]
    assert provenance["data_findings"]["found"][0]["name"] == name
    assert run(["study", "show"]) == 0
    assert f"data         {name} (accepted)" in capsys.readouterr().out
    (project / "config/settings.yml").write_text(SETTINGS)
    assert run(["verify", "best.yml"]) == 0


def test_what_is_accepted_is_part_of_the_study(project: Path, capsys: Said) -> None:
    name = freeze(project)
    assert run(RUN) in (0, 3)
    accept(project, name)
    assert run(RUN) == 2
    assert f'data.accept: (none) → ["{name}"]' in capsys.readouterr().err


def test_a_warning_is_said_and_kept(project: Path, capsys: Said) -> None:
    name = freeze(project)
    assert run(RUN) in (0, 3)
    told = capsys.readouterr()
    assert f"warning: {name}: closes stand still" in told.err
    assert f"data       warnings: {name}" in told.out
    assert run(["study", "show", "--json"]) == 0
    (kept,) = json.loads(capsys.readouterr().out)["data_findings"]
    assert (kept["name"], kept["severity"], kept["accepted"]) == (name, "warning", False)
    assert run(["verify", "best.yml"]) == 0
    assert "provenance.data_findings" not in capsys.readouterr().err


def test_verify_sees_findings_that_are_not_those_of_the_data(project: Path, capsys: Said) -> None:
    freeze(project)
    assert run(RUN) in (0, 3)
    file = read_factor_file(project / "best.yml")
    assert file.provenance is not None
    found = {"rules": 1, "found": [{"name": "hole", "severity": "warning", "accepted": False}]}
    edited = replace(file, provenance={**file.provenance, "data_findings": found})
    write_factor_file(project / "other.yml", edited)
    capsys.readouterr()
    assert run(["verify", "other.yml"]) == 1
    assert "provenance.data_findings" in capsys.readouterr().out
    older = replace(file, provenance={**file.provenance, "data_findings": {**found, "rules": 999}})
    write_factor_file(project / "newer.yml", older)
    assert run(["verify", "newer.yml"]) == 0  # other rules find other things


def test_json_of_the_check(project: Path, capsys: Said) -> None:
    day = damage(project, 400, 3, 100.0)
    assert run(["data", "check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["version"], found["exit_code"]) == (1, 1)
    assert (found["errors"], found["warnings"]) == (1, 0)
    (finding,) = found["findings"]
    assert (finding["rule"], finding["symbol"], finding["day"]) == ("jump", "S03", day)
    assert finding["figure"] == pytest.approx(99.0, rel=0.1)
    assert finding["remedy"]
    assert found["facts"]["sessions"] == 900


def test_data_that_cannot_be_read_exit_with_2(project: Path, capsys: Said) -> None:
    (project / "prices.csv").write_text("date,A,B\n2020-01-01,1,x\n")
    assert run(["data", "check"]) == 2
    assert "line 2: B is 'x'" in capsys.readouterr().err


def test_the_data_line_names_the_price_column_and_what_is_known(
    project: Path, capsys: Said
) -> None:
    rows = [row.split(",") for row in (project / "prices.csv").read_text().splitlines()]
    names = rows[0][1:]
    long = [f"{row[0]},{n},{c},1" for row in rows[1:] for n, c in zip(names, row[1:], strict=True)]
    (project / "prices.csv").write_text("\n".join(["date,symbol,adj_close,close", *long]) + "\n")
    assert run(["optuna-run", "--dry-run"]) == 0
    assert "; prices adj_close; 3 factors (100 % known)" in capsys.readouterr().err


def test_a_session_of_the_year_2099_never_reaches_production(project: Path, capsys: Said) -> None:
    assert run([*RUN, "--quiet"]) in (0, 3)
    text = (project / "prices.csv").read_text()
    last = text.splitlines()[-1].split(",")
    (project / "prices.csv").write_text(text + ",".join(["2099-01-01", *last[1:]]) + "\n")
    for command in (["risk", "status", "--config"], ["paper", "step", "--factors"], ORDERS):
        assert run([*command, "best.yml"]) == 2, command
        assert "future:2099-01-01" in capsys.readouterr().err


def test_names_that_end_together_are_not_sold(project: Path, capsys: Said) -> None:
    assert run([*RUN, "--quiet"]) in (0, 3)
    assert run(["paper", "step", "--factors", "best.yml"]) == 0
    rows = [row.split(",") for row in (project / "prices.csv").read_text().splitlines()]
    rows += [[str(date.today()), *rows[-1][1:]]] if rows[-1][0] != str(date.today()) else []
    for row in rows[-15:]:
        row[2:] = [""] * (len(row) - 2)
    (project / "prices.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
    capsys.readouterr()
    assert run(["paper", "step", "--factors", "best.yml"]) == 2
    assert "ended-together:" in capsys.readouterr().err


def test_cron_hears_of_no_warning_every_day(project: Path, capsys: Said) -> None:
    freeze(project)
    assert run([*RUN, "--quiet"]) in (0, 3)
    capsys.readouterr()
    assert run(["paper", "step", "--factors", "best.yml", "--quiet"]) == 0
    assert "frozen" not in capsys.readouterr().err
    assert run([*ORDERS, "best.yml"]) == 0
    assert "frozen" in capsys.readouterr().err
