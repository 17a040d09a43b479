"""The user guide's commands run as they stand there."""

import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from mech_exo.factor_file.read import read_factor_file
from tests.cli.conftest import REPOSITORY, run_exo

SCRIPT = Path(__file__).with_name("guide_cli.sh")
GUIDE = REPOSITORY / "../shared/guide/optuna-guide.md"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def session(
    tmp_path_factory: pytest.TempPathFactory, programs: dict[str, str]
) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """A fresh project after the whole script, and the script's output."""
    folder = tmp_path_factory.mktemp("guide")
    assert run_exo("init", "project", cwd=folder).returncode == 0
    project = folder / "project"
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    run = subprocess.run(
        ["bash", "-euxo", "pipefail", str(SCRIPT)],
        cwd=project,
        env=programs,
        capture_output=True,
        text=True,
        check=False,
    )
    return project, run


Session = tuple[Path, "subprocess.CompletedProcess[str]"]


def test_every_command_succeeds(session: Session) -> None:
    _, run = session
    assert run.returncode == 0, run.stderr[-3000:]
    assert "Traceback" not in run.stderr


def test_trials_add_up(session: Session) -> None:
    project, run = session
    (backup,) = (project / "studies").glob("factor_opt_backup_*.db")
    listed = run_exo("study", "list", "--study-file", backup, cwd=project).stdout
    counts = {m[1]: int(m[2]) for m in re.finditer(r"^(\w+) +(\d+) ", listed, re.MULTILINE)}
    default = 20 + 50 + 30 + 25 + 100 + 5 + 5 + 10 + 5 + 50 + 25 + 50 + 50
    assert counts["factor_weight_optimization"] == default
    assert counts["my_optimization"] == 0
    assert counts["existing_study"] == 30
    assert "old_study" not in counts
    assert re.search(r"^\d+$", run.stdout, re.MULTILINE)  # SELECT COUNT(*)
    assert (
        len(re.findall(r"^\d+\|[^|]*\|(?:COMPLETE|PRUNED)\|\d{4}-", run.stdout, re.MULTILINE)) == 10
    )


def test_files_are_where_the_guide_has_them(session: Session) -> None:
    project, _ = session
    assert len(read_factor_file(project / "factors/optimized.yml").weights) == 9
    latest = (project / "config/staging/factors_optuna_latest.yml").read_bytes()
    assert (project / "config/factors.yml").read_bytes() == latest
    assert (project / "custom.db").is_file()
    indexed = subprocess.run(
        ["git", "diff", "--cached", "--name-only"],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "config/staging/factors_optuna_latest.yml" in indexed
    assert len(indexed) == 3


def test_the_script_has_every_exo_command_of_the_guide() -> None:
    if not GUIDE.is_file():
        pytest.skip("needs the guide beside the repository (../shared/guide)")
    script = SCRIPT.read_text()
    wanted = re.findall(r"^exo optuna-.*?(?= +#|$)", GUIDE.read_text(), re.MULTILINE)
    assert len(wanted) > 10
    assert [
        line for line in wanted if f"\n{line}\n" not in script and f"\n{line} |" not in script
    ] == []


@pytest.mark.parametrize(
    "command",
    [
        ["exo", "dashboard", "--study-file", "studies/conservative.db", "--port"],
        ["optuna-dashboard", "sqlite:///studies/conservative.db", "--port"],
    ],
)
def test_dashboards_list_the_study(
    session: Session, programs: dict[str, str], command: list[str]
) -> None:
    project, _ = session
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [*command, str(port)],
        cwd=project,
        env=programs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            names = [s["study_name"] for s in _studies(port, server)]
        finally:
            server.terminate()
    assert names == ["conservative_opt"]


def _studies(port: int, server: "subprocess.Popen[bytes]") -> list[dict[str, str]]:
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies") as answer:
                found: list[dict[str, str]] = json.load(answer)["study_summaries"]
                return found
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"the server ended with {server.returncode}")
