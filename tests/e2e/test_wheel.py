"""The wheel, installed and used from another folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mech_exo.config.packaged import EXAMPLES
from mech_exo.factor_file.read import read_factor_file
from tests.cli.conftest import REPOSITORY, SETTINGS, environment

pytestmark = pytest.mark.slow

Exo = tuple[Path, dict[str, str]]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Exo:
    """The installed console script, and the variables to run it with."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["install", "--no-deps", "--no-index", "--target", str(folder)]
    subprocess.run([*pip, *offline, str(wheel)], check=True)
    return folder / "bin/exo", environment({"PYTHONPATH": str(folder)})


def exo(installed: Exo, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    script, variables = installed
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=cwd,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_carries_what_a_project_starts_from(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in ("research/obj_utils.py", "config/settings.yml", *EXAMPLES):
            packaged = archive.read(f"mech_exo/templates/{name}")
            assert packaged == (REPOSITORY / name).read_bytes()
        pages = [page.relative_to(REPOSITORY) for page in (REPOSITORY / "docs").glob("*.md")]
        for page in (Path("README.md"), *pages):
            packaged = archive.read(f"mech_exo/templates/{page}")
            assert packaged == (REPOSITORY / page).read_bytes()
        package = REPOSITORY / "mech_exo"
        carried = {"mech_exo/report/page/page.css", "mech_exo/report/page/page.js"}
        for kind in ("*.json", "*.css", "*.js"):
            carried |= {str(p.relative_to(REPOSITORY)) for p in package.rglob(kind)}
        assert carried <= set(archive.namelist())
        assert not [n for n in archive.namelist() if n.startswith(("tests", "benchmarks"))]


def test_runs_from_any_folder_with_what_it_carries(installed: Exo, tmp_path: Path) -> None:
    run = exo(installed, "optuna-run", "--n-trials", "3", cwd=tmp_path)
    assert run.returncode in (0, 3), run.stderr
    assert "(the packaged defaults)" in run.stderr
    assert "(the default that comes with exo)" in run.stderr
    assert str(REPOSITORY) not in run.stderr
    assert (tmp_path / "studies/factor_opt.db").is_file()


def test_lays_out_a_project_and_exports_from_it(installed: Exo, tmp_path: Path) -> None:
    assert exo(installed, "init", "p", cwd=tmp_path).returncode == 0
    project = tmp_path / "p"
    (project / "config/settings.yml").write_text(SETTINGS)
    run = exo(installed, "optuna-run", "--n-trials", "3", "--export-yaml", "best.yml", cwd=project)
    assert "(nearest config/settings.yml)" in run.stderr
    assert read_factor_file(project / "best.yml").hash_matches
