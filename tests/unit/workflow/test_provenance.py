"""Versions and the commit."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from mech_exo import __version__
from mech_exo.system.installed import package_versions
from mech_exo.workflow.provenance import git_commit


def test_versions_of_what_computes() -> None:
    versions = package_versions()
    assert versions["mech-exo"] == __version__
    assert versions["numpy"] == np.__version__


def test_commit_of_the_first_folder_in_a_work_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()

    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        command = ["git", "-C", str(inside), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    assert git_commit(outside, inside) is None  # no commit yet
    (inside / "file").write_text("1")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    assert git_commit(outside, inside) == git("rev-parse", "HEAD")
    (inside / "untracked").touch()
    assert git_commit(inside) == git("rev-parse", "HEAD")
    (inside / "file").write_text("2")
    assert git_commit(inside) == git("rev-parse", "HEAD") + "-dirty"
    assert git_commit(outside) is None
