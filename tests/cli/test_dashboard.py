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

from tests.cli.conftest import Exo, environment


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


def names(port: int, server: "subprocess.Popen[str]") -> list[str]:
    """Names of the studies that the dashboard lists, as soon as it answers."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies") as answer:
                return [study["study_name"] for study in json.load(answer)["study_summaries"]]
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError(f"the dashboard ended with {server.returncode}")
