"""Runs whose search and request a test varies together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mech_exo.config import Settings
from mech_exo.data.panel import Panel
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.tuning.events import Listener, ignore
from mech_exo.tuning.plan import Search, StudyOutcome, WarmStart
from mech_exo.tuning.problem import Problem
from mech_exo.tuning.request import Duration, SearchRequest
from mech_exo.tuning.runner import run_study
from mech_exo.tuning.weight_search import WeightSearch
from mech_exo.workforce.cluster import Cluster


@dataclass(frozen=True)
class Run:
    """A problem, and a study for it."""

    problem: Problem
    components: Callable[[Mapping[str, str]], Mapping[str, str]]
    study_name: str
    study_file: Path
    settings: Settings
    n_jobs: int = 1
    cluster: Cluster | None = None
    n_trials: int | None = None
    target_trials: int | None = None
    timeout: Duration | None = None
    accept_changes: bool = False
    wait: bool = False
    warm_start: tuple[WarmStart, ...] = ()


@dataclass(frozen=True)
class WeightRun:
    """An objective file on a panel, and a study for it."""

    study_file: Path
    settings: Settings
    objective: ObjectiveFile
    panel: Panel
    study_name: str = "s"
    n_jobs: int = 1
    cluster: Cluster | None = None
    n_trials: int | None = None
    target_trials: int | None = None
    timeout: Duration | None = None
    accept_changes: bool = False
    wait: bool = False


def carried_out(run: Run | WeightRun, listener: Listener = ignore) -> StudyOutcome:
    """What came of a run."""
    if isinstance(run, Run):
        search = Search(run.problem, run.components, run.settings, run.warm_start)
    else:
        search = WeightSearch(run.settings, run.objective, run.panel).search()
    names = SearchRequest.__dataclass_fields__
    request = SearchRequest(**{name: getattr(run, name) for name in names})
    return run_study(request, search, listener)
