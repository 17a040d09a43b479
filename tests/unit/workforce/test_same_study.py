"""A study and a verdict over a cluster are those of this machine, bit for bit."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mech_exo.config.settings import Settings, TuningSettings
from mech_exo.tuning.records import read_study
from mech_exo.tuning.trial_table import trial_table
from mech_exo.verdict.verdict import validate
from mech_exo.workforce.cluster import Cluster
from mech_exo.workforce.workforce import Workforce
from tests.unit.tuning.test_runner import components
from tests.unit.tuning.tuning_problems import Slow, bowl
from tests.unit.tuning.tuning_runs import Run, carried_out
from tests.unit.verdict.small import small_subject
from tests.unit.verdict.test_verdict import comparable
from tests.unit.workforce.dask_cluster import DaskCluster, dask_cluster

pytest.importorskip("distributed", reason="the extra dask is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as found:
        yield found


def table(file: Path) -> str:
    return trial_table(read_study(file, "s"), "csv", times=False)


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_a_search(cluster: DaskCluster, tmp_path: Path, sampler: str) -> None:
    settings = Settings(tuning=TuningSettings(sampler=sampler))
    problem = bowl(evaluator=Slow)
    here = Run(problem, components, "s", tmp_path / "here.db", settings, n_trials=30)
    there = replace(
        here, study_file=tmp_path / "there.db", cluster=Cluster(cluster.address), n_trials=17
    )
    carried_out(here)
    assert carried_out(there).added == 17
    carried_out(replace(there, cluster=None, n_jobs=2, n_trials=5))  # and in turn
    carried_out(replace(there, n_trials=8))
    assert table(there.study_file) == table(here.study_file)


def test_a_verdict(cluster: DaskCluster, tmp_path: Path) -> None:
    here = validate(small_subject(), tmp_path / "here.db", workforce=Workforce(1))
    staff = Workforce(cluster=Cluster(cluster.address, str(tmp_path / "share")))
    there = validate(small_subject(), tmp_path / "there.db", workforce=staff)
    assert comparable(there) == comparable(here)
