"""Mech-Exo: honest tuning of equity factor weights on a point-in-time portfolio backtest.

>>> from mech_exo import Project
>>> project = Project.open("my-project")
>>> study = project.tune(trials=50)

docs/api.md shows the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from mech_exo.system.host import check_host
from mech_exo.version import __version__

if TYPE_CHECKING:
    from mech_exo.errors import ExoError
    from mech_exo.jobs.data_fetch import FetchRequest, fetch_data
    from mech_exo.jobs.data_import import ImportRequest, import_data
    from mech_exo.jobs.optimise import create_study, optimise
    from mech_exo.jobs.weekly_run import ReoptimizeRequest, reoptimize
    from mech_exo.library.backtests import Backtest
    from mech_exo.library.calibrations import Calibration
    from mech_exo.library.checks import Check
    from mech_exo.library.projects import Project
    from mech_exo.library.studies import Study, Trial
    from mech_exo.library.verdicts import Verdict
    from mech_exo.tuning.events import (
        EndedEarly,
        Event,
        Interrupted,
        StudyOpened,
        TrialFinished,
        Waiting,
        WorkerReplaced,
    )
    from mech_exo.workflow.calibration_run import CalibrationRequest, calibrate_data
    from mech_exo.workflow.reopen import verify_file
    from mech_exo.workflow.requests import RunRequest
    from mech_exo.workflow.run_events import (
        ReplicateFinished,
        ResultFound,
        RunEvent,
        SettingsResolved,
    )
    from mech_exo.workflow.session import InputRequest
    from mech_exo.workflow.verdict_run import JudgeRequest, judge
    from mech_exo.workforce.cluster import Cluster

__all__ = [
    "Backtest",
    "Calibration",
    "CalibrationRequest",
    "Check",
    "Cluster",
    "EndedEarly",
    "Event",
    "ExoError",
    "FetchRequest",
    "ImportRequest",
    "InputRequest",
    "Interrupted",
    "JudgeRequest",
    "Project",
    "ReoptimizeRequest",
    "ReplicateFinished",
    "ResultFound",
    "RunEvent",
    "RunRequest",
    "SettingsResolved",
    "Study",
    "StudyOpened",
    "Trial",
    "TrialFinished",
    "Verdict",
    "Waiting",
    "WorkerReplaced",
    "__version__",
    "calibrate_data",
    "create_study",
    "fetch_data",
    "import_data",
    "judge",
    "optimise",
    "reoptimize",
    "verify_file",
]

_HOMES = {
    "mech_exo.errors": ("ExoError",),
    "mech_exo.jobs.data_fetch": ("FetchRequest", "fetch_data"),
    "mech_exo.jobs.data_import": ("ImportRequest", "import_data"),
    "mech_exo.jobs.optimise": ("create_study", "optimise"),
    "mech_exo.jobs.weekly_run": ("ReoptimizeRequest", "reoptimize"),
    "mech_exo.library.backtests": ("Backtest",),
    "mech_exo.library.calibrations": ("Calibration",),
    "mech_exo.library.checks": ("Check",),
    "mech_exo.library.projects": ("Project",),
    "mech_exo.library.studies": ("Study", "Trial"),
    "mech_exo.library.verdicts": ("Verdict",),
    "mech_exo.tuning.events": (
        "EndedEarly",
        "Event",
        "Interrupted",
        "StudyOpened",
        "TrialFinished",
        "Waiting",
        "WorkerReplaced",
    ),
    "mech_exo.workflow.run_events": (
        "ReplicateFinished",
        "ResultFound",
        "RunEvent",
        "SettingsResolved",
    ),
    "mech_exo.workflow.calibration_run": ("CalibrationRequest", "calibrate_data"),
    "mech_exo.workflow.reopen": ("verify_file",),
    "mech_exo.workflow.requests": ("RunRequest",),
    "mech_exo.workflow.session": ("InputRequest",),
    "mech_exo.workflow.verdict_run": ("JudgeRequest", "judge"),
    "mech_exo.workforce.cluster": ("Cluster",),
}


if not TYPE_CHECKING:  # a type checker knows the names above, and that there are no others

    def __getattr__(name: str) -> object:
        """A name of `__all__`, from its module, when it is first asked for.

        Every command imports this package: what it does not use must not cost it anything.
        """
        home = next((module for module, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module 'mech_exo' has no attribute {name!r}")
        if home != "mech_exo.errors":
            check_host()
        found = globals()[name] = getattr(import_module(home), name)
        return found


def __dir__() -> list[str]:
    return sorted(__all__)
