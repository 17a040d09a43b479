"""The project's own files, where something other than a readable file has their name."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from tests.cli.file_project import file_project

Capture = pytest.CaptureFixture[str]
TUNE = ("optuna-run", "--n-trials", "2", "-q")
RISK = ("risk", "status", "--config", "f.yml")
FILES = {
    "config/settings.yml": TUNE,
    "research/obj_utils.py": TUNE,
    "config/risk_limits.yml": RISK,
    "config/factors.yml": ("reoptimize", "--target-trials", "2", "--no-validate"),
}


def dangling(path: Path) -> None:
    path.symlink_to("nowhere.yml")


def loop(path: Path) -> None:
    path.symlink_to(path)


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("damage", [dangling, loop, folder, pipe])
@pytest.mark.parametrize("name", FILES)
def test_it_is_refused_and_not_passed_over(
    name: str,
    damage: Callable[[Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    project = file_project(tmp_path / "project")
    monkeypatch.chdir(project)
    if name == "config/risk_limits.yml":
        assert run([*TUNE, "--export-yaml", "f.yml"]) in (0, 3)
    (project / name).unlink(missing_ok=True)
    damage(project / name)
    capsys.readouterr()
    assert run(FILES[name]) == 2
    told = capsys.readouterr().err
    assert f"{name}: " in told
    assert "cannot be read" in told
    assert "Traceback" not in told


def test_so_is_a_folder_that_is_a_broken_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "config").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    assert run(TUNE) == 2
    assert "config/settings.yml: cannot be read" in capsys.readouterr().err


def test_what_is_no_project_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "config").write_text("of another program")
    (tmp_path / "research").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXO_DATA__DEMO__SYMBOLS", "10")
    monkeypatch.setenv("EXO_DATA__DEMO__YEARS", "3")
    assert run([*TUNE, "--export-yaml", "f.yml"]) in (0, 3)
