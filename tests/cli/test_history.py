"""`exo factors history` after the guide's plain `cp`."""

import shutil
import subprocess
from pathlib import Path

from tests.cli.conftest import REPOSITORY, Exo

GUIDE = REPOSITORY / "tests/unit/factor_file/guide.yml"


def test_history_lists_what_was_copied_into_production(exo: Exo, project: Path) -> None:
    shutil.copy(GUIDE, project / "config/factors.yml")
    for _ in range(2):
        run = exo("factors", "history", cwd=project)
        assert run.returncode == 0, run.stderr
        assert [line.split()[:3] for line in run.stdout.splitlines()[1:]] == [["*", "1", "found"]]
    assert len(list((project / "config/history").iterdir())) == 2


def test_history_in_a_place_that_may_only_be_read(exo: Exo, small_disk: Path) -> None:
    for name in ("config/settings.yml", "config/history/.keep"):
        (small_disk / name).parent.mkdir(exist_ok=True)
        (small_disk / name).touch()
    shutil.copy(GUIDE, small_disk / "config/factors.yml")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    run = exo("factors", "history", cwd=small_disk)
    assert run.returncode == 0, run.stderr
    assert "config/factors.yml is not listed, because it could not be kept." in run.stderr
    assert "Read-only file system" in run.stderr
    assert "Traceback" not in run.stderr


def test_history_where_no_folder_can_be_made(exo: Exo, project: Path) -> None:
    shutil.copy(GUIDE, project / "config/factors.yml")
    (project / "config/history").touch()
    run = exo("factors", "history", cwd=project)
    assert run.returncode == 0, run.stderr
    assert "could not be kept" in run.stderr
    assert "Traceback" not in run.stderr
