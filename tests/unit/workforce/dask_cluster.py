"""A real scheduler and real worker processes on this machine."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.conftest import REPOSITORY

QUIET = {
    "DASK_LOGGING__DISTRIBUTED": "error",
    "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "False",
}


@dataclass
class DaskCluster:
    """Processes that a test may kill.

    Attributes
    ----------
    address
        Of the scheduler.
    """

    folder: Path
    scheduler: subprocess.Popen[bytes]
    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One more worker, of one thread and without a nanny, that is on its way."""
        worker = _started(
            self.folder, "worker", self.address, "--nthreads", "1", "--no-nanny",
            "--no-dashboard", "--local-directory", str(self.folder),
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def add_worker(self) -> subprocess.Popen[bytes]:
        """One more worker; there when it has started."""
        before = self.count()
        worker = self.start_worker()
        deadline = time.monotonic() + 60
        while self.count() == before:
            assert time.monotonic() < deadline
            assert worker.poll() is None, "the worker has ended"
            time.sleep(0.05)
        return worker

    def count(self) -> int:
        """Workers that the scheduler knows."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            return len(client.scheduler_info(n_workers=-1)["workers"])

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As `kill -9`."""
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[DaskCluster]:
    """A scheduler with some workers; all processes are gone afterwards."""
    file = folder / "scheduler.json"
    scheduler = _started(
        folder, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
        "--scheduler-file", str(file),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline
        assert scheduler.poll() is None, "the scheduler has ended"
        time.sleep(0.05)
    cluster = DaskCluster(folder, scheduler, json.loads(file.read_text())["address"])
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in (*cluster.workers, scheduler):
            process.kill()
            process.wait()


def _started(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    own = {**os.environ, **QUIET, "PYTHONPATH": str(REPOSITORY)}
    with (folder / "dask.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command], env=own, cwd=folder, stdout=log, stderr=log
        )
