"""`exo init`."""

from pathlib import Path

from mech_exo.config.packaged import EXAMPLES
from tests.cli.conftest import REPOSITORY, Exo

FILES = (
    "config/settings.yml",
    "config/risk_limits.yml",
    "research/obj_utils.py",
    *EXAMPLES,
    "studies/.gitkeep",
    "factors/.gitkeep",
    ".gitignore",
)


def test_lays_out_a_project(exo: Exo, tmp_path: Path) -> None:
    run = exo("init", "project")
    assert run.returncode == 0
    assert all((tmp_path / "project" / file).is_file() for file in FILES)
    for file in ("config/settings.yml", "research/obj_utils.py", *EXAMPLES):
        assert (tmp_path / "project" / file).read_bytes() == (REPOSITORY / file).read_bytes()


def test_keeps_what_is_there_unless_forced(exo: Exo, tmp_path: Path) -> None:
    mine = tmp_path / "project/research/obj_utils.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("# mine\n")
    run = exo("init", "project")
    assert mine.read_text() == "# mine\n"
    assert "kept  project/research/obj_utils.py" in run.stdout
    exo("init", "project", "--force")
    assert mine.read_text() != "# mine\n"


def test_a_folder_that_cannot_be_made(exo: Exo, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = exo("init", "file/project")
    assert run.returncode == 2
    assert run.stderr.startswith("error: file/project/config/settings.yml: cannot be written")
    assert run.stderr.count("\n") == 1
