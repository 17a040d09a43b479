"""The guide's Production section, as written, on 370 US large caps."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from mech_exo.factor_file.read import read_factor_file
from tests.cli.conftest import REPOSITORY, lay_out

SCRIPT = Path(__file__).with_name("guide_production.sh")
SHARED = Path(os.environ.get("EXO_SHARED", REPOSITORY.parent / "shared"))
US_LARGE = SHARED / "data/us_large"
LAST = "2016-12-30"  # of the data: ages are counted to it

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not US_LARGE.is_dir(), reason=f"needs {US_LARGE}"),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project on the settings of examples/us_large.yml, in git."""
    folder = lay_out(tmp_path / "project")
    settings = yaml.safe_load((REPOSITORY / "examples/us_large.yml").read_text())
    data = settings["data"]
    data["prices"] = str(US_LARGE / Path(data["prices"]).name)
    for table in data["factors"]:
        table["file"] = str(US_LARGE / Path(table["file"]).name)
    data["end"] = LAST
    (folder / "config/settings.yml").write_text(yaml.safe_dump(settings))
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def test_the_section_runs_as_written(project: Path, programs: dict[str, str]) -> None:
    run = subprocess.run(
        ["bash", "-euxo", "pipefail", str(SCRIPT)],
        cwd=project,
        env=programs,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "Traceback" not in run.stderr
    latest = project / "config/staging/factors_optuna_latest.yml"
    assert (project / "config/factors.yml").read_bytes() == latest.read_bytes()
    assert latest.read_text() in run.stdout  # step 2 showed it
    assert (project / "config/history/0001.yml").read_bytes() == latest.read_bytes()
    weights = read_factor_file(latest).weights
    assert len([name for name, weight in weights.items() if weight]) == 6
    guide = SHARED / "guide/optuna-guide.md"
    if guide.is_file():
        section = guide.read_text().split("### Production Deployment")[1].split("---")[0]
        commands = [line for line in section.splitlines() if line.startswith(("exo", "cp"))]
        assert len(commands) == 3
        for line in commands:
            assert f"\n{line}" in SCRIPT.read_text()
