"""What goes wrong with a cluster: workers and schedulers that die, and those that are not ours."""

import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from mech_exo.tuning.replicate_store import ReplicateStore
from mech_exo.tuning.replicates import Payload, run_replicates
from mech_exo.workforce import dask_executor
from mech_exo.workforce.cluster import Cluster
from mech_exo.workforce.dask_worker import Installed
from mech_exo.workforce.evaluation_work import Answer, Loss
from mech_exo.workforce.executor import Executor
from mech_exo.workforce.workforce import Workforce
from tests.unit.tuning.tuning_problems import Bowl, Deadly, Sleeper
from tests.unit.workforce.dask_cluster import DaskCluster, dask_cluster
from tests.unit.workforce.test_executors import collected, suggestion

pytest.importorskip("distributed", reason="the extra dask is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path, workers=2) as found:
        yield found


def workforce(cluster: DaskCluster) -> Workforce:
    return Workforce(cluster=Cluster(cluster.address))


def started(folder: Path, count: int) -> None:
    """Wait until some pieces have begun."""
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_that_is_killed_changes_nothing(cluster: DaskCluster, tmp_path: Path) -> None:
    folder = tmp_path / "begun"
    folder.mkdir()
    with workforce(cluster).executor(partial(Sleeper, 1.0, folder), 4) as executor:
        assert executor.abreast == 2
        for index in range(4):
            executor.submit(suggestion(index))
        started(folder, 2)
        cluster.kill(cluster.workers[0])
        assert [a.index for a in collected(executor, 4)] == [0, 1, 2, 3]


def test_a_worker_that_comes_later_takes_part(cluster: DaskCluster, tmp_path: Path) -> None:
    cluster.kill(cluster.workers[0])
    folder = tmp_path / "begun"
    folder.mkdir()
    with workforce(cluster).executor(partial(Sleeper, 0.3, folder), 6) as executor:
        assert executor.abreast == 1
        executor.submit(suggestion(0))
        cluster.add_worker()
        time.sleep(dask_executor.LOOK_S)
        assert executor.abreast == 2
        for index in range(1, 6):
            executor.submit(suggestion(index))
        assert len(collected(executor, 6)) == 6
        assert len(list(folder.iterdir())) == 2


def test_all_workers_die_and_others_come(cluster: DaskCluster) -> None:
    with workforce(cluster).executor(Bowl, 2) as executor:
        executor.submit(suggestion(0))
        collected(executor, 1)
        for worker in cluster.workers:
            cluster.kill(worker)
        executor.submit(suggestion(1))
        cluster.add_worker()
        (answer,) = collected(executor, 1)
        assert answer.values == Bowl().evaluate({"x": 0.1}, {}).values


def test_a_piece_over_which_workers_die_is_given_up(cluster: DaskCluster, tmp_path: Path) -> None:
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    with workforce(cluster).executor(partial(Deadly, deaths, 99, "kill"), 1) as executor:
        executor.submit(suggestion(0))
        found: list[Answer | Loss] = []
        deadline = time.monotonic() + 120
        while not found:
            assert time.monotonic() < deadline
            found = executor.poll(0.1)
            if all(worker.poll() is not None for worker in cluster.workers):
                cluster.start_worker()
    (loss,) = found
    assert isinstance(loss, Loss)
    assert (loss.index, loss.given_up, loss.attempt) == (0, True, 4)


def test_a_scheduler_that_is_killed_ends_the_run_and_what_is_kept_is_used(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    tasks = [("part", number) for number in range(8)]

    def stop(part: str, count: int, of: int) -> None:
        if count == 3:
            cluster.kill(cluster.scheduler)

    with closing(ReplicateStore(tmp_path / "study.db", "key")) as store:
        with pytest.raises(ExoError, match="is gone") as failure:
            run_replicates(Counter, tasks, workforce=workforce(cluster), store=store, progress=stop)
        assert "run the same command again" in failure.value.hint
        assert 3 <= len(store.finished()) < 8
        found = run_replicates(Counter, tasks, workforce=Workforce(1), store=store)
    assert [found[task]["square"] for task in tasks] == [n * n for n in range(8)]


class Counter:
    """Squares slowly."""

    def replicate(self, part: str, number: int) -> Payload:
        time.sleep(0.2)
        return {"square": number * number}


def test_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "CONNECT_S", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(ExoError, match="no Dask scheduler answers") as failure:
            entered(Workforce(cluster=Cluster(address)))
        assert address in failure.value.message
    with pytest.raises(ExoError, match="is no address of a scheduler"):
        Cluster("127.0.0.1:8786")


def test_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "FIRST_WORKER_S", 0.5)
    lonely = dask_cluster(tmp_path, workers=0)
    with lonely as alone, pytest.raises(ExoError, match="has had no worker") as failure:
        entered(workforce(alone))
    assert "dask worker tcp://" in failure.value.hint


def entered(staff: Workforce) -> Executor:
    with staff.executor(Bowl, 1) as executor:
        return executor


def test_a_worker_of_another_version_is_refused_by_name(
    cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Installed.here()
    other = Installed(here.machine, here.code, (*here.versions[:-1], ("sqlalchemy", "0.1")))
    monkeypatch.setattr(Installed, "here", classmethod(lambda cls: other))
    with workforce(cluster).executor(Bowl, 1) as executor:
        executor.submit(suggestion(0))
        with pytest.raises(ExoError, match=r"has sqlalchemy .* instead of 0\.1"):
            collected(executor, 1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"code": "0"}, "other code of mech-exo under the same version"),
        ({"machine": "vax"}, "a processor x86_64 instead of vax"),
        ({"versions": (("numpy", "0"),)}, "numpy"),
    ],
)
def test_what_differs_is_named(changed: dict[str, object], words: str) -> None:
    here = Installed("x86_64", "1", (("numpy", "2"),))
    parts = {"machine": here.machine, "code": here.code, "versions": here.versions}
    assert words in here.against(Installed(**{**parts, **changed}))  # type: ignore[arg-type]
    assert here.against(here) == ""


def test_bytes_that_were_damaged_on_the_way_are_refused(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    share = tmp_path / "share"
    staff = Workforce(cluster=Cluster(cluster.address, str(share)))
    with staff.executor(Bowl, 1) as executor:
        (file,) = share.iterdir()
        body = bytearray(file.read_bytes())
        body[10] ^= 1
        file.write_bytes(body)
        executor.submit(suggestion(0))
        with pytest.raises(ExoError, match="its bytes are not those that were sent"):
            collected(executor, 1)
