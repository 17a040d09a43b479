"""Factor files, from a study and back."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExitCode, ExoError

if TYPE_CHECKING:
    from mech_exo.library.studies import Study
    from mech_exo.verification.comparisons import Verification
    from mech_exo.workflow.log import Log
    from mech_exo.workflow.session import InputRequest, Session


def write_best(session: "Session", study: "Study", path: Path, trial: int | None) -> Path:
    """Write the factor file of a study's best trial, or of trial number `trial`.

    Raises
    ------
    ExoError
        If there is no such trial (exit code 3: no feasible one), or the file cannot be written.
    """
    from mech_exo.factor_file.write import check_replaceable, write_factor_file
    from mech_exo.tuning.plan import StudyOutcome
    from mech_exo.workflow.chosen_trial import result_of
    from mech_exo.workflow.repeatable import repeatable

    check_replaceable(path)  # before a look is entered
    outcome = StudyOutcome(study.record, added=0, ended="goal", elapsed_seconds=0.0)
    result = result_of(session, study.file, outcome, trial)
    if result.trial is None or (trial is None and not result.trial.feasible):
        raise ExoError(
            f"study {study.name!r}: {study.record.without_feasible()}.",
            exit_code=ExitCode.NO_FEASIBLE_TRIAL,
        )
    if study.verdict is not None and trial is None:
        result = replace(result, verdict=study.verdict.judgement)
    return write_factor_file(path, repeatable(result), overwrite=True)


def verify_here(
    session: "Session", request: "InputRequest", path: Path, log: "Log", study_file: Path
) -> "Verification":
    """Compute a file's figures again; on the session's own data if they were DataFrames."""
    from mech_exo.factor_file.read import read_factor_file
    from mech_exo.verification.reproduction import settings_of
    from mech_exo.workflow.reopen import known_to, verify_file, verify_on

    if session.settings.data.source != "frames":
        return verify_file(path, study_file, request, log)
    file = read_factor_file(path)
    settings = settings_of(str(path), file, session.settings)
    market, panel = known_to(file, session.market, settings)
    own = replace(session, settings=settings, market=market, panel=panel)
    return verify_on(own, path, file, study_file)
