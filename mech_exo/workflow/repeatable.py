"""The factor file of a study, the same however often it is made."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.write import factor_file_text
from mech_exo.workflow.chosen_trial import factor_file_of
from mech_exo.workflow.optimised import Optimised
from mech_exo.workflow.requests import RunRequest
from mech_exo.workflow.run_events import unheard
from mech_exo.workflow.tuned import tuned

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.workflow.session import Session


def study_text(session: "Session", study_file: Path, name: str) -> str:
    """The factor file of a study's best trial; no trial is added.

    Raises
    ------
    ExoError
        If there is no such study, it has another fingerprint, or no feasible trial (exit code 3).
    """
    from mech_exo.tuning.records import study_names

    known = study_names(study_file)
    if name not in known:
        raise ExoError(
            f"{name!r} is neither a file nor a study in {study_file}.",
            hint=f"It holds: {', '.join(known)}." if known else "Name a factor file.",
        )
    request = RunRequest(
        study_name=name, study_file=study_file, n_jobs=1, n_trials=0, command="factors stage"
    )
    result = tuned(request, session, unheard)
    if result.trial is None or not result.trial.feasible:
        raise ExoError(
            f"study {name!r}: {result.outcome.study.without_feasible()}.",
            exit_code=ExitCode.NO_FEASIBLE_TRIAL,
        )
    return factor_file_text(repeatable(result))


def repeatable(result: Optimised) -> "FactorFile":
    """A result's factor file without anything that depends on when it is made.

    It is dated by the study's last trial, its id is drawn from the study's fingerprint, the look
    at the holdout is its first one, and the verdict's own running times are left out.
    """
    from mech_exo.tuning.run_times import elapsed_seconds

    file = factor_file_of(result)
    study = result.outcome.study
    ended = [trial.completed for trial in study.current if trial.completed is not None]
    stated: dict[str, Any] = {}
    if ended:
        made = max(ended).astimezone().replace(tzinfo=None)  # local, as in every factor file
        stated["created_at"] = made.isoformat(timespec="microseconds")
        stated["elapsed_time_seconds"] = elapsed_seconds(study)
    fingerprint = study.epoch.fingerprint if study.epoch is not None else ""
    name = f"{study.name} {fingerprint} {file.content_hash}"
    stated["run_id"] = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    outside, verdict = file.out_of_sample, file.verdict
    if outside is not None and result.best is not None:
        outside = outside | {"looks": result.best.look}
    if verdict is not None:
        verdict = {key: value for key, value in verdict.items() if key != "seconds"}
    return replace(file, metadata=file.metadata | stated, out_of_sample=outside, verdict=verdict)
