"""Trials and what they are judged by, as a study of Optuna's that its functions read."""

from collections.abc import Container, Sequence

import optuna
from optuna.storages import InMemoryStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from mech_exo.tuning.cube import from_json
from mech_exo.tuning.study_record import TrialRecord


def study_of(trials: Sequence[TrialRecord], losses: Sequence[Sequence[float]]) -> Study:
    """A study to be minimised that holds these trials, and cannot be added to.

    Parameters
    ----------
    losses
        Of each trial; as many of each.
    """
    frozen = [
        FrozenTrial(
            number=i,
            trial_id=i,
            state=TrialState.COMPLETE,
            value=None,
            values=list(values),
            datetime_start=None,
            datetime_complete=None,
            params=dict(trial.params),
            distributions={name: from_json(text) for name, text in trial.distributions.items()},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
        )
        for i, (trial, values) in enumerate(zip(trials, losses, strict=True))
    ]
    storage = _GivenTrials(frozen)
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # this study is nobody's news
    try:
        storage.create_new_study([StudyDirection.MINIMIZE] * len(losses[0]), "judged")
    finally:
        optuna.logging.set_verbosity(verbosity)
    return Study("judged", storage)


class _GivenTrials(InMemoryStorage):
    """Optuna's own copies each trial that is added, which takes longer than all else."""

    def __init__(self, trials: list[FrozenTrial]) -> None:
        super().__init__()
        self._given = trials

    def get_all_trials(
        self,
        study_id: int,  # noqa: ARG002 - there is one
        deepcopy: bool = True,  # noqa: ARG002 - nobody changes them
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """The given trials."""
        return [t for t in self._given if states is None or t.state in states]
