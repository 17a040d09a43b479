"""`data.sectors` and `MAX_SECTOR_SHARE`, from the settings to `exo verify`."""

import json
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from tests.cli.file_project import NAMES, file_project

Capture = pytest.CaptureFixture[str]
LINES = [f"S{n:02d},{'oil' if n < 6 else 'banks'}" for n in range(NAMES)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = file_project(tmp_path / "project")
    (folder / "sectors.csv").write_text("\n".join(["symbol,sector", *LINES]) + "\n")
    settings = folder / "config/settings.yml"
    settings.write_text(
        settings.read_text().replace("prices.csv}", "prices.csv, sectors: ../sectors.csv}")
    )
    objective = folder / "research/obj_utils.py"
    objective.write_text(objective.read_text() + "\nMAX_SECTOR_SHARE = 0.6\n")
    monkeypatch.chdir(folder)
    return folder


def tune(*more: str) -> int:
    return run(["optuna-run", "--n-trials", "8", "--export-yaml", "f.yml", "--json", *more])


def test_the_limit_is_kept_shown_and_verified(project: Path, capsys: Capture) -> None:
    assert tune() in (0, 3)
    best = json.loads(capsys.readouterr().out)["best"]
    share = best["constraints"]["max_sector_share"]
    assert share["limit"] == 0.6
    assert 0.0 < share["value"] <= 1.0
    assert run(["verify", "f.yml"]) == 0
    capsys.readouterr()
    # another sector of one name is another study, by that name
    (project / "sectors.csv").write_text(
        "\n".join(["symbol,sector", *LINES]).replace("S03,oil", "S03,banks")
    )
    assert tune() == 2
    assert "the sectors of the names differ" in capsys.readouterr().err
    assert run(["verify", "f.yml"]) == 4
    assert "sectors" in capsys.readouterr().out


def test_without_sectors_the_limit_is_refused(project: Path, capsys: Capture) -> None:
    settings = project / "config/settings.yml"
    settings.write_text(settings.read_text().replace(", sectors: ../sectors.csv", ""))
    assert tune() == 2
    told = capsys.readouterr().err
    assert "MAX_SECTOR_SHARE needs the sector of each name" in told
    assert "data.sectors names a CSV file" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("symbol,sector\nXX,oil\n", "has none of the 10 names"),
        ("symbol,sector\nS01,oil\nS01,gas\n", "S01 is there twice"),
        ("symbol,branch\nS01,oil\n", "sectors.csv"),
        ("symbol,sector\nS01,\n", "sectors.csv"),
        ("", "sectors.csv"),
    ],
)
def test_a_file_with_a_mistake_is_refused(
    project: Path, capsys: Capture, text: str, words: str
) -> None:
    (project / "sectors.csv").write_text(text)
    assert tune() == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


def test_a_file_that_is_missing_is_refused(project: Path, capsys: Capture) -> None:
    (project / "sectors.csv").unlink()
    assert tune() == 2
    assert "sectors.csv" in capsys.readouterr().err


def test_names_without_a_sector_are_counted_aloud(project: Path, capsys: Capture) -> None:
    (project / "sectors.csv").write_text("\n".join(["symbol,sector", *LINES[:7]]))
    assert tune() in (0, 3)
    assert "3 of 10 names have no sector in" in capsys.readouterr().err


def test_an_objective_that_changes_what_the_limit_is_computed_from_fails(
    project: Path, capsys: Capture
) -> None:
    objective = project / "research/obj_utils.py"
    objective.write_text(
        objective.read_text() + "\n\ndef objective(result):\n"
        "    for share in result.sector_shares.values():\n        share *= 0.1\n"
        "    return result.sharpe\n"
    )
    assert tune() in (2, 3)
    assert "read-only" in capsys.readouterr().err
