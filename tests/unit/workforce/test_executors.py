"""One contract, kept by the processes of this machine and by a Dask cluster's workers."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mech_exo.system.parcel import Parcel
from mech_exo.workforce.cluster import Cluster
from mech_exo.workforce.evaluation_work import Answer, Evaluates, Suggestion
from mech_exo.workforce.executor import Executor
from mech_exo.workforce.workforce import Workforce
from tests.unit.tuning.tuning_problems import Bowl, Broken
from tests.unit.workforce.dask_cluster import DaskCluster, dask_cluster

pytest.importorskip("distributed", reason="the extra dask is not installed")

WORKFORCES = ("local", "dask", "dask with a shared folder")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as found:
        yield found


@pytest.fixture(params=WORKFORCES)
def workforce(request: pytest.FixtureRequest, cluster: DaskCluster, tmp_path: Path) -> Workforce:
    if request.param == "local":
        return Workforce(2)
    share = str(tmp_path / "share") if "shared" in request.param else None
    return Workforce(cluster=Cluster(cluster.address, share))


def suggestion(index: int, x: float = 0.1) -> Suggestion:
    return Suggestion(index, {"x": x}, {}, {})


def collected(executor: Executor, count: int) -> list[Answer]:
    found: list[Answer] = []
    deadline = time.monotonic() + 60
    while len(found) < count:
        assert time.monotonic() < deadline
        for one in executor.poll(0.1):
            assert isinstance(one, Answer), one
            found.append(one)
    return sorted(found, key=lambda answer: answer.index)


def evaluated(
    workforce: Workforce, evaluator: Callable[[], Evaluates] | Parcel, count: int
) -> list[Answer]:
    with workforce.executor(evaluator, count) as executor:
        for index in range(count):
            executor.submit(suggestion(index, 0.01 * index))
        assert executor.pending == count
        answers = collected(executor, count)
        assert executor.pending == 0
    return answers


def timeless(answers: list[Answer]) -> list[str]:
    return [repr((a.index, a.state, a.values, a.constraints, a.metrics)) for a in answers]


def test_every_piece_comes_back_with_the_bits_of_this_process(workforce: Workforce) -> None:
    answers = evaluated(workforce, Bowl, 40)
    here = [Bowl().evaluate({"x": 0.01 * index}, {}) for index in range(40)]
    assert [a.values for a in answers] == [found.values for found in here]
    assert timeless(answers) == timeless(evaluated(Workforce(1), Bowl, 40))
    assert all(a.times[0] <= a.times[1] for a in answers)


def test_a_parcel_that_was_packed_before_is_used_again(workforce: Workforce) -> None:
    parcel = Parcel.of(Bowl)
    try:
        first = timeless(evaluated(workforce, parcel, 3))
        assert first == timeless(evaluated(workforce, parcel, 3))
    finally:
        parcel.close()


def test_a_fault_of_ours_comes_with_its_traceback(workforce: Workforce) -> None:
    with workforce.executor(Broken, 1) as executor:
        executor.submit(suggestion(0))
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            collected(executor, 1)


def test_nothing_is_under_way_after_it(workforce: Workforce) -> None:
    with workforce.executor(Bowl, 4) as executor:
        for index in range(4):
            executor.submit(suggestion(index))
    answers = evaluated(workforce, Bowl, 2)
    assert [a.index for a in answers] == [0, 1]
