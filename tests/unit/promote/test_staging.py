"""Staging: names, collisions, git's index."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from mech_exo.factor_file.read import read_factor_file
from mech_exo.promote.staging import LATEST, STAGING, check_staging, stage
from tests.unit.conftest import Make

MOMENT = datetime(2025, 6, 9, 10, 15, 30, tzinfo=UTC)


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
    ).stdout


def test_two_in_one_second_do_not_collide(tmp_path: Path, make: Make) -> None:
    first = stage(make(1.0), tmp_path, MOMENT)
    second = stage(make(2.0), tmp_path, MOMENT)
    assert first.dated.name == "factors_optuna_20250609_101530.yml"
    assert second.dated.name == "factors_optuna_20250609_101530_2.yml"
    assert [read_factor_file(s.dated).weights["rsi_14"] for s in (first, second)] == [1.0, 2.0]
    assert (tmp_path / STAGING / LATEST).read_bytes() == second.dated.read_bytes()
    assert len(list((tmp_path / STAGING).iterdir())) == 3


def test_adds_both_to_the_index_and_commits_nothing(tmp_path: Path, make: Make) -> None:
    git(tmp_path, "init", "-q")
    staged = stage(make(1.0), tmp_path, MOMENT)
    assert staged.added
    assert git(tmp_path, "diff", "--cached", "--name-only").split() == [
        "config/staging/factors_optuna_20250609_101530.yml",
        "config/staging/factors_optuna_latest.yml",
    ]
    assert git(tmp_path, "rev-list", "--all") == ""


def test_outside_a_work_tree_says_so(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    staged = stage(make(1.0), tmp_path, MOMENT)
    assert not staged.added
    assert staged.remark == "not inside a git work tree"


def test_a_folder_that_git_ignores_is_respected(tmp_path: Path, make: Make) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("config/staging/\n")
    staged = stage(make(1.0), tmp_path, MOMENT)
    assert not staged.added
    assert "ignored" in staged.remark
    assert read_factor_file(staged.latest).weights == {"rsi_14": 1.0}


def test_check_comes_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "config").touch()
    with pytest.raises(ExoError, match="cannot be written"):
        check_staging(tmp_path)
