"""`exo dashboard` waits for a study, answers on loopback, and ends when told."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from mech_exo.report.dashboard import address_of
from tests.cli.conftest import Exo, environment, one_error


def test_waits_serves_and_ends(exo: Exo, project: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mech_exo.cli", "dashboard", "--wait", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=project, env=environment(), stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        assert server.stderr.readline() == "waiting for studies/factor_opt.db\n"
        assert exo("optuna-init", "--study-name", "mine", cwd=project).returncode == 0
        assert f"http://127.0.0.1:{port}" in server.stderr.readline()
        assert names(port, server) == ["mine"]
        server.send_signal(signal.SIGTERM)
        assert server.wait() == 0
        assert server.stderr.read() == ""


def names(port: int, server: "subprocess.Popen[Any]") -> list[str]:
    """Names of the studies that the dashboard lists, as soon as it answers."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies") as answer:
                return [study["study_name"] for study in json.load(answer)["study_summaries"]]
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError(f"the dashboard ended with {server.returncode}")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://localhost:8080"),
        ("::", "http://localhost:8080"),
        ("::1", "http://[::1]:8080"),
        ("desk", "http://desk:8080"),
    ],
)
def test_the_address_that_is_said_can_be_opened(host: str, address: str) -> None:
    assert address_of(host, 8080) == address


@pytest.mark.parametrize("absolute", [False, True])
def test_the_guides_storage(exo: Exo, project: Path, absolute: bool) -> None:
    made = exo("optuna-init", "--study-name", "mine", "--study-file", "studies/a.db", cwd=project)
    assert made.returncode == 0, made.stderr
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"sqlite:///{project / 'studies/a.db' if absolute else 'studies/a.db'}"
    command = [sys.executable, "-m", "mech_exo.cli", "dashboard", "--storage", url]
    with subprocess.Popen(
        [*command, "--port", str(port)], cwd=project, env=environment(), stderr=subprocess.PIPE
    ) as server:
        assert names(port, server) == ["mine"]
        server.send_signal(signal.SIGTERM)
        assert server.wait() == 0


@pytest.mark.parametrize(
    "url", ["postgresql://me@db/x", "sqlite://", "sqlite:///", "studies/a.db", "sqlite:///a.db?x=1"]
)
def test_another_storage_is_said(exo: Exo, project: Path, url: str) -> None:
    error = one_error(exo("dashboard", "--storage", url, cwd=project))
    assert error == (
        f"error: --storage {url}: is no study file. Write sqlite:///PATH (four slashes before an "
        "absolute one), or name the file with --study-file."
    )


def test_two_names_of_a_file(exo: Exo, project: Path) -> None:
    run = exo("dashboard", "--storage", "sqlite:///a.db", "--study-file", "a.db", cwd=project)
    assert "--storage and --study-file name two files" in one_error(run)
