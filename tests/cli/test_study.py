"""`exo study`: what people and scripts read of a study."""

import json
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from mech_exo.tuning.records import study_names
from tests.cli.file_project import file_project
from tests.unit.tuning.stored_studies import execute


@pytest.fixture
def studies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the studies "one" and "two"; its folder is the working directory."""
    folder = file_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    for name in ("one", "two"):
        assert run(["optuna-run", "--n-trials", "3", "--quiet", "--study-name", name]) == 0
    return folder / "studies/factor_opt.db"


@pytest.mark.usefixtures("studies")
def test_json_says_what_the_table_says(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["study", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["studies"]
    assert [(s["name"], s["trials"], s["made_by_exo"]) for s in listed] == [
        ("one", 3, True),
        ("two", 3, True),
    ]
    assert run(["study", "show", "one", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["best"]["trial"] == listed[0]["best_trial"]
    assert shown["best"]["value"] == listed[0]["best_value"]
    assert run(["study", "show", "one"]) == 0
    lines = capsys.readouterr().out
    assert f"(trial {shown['best']['trial']})" in lines
    assert all(str(value) in lines for value in shown["best"]["params"].values())
    assert shown["fingerprint"][:12] in lines


def test_a_damaged_study_hides_no_other(studies: Path, capsys: pytest.CaptureFixture[str]) -> None:
    execute(
        studies,
        "UPDATE study_system_attributes SET value_json = '{}' WHERE key = 'exo:study' AND "
        "study_id = (SELECT study_id FROM studies WHERE study_name = 'one')",
    )
    capsys.readouterr()
    assert run(["study", "list"]) == 2
    said = capsys.readouterr()
    assert "two" in said.out
    assert "damaged" in said.out
    assert said.err.startswith("error: The study 'one' in ")
    for command in (
        ["optuna-run", "--n-trials", "1", "--quiet", "--study-name", "one"],
        ["factors", "stage", "one"],
        ["study", "show", "one"],
    ):
        assert run(command) == 2, command
        assert "has been damaged or edited" in capsys.readouterr().err
    assert run(["optuna-run", "--n-trials", "1", "--quiet", "--study-name", "two"]) == 0
    assert run(["factors", "stage", "two"]) == 0


def test_names_that_were_deleted_are_written_again(
    studies: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    staged = Path("config/staging/factors_optuna_latest.yml")
    assert run(["factors", "stage", "one"]) == 0
    before = staged.read_bytes()
    execute(studies, "DELETE FROM study_user_attributes WHERE key LIKE '%_names'")
    assert run(["factors", "stage", "one"]) == 0
    assert staged.read_bytes() == before
    assert run(["optuna-run", "--n-trials", "1", "--quiet", "--study-name", "two"]) == 0
    capsys.readouterr()
    assert run(["study", "show", "two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["objectives"] == ["objective"]


def test_a_direction_that_was_turned_round_exports_nothing(
    studies: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(studies, "UPDATE study_directions SET direction = 'MINIMIZE'")
    exported = set(Path("factors").iterdir())
    for command in (
        ["optuna-run", "--n-trials", "1", "--study-name", "one"],
        ["factors", "stage", "one"],
    ):
        assert run(command) == 2
        assert "damaged or edited: its directions" in capsys.readouterr().err
    assert set(Path("factors").iterdir()) == exported


def test_a_name_of_a_study_is_printable(studies: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a\nb", "\x1b[31m"):
        assert run(["optuna-run", "--n-trials", "1", "--study-name", name]) == 2
        assert "printable" in capsys.readouterr().err
    assert run(["optuna-run", "--n-trials", "1", "--study-name", "größe 1 – 目"]) == 0
    assert len(study_names(studies)) == 3
