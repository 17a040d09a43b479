"""What the study file itself holds of a portfolio, for a page that computes nothing anew."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mech_exo.errors import ExitCode
from mech_exo.tearsheet.reported import Reported
from mech_exo.verdict.standing import Standing

if TYPE_CHECKING:
    from mech_exo.workflow.figures import ConstraintValue


def as_stored(reported: Reported, others: str) -> Reported:
    """The record with verdict, limits and looks as they are stored, and no backtest.

    Parameters
    ----------
    others
        In what data, settings, objective or code at hand are others, as a sentence.
    """
    holder = "file" if reported.kind == "file" else "study"
    caution = f"{others.rstrip('.')}. This page shows what the {holder} itself says, and computes "
    return _stored(reported, f"{caution}nothing anew.", ExitCode.NOT_THE_FILES)


def without_feasible(reported: Reported) -> Reported:
    """The record of a study in which no trial keeps all limits: none is worth a look."""
    caution = (
        "No trial keeps all limits, so no look at the holdout is spent and nothing is run: this "
        "page shows what the study holds. --trial NUMBER shows one trial with all its figures."
    )
    return _stored(reported, caution, ExitCode.NO_FEASIBLE_TRIAL)


def _stored(reported: Reported, caution: str, exit_code: ExitCode) -> Reported:
    look, looks = _looks(reported)
    return replace(
        reported,
        standing=reported.standing if reported.kind == "file" else _standing(reported),
        constraints=_constraints(reported),
        look=look,
        looks=looks,
        cautions=(*reported.cautions, caution),
        exit_code=exit_code,
    )


def _standing(reported: Reported) -> Standing:
    from mech_exo.workflow.remembered_verdicts import standing_of_number

    study, trial = reported.study, reported.trial
    if study is None or trial is None or study.epoch is None:
        return Standing()
    number, trials = trial.number, len(study.trials)
    return standing_of_number(reported.study_file, study.name, study.epoch, number, trials)


def _constraints(reported: Reported) -> "tuple[ConstraintValue, ...]":
    from mech_exo.workflow.trial_detail import TrialDetail

    study, trial = reported.study, reported.trial
    if study is None or trial is None:
        return ()
    return TrialDetail(study, trial, Standing(), ()).constraints


def _looks(reported: Reported) -> tuple[int, int]:
    """Which look at the holdout the first at the trial was, and how many portfolios were seen."""
    from mech_exo.tuning.looks import counting_with, distinct, rank
    from mech_exo.workflow.trial_detail import looks_at_trial

    study, trial = reported.study, reported.trial
    if study is None or trial is None:
        return 0, 0
    mine = looks_at_trial(study, reported.study_file, trial)
    if not mine:
        return 0, 0
    looks = counting_with(reported.study_file, mine[-1])
    return rank(looks, mine[-1].content), distinct(looks)
