"""What a study's best portfolio would have made in sample, backtested beside the dashboard.

The dashboard answers at once; the backtest is made in a process of its own, which takes the memory
of the data with it, from the project's settings, objective file and data, and only where these are
the study's. The holdout is never run: looking at a page is no reason to look there.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.processes import call_main, die_with_parent
from mech_exo.tuning.study_record import StudyRecord

START = 100.0


@dataclass(frozen=True)
class StudyCourse:
    """A portfolio in sample, and what stands beside it.

    Attributes
    ----------
    dates
        T sessions, ISO 8601.
    portfolio, universe
        T values: what 100 has become, after costs.
    """

    label: str
    beside: str
    dates: Sequence[str]
    portfolio: Sequence[float]
    universe: Sequence[float]


class StudyCourses:
    """Backtests of the best trials of a file's studies, one at a time; the latest of each is kept.

    Parameters
    ----------
    project
        The folder whose settings, objective and data are used; None: nothing is backtested.
    """

    def __init__(self, study_file: Path, project: Path | None) -> None:
        self._study_file = study_file
        self._project = None if project is None else project.absolute()
        self._lock = threading.Lock()
        self._working: threading.Thread | None = None
        self._known: dict[str, tuple[object, StudyCourse | str]] = {}

    def of(self, study: StudyRecord) -> StudyCourse | str:
        """The course that is known, of an earlier best while the present one's is made.

        Where there is none, why; "" while the first is made.
        """
        best = study.best()
        if self._project is None or best is None or study.epoch is None:
            return ""
        wanted = (study.epoch.fingerprint, best.number, tuple(best.params.items()))
        with self._lock:
            made, course = self._known.get(study.name, (None, ""))
            if made != wanted and self._working is None:
                asked = (str(self._study_file), study.name, best.number, str(self._project))
                arguments = (study.name, wanted, asked)
                self._working = threading.Thread(target=self._work, args=arguments, daemon=True)
                self._working.start()
        return course

    def wait(self) -> None:
        """Until nothing is being made."""
        with self._lock:
            working = self._working
        if working is not None:
            working.join()

    def _work(self, name: str, wanted: object, asked: tuple[str, str, int, str]) -> None:
        found: StudyCourse | str = ""
        try:
            found = _in_a_process(asked)
        except OSError as error:  # no more processes or memory
            found = f"{NONE}: no process for it ({error.strerror})."
        finally:
            with self._lock:
                self._known[name] = wanted, found
                self._working = None


NONE = "There is no plot of what 100 would have become"


def _in_a_process(asked: tuple[str, str, int, str]) -> StudyCourse | str:
    made = subprocess.run(  # noqa: S603 (this interpreter, our own code)
        call_main("mech_exo.report.study_course"),
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    lines = made.stdout.splitlines()  # before the last: what the objective file prints
    if made.returncode != 0 or not lines:
        return f"{NONE}: the process that makes it has ended (status {made.returncode})."
    answer = json.loads(lines[-1])
    return f"{NONE}: {answer}" if isinstance(answer, str) else StudyCourse(**answer)


def main() -> None:
    """Backtest one trial; the process itself."""
    die_with_parent()
    study_file, name, number, project = json.loads(sys.stdin.readline())
    try:
        answer: object = asdict(course_in_sample(Path(study_file), name, number, Path(project)))
    except ExoError as error:
        answer = error.message
    sys.stdout.write(f"\n{json.dumps(answer)}\n")


def course_in_sample(study_file: Path, name: str, number: int, project: Path) -> StudyCourse:
    """Backtest a trial in sample.

    Raises
    ------
    ExoError
        If settings, objective file or data cannot be read, or are not the study's.
    """
    import numpy as np

    from mech_exo.tuning.records import read_study
    from mech_exo.verdict.subject import study_subject
    from mech_exo.workflow.factor_list import factors_of_study
    from mech_exo.workflow.log import PythonLog
    from mech_exo.workflow.session import InputRequest, open_session
    from mech_exo.workflow.study_settings import as_searched

    study = read_study(study_file, name)
    trial = study.trials[number]
    listed, log = factors_of_study(study_file, name), PythonLog()
    inputs = as_searched(InputRequest(cwd=project), study_file, name, log)
    session = open_session(inputs, log, listed, refuse=False)
    # refuses what is not the study's
    study_subject(session.settings, session.objective, session.panel, session.market, study, trial)
    appraiser = session.appraiser
    result = appraiser.in_sample.run(trial.params)
    portfolio, universe = (
        (START * np.multiply.accumulate(1.0 + returns)).tolist()
        for returns in (result.returns, result.benchmark_returns)
    )
    beside = appraiser.space.candidate(trial.params).mandate.measured_against
    dates = [str(date) for date in result.dates]
    return StudyCourse(f"trial {number}", beside, dates, portfolio, universe)
