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

from mech_exo.report.dashboard_server import address_of
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
        assert status(port, "GET", {"Host": "evil.example"}) == 403
        assert status(port, "DELETE", {}) == 403
        assert names(port, server) == ["mine"]
        server.send_signal(signal.SIGTERM)
        assert server.wait() == 0
        assert server.stderr.read() == ""


@pytest.mark.parametrize(
    ("options", "variables", "warned", "deleted"),
    [
        (["--host", "0.0.0.0"], {"EXO_ALLOWED_HOSTS": "quant.example other.example"}, True, 403),
        (["--allowed-host", "quant.example", "--writable"], {}, False, 204),
    ],
)
def test_names_writing_and_the_warning(
    exo: Exo,
    project: Path,
    options: list[str],
    variables: dict[str, str],
    warned: bool,
    deleted: int,
) -> None:
    assert exo("optuna-init", "--study-name", "mine", cwd=project).returncode == 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mech_exo.cli", "dashboard", "--port", str(port), *options]
    with subprocess.Popen(
        command, cwd=project, env=environment(variables), stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stderr is not None
            if warned:
                line = server.stderr.readline()
                assert line.startswith("warning: the dashboard listens on 0.0.0.0 and has no pass")
            line = server.stderr.readline()
            assert line.startswith("dashboard of studies/factor_opt.db: http://")
            assert status(port, "GET", {"Host": "quant.example"}) == 200
            assert status(port, "GET", {"Host": "evil.example"}) == 403
            assert status(port, "DELETE", {"Origin": "http://evil.example"}) == 403
            assert status(port, "DELETE", {}) == deleted
            assert names(port, server) == ([] if deleted == 204 else ["mine"])
        finally:
            server.terminate()
        assert server.wait() == 0


def status(port: int, method: str, headers: dict[str, str]) -> int:
    """What the dashboard answers: to the list of studies, or to deleting the first."""
    address = f"http://127.0.0.1:{port}/api/studies" + ("/1" if method == "DELETE" else "")
    request = urllib.request.Request(
        address, method=method, headers=headers | {"Content-Type": "application/json"}, data=b"{}"
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


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
