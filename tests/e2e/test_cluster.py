"""`exo` over a real Dask scheduler and two worker processes: the same bytes as on one machine."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import environment, lay_out, one_error, run_exo
from tests.unit.workforce.dask_cluster import DaskCluster, dask_cluster

pytest.importorskip("distributed", reason="the extra dask is not installed")
pytestmark = pytest.mark.slow

JUDGED = {"EXO_VERDICT__PLACEBOS": "19", "EXO_VERDICT__WINDOWS": "2"}
RUN = ("optuna-run", "--validate", "--json")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay_out(tmp_path_factory.mktemp("cluster") / "project")
    objective = folder / "research/obj_utils.py"
    objective.write_text(objective.read_text().replace("THRESHOLD = 0.12", "THRESHOLD = 0.9"))
    return folder


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path, workers=2) as found:
        yield found


def over(cluster: DaskCluster) -> tuple[str, ...]:
    return "--executor", "dask", "--scheduler", cluster.address


def trials(project: Path, file: str) -> str:
    name = ("trials", "factor_weight_optimization", "--format", "csv", "--no-times")
    run = run_exo("study", *name, "--study-file", file, cwd=project)
    assert run.returncode == 0, run.stderr
    return run.stdout


def verdict_of(stdout: str) -> dict[str, Any]:
    verdict: dict[str, Any] = json.loads(stdout)["verdict"]
    del verdict["seconds"], verdict["holdout"]["history"]
    return verdict


@pytest.fixture(scope="module")
def here(project: Path) -> tuple[str, dict[str, Any]]:
    """Trial table and verdict of this machine alone."""
    run = run_exo(*RUN, "--target-trials", "24", "--study-file", "here.db", cwd=project, env=JUDGED)
    assert run.returncode == 0, run.stderr
    return trials(project, "here.db"), verdict_of(run.stdout)


def test_a_run_and_its_verdict(
    project: Path, cluster: DaskCluster, here: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    there = ("--study-file", "there.db", *over(cluster), "--share", str(tmp_path / "share"))
    run = run_exo(*RUN, "--target-trials", "24", *there, cwd=project, env=JUDGED)
    assert run.returncode == 0, run.stderr
    assert trials(project, "there.db") == here[0]
    assert verdict_of(run.stdout) == here[1]


@pytest.mark.parametrize("victim", ["worker", "scheduler", "driver"])
def test_whatever_is_killed_the_same_command_ends_with_the_same_bytes(
    project: Path, cluster: DaskCluster, here: tuple[str, dict[str, Any]], victim: str
) -> None:
    command = [*RUN, "--target-trials", "24", "--study-file", f"{victim}.db", *over(cluster)]
    process = subprocess.Popen(
        [sys.executable, "-m", "mech_exo.cli", *command],
        cwd=project,
        env=environment(JUDGED),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while _count(project / f"{victim}.db") < 6:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    if victim == "driver":
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    else:
        cluster.kill(cluster.scheduler if victim == "scheduler" else cluster.workers[0])
    stdout, stderr = process.communicate()
    if victim == "worker":
        assert process.returncode == 0, stderr
    else:
        if victim == "scheduler":
            assert process.returncode == 2, stderr
            assert "is gone" in stderr
            assert "Traceback" not in stderr, stderr
            command = command[: command.index("--executor")]
        again = run_exo(*command, cwd=project, env=JUDGED)
        assert again.returncode == 0, again.stderr
        stdout = again.stdout
    assert trials(project, f"{victim}.db") == here[0]
    assert verdict_of(stdout) == here[1]


def _count(file: Path) -> int:
    import sqlite3
    from contextlib import closing

    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10.0)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM trials").fetchone()
    return int(count)


def test_an_executor_without_an_address(project: Path) -> None:
    run = run_exo("validate", "--executor", "dask", cwd=project)
    assert "needs the address of a scheduler" in one_error(run)
    other = run_exo("optuna-run", "--executor", "spark", cwd=project)
    assert other.returncode == 2
    assert "Traceback" not in other.stderr
