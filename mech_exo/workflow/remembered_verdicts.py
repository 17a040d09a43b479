"""The verdicts that a study file remembers: kept after a judgement, found for what is exported."""

from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.factor_file.document import FactorFile, content_hash
from mech_exo.verdict.standing import (
    NOT_JUDGED,
    Conditions,
    Standing,
    file_conditions,
    rules_of,
    standing,
    verdict_in_words,
)
from mech_exo.workflow.trial_file import factors_of

if TYPE_CHECKING:
    from mech_exo.config.settings import VerdictSettings
    from mech_exo.tuning.study_record import Epoch, StudyRecord, TrialRecord
    from mech_exo.verdict.verdict import VerdictRecord
    from mech_exo.workflow.appraiser import Params
    from mech_exo.workflow.optimised import Choice
    from mech_exo.workflow.session import Session


def content_of(session: "Session", params: "Params") -> str:
    """The content hash of the factor file that these parameters would make."""
    appraiser = session.appraiser
    arguments = appraiser.space.arguments(params)
    factors = factors_of(appraiser.weights(params), appraiser.categories, arguments)
    rules = appraiser.space.mandates.block(params)
    return content_hash(factors, appraiser.hyperparameters(params), rules)


def standing_of_trial(
    session: "Session", study_file: Path, study: "StudyRecord", trial: "TrialRecord"
) -> Standing:
    """What is known of a study's trial, on the session's data and by its rules."""
    from mech_exo.tuning.kept_verdicts import kept_verdicts

    kept = kept_verdicts(study_file, content=content_of(session, trial.params))
    if not kept:
        return Standing()
    return standing(kept, _conditions(session, study))


def standing_of_file(
    file: FactorFile, study_file: Path, settings: "VerdictSettings | None"
) -> Standing:
    """What is known of a factor file's content; without settings the rules are not compared."""
    from mech_exo.tuning.kept_verdicts import kept_verdicts

    kept = kept_verdicts(study_file, content=file.content_hash)
    if not kept:
        return Standing()
    now = file_conditions(file, None if settings is None else rules_of(settings))
    return standing(kept, now)


def verdict_words(file: FactorFile, known: Standing) -> str:
    """The verdict on a factor file in a line: what is remembered, else what the file says."""
    if known.present is not None or known.others or file.verdict is None:
        return known.words
    return stated_words(file)


def stated_words(file: FactorFile) -> str:
    """The verdict that a factor file states, in a line; none on other weights than those judged."""
    if file.verdict is None:
        return NOT_JUDGED
    said = verdict_in_words(file.verdict)
    if file.stated_verdict is not None:
        return f"{said} (as the file says)"
    why = "was edited since its export" if file.edited else "does not say of which weights it is"
    return f"none (not judged; the file says {said}, but {why})"


def standing_of_best(study: "StudyRecord", study_file: Path) -> Standing:
    """What is known of a study's best trial; data and rules are not compared."""
    best = study.best()
    if best is None or study.epoch is None:
        return Standing()
    return standing_of_number(study_file, study.name, study.epoch, best.number, len(study.trials))


def standing_of_number(
    study_file: Path, study: str, epoch: "Epoch", trial: int, trials: int
) -> Standing:
    """What is known of a trial of a study of so many trials; data and rules are not compared."""
    from mech_exo.tuning.kept_verdicts import kept_verdicts

    kept = [
        k
        for k in kept_verdicts(study_file, study=study)
        if (k.epoch, k.trial, k.chosen) == (epoch.number, trial, "best")
    ]
    return standing(kept, Conditions(epoch.fingerprint, None, trials, None))


def keep_on_trial(
    verdict: "VerdictRecord",
    session: "Session",
    study_file: Path,
    study: "StudyRecord",
    trial: "TrialRecord",
    chosen: "Choice" = "best",
) -> None:
    """Keep a verdict with the study and the trial that it is on."""
    from mech_exo.tuning.kept_verdicts import KeptVerdict, keep_verdict
    from mech_exo.verdict.verdict import verdict_block

    assert study.epoch is not None
    keep_verdict(
        study_file,
        KeptVerdict(
            content=content_of(session, trial.params),
            fingerprint=study.epoch.fingerprint,
            data=session.data_fingerprint,
            trials=len(study.trials),
            rules=rules_of(session.settings.verdict),
            block=verdict_block(verdict),
            study=study.name,
            epoch=study.epoch.number,
            trial=trial.number,
            chosen=chosen,
        ),
    )


def keep_on_file(
    verdict: "VerdictRecord",
    session: "Session",
    study_file: Path,
    file: FactorFile,
    study: "StudyRecord | None",
) -> None:
    """Keep a verdict on a factor file, with the study that it came from if that is at hand."""
    from mech_exo.tuning.kept_verdicts import KeptVerdict, keep_verdict
    from mech_exo.verdict.verdict import verdict_block

    stated = file.provenance or {}
    epoch = study.epoch if study is not None else None
    exported = epoch is not None and file.hash_matches is True
    keep_verdict(
        study_file,
        KeptVerdict(
            content=file.content_hash,
            fingerprint=stated.get("study_fingerprint"),
            data=session.data_fingerprint,
            trials=verdict.reported.trials,
            rules=rules_of(session.settings.verdict),
            block=verdict_block(verdict),
            study=None if study is None else study.name,
            epoch=None if epoch is None else epoch.number,
            trial=file.metadata.get("best_trial_number") if exported else None,
            chosen=str(file.metadata.get("chosen", "best")),
        ),
    )


def _conditions(session: "Session", study: "StudyRecord") -> Conditions:
    return Conditions(
        fingerprint=None if study.epoch is None else study.epoch.fingerprint,
        data=session.data_fingerprint,
        trials=len(study.trials),
        rules=rules_of(session.settings.verdict),
    )
