"""All that a study file knows of one trial."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import HYPERPARAMETERS, WEIGHT, Parameter
from mech_exo.tuning.study_record import NO_EPOCH, Epoch, StudyRecord, TrialRecord, dominates
from mech_exo.tuning.trial_table import constraint_labels
from mech_exo.verdict.standing import Standing
from mech_exo.workflow.figures import ConstraintValue

if TYPE_CHECKING:
    from mech_exo.tuning.looks import Look

_LIMIT = "thresholds."


@dataclass(frozen=True)
class Rank:
    """Where a trial stands among the feasible complete trials of the current epoch.

    Attributes
    ----------
    place
        1 is the best; in a study of several objectives 1 more than the number of trials that
        dominate it. None: it is not ranked.
    of
        How many are ranked.
    words
        The same in words, or why it is not ranked.
    """

    place: int | None
    of: int
    words: str


@dataclass(frozen=True)
class TrialDetail:
    """A trial in its study.

    Attributes
    ----------
    standing
        What verdicts the study file keeps of it.
    looks
        When its portfolio was seen on the holdout, and by what; no figures.
    """

    study: StudyRecord
    trial: TrialRecord
    standing: Standing
    looks: "tuple[Look, ...]"

    @property
    def epoch(self) -> Epoch | None:
        """The epoch under which it was made."""
        return _epoch_of(self.study, self.trial)

    @property
    def values(self) -> dict[str, float]:
        """Objective -> value; {} for a failed trial."""
        study, values = self.study, self.trial.values
        names = study.objective_names
        if len(names) != len(study.directions):
            names = tuple(f"value {i}" for i in range(len(study.directions)))
        return dict(zip(names, values, strict=False))

    @cached_property
    def parameters(self) -> dict[str, dict[str, Parameter]]:
        """Kind -> parameter -> value: weights, hyperparameters, rules, others."""
        from mech_exo.objective.mandates import RULES

        found: dict[str, dict[str, Parameter]] = {
            "weights": {},
            "hyperparameters": {},
            "rules": {},
            "others": {},
        }
        for name, value in self.trial.params.items():
            if name.startswith(WEIGHT):
                found["weights"][name.removeprefix(WEIGHT)] = value
            elif name in HYPERPARAMETERS:
                found["hyperparameters"][name] = value
            else:
                found["rules" if name in RULES else "others"][name] = value
        return found

    @property
    def constraints(self) -> tuple[ConstraintValue, ...]:
        """Value and limit of each; a study that does not know the limit has the distance from 0."""
        distances = self.trial.constraints or ()
        names = constraint_labels(self.study, len(distances))
        limits = {} if self.epoch is None else limits_of_epoch(self.epoch.components)
        return tuple(
            ConstraintValue.of(name, limits.get(name), distance, self.trial.metrics)
            for name, distance in zip(names, distances, strict=True)
        )

    @property
    def distances(self) -> dict[str, float]:
        """Constraint -> how far beyond its limit; at most 0 where it is kept."""
        distances = self.trial.constraints or ()
        names = constraint_labels(self.study, len(distances))
        return dict(zip(names, distances, strict=True))

    @cached_property
    def rank(self) -> Rank:
        """Its place in the study."""
        study, trial = self.study, self.trial
        ranked = study.feasible_trials
        why = self._unranked()
        if why:
            return Rank(None, len(ranked), f"not ranked: {why}")
        own = study.losses(trial)
        if len(study.directions) > 1:
            better = sum(dominates(study.losses(t), own) for t in ranked)
            words = (
                "on the Pareto front"
                if not better
                else f"{better} trial{'s dominate' if better > 1 else ' dominates'} it"
            )
            return Rank(better + 1, len(ranked), f"{words}, of {len(ranked)} feasible")
        place = 1 + sum((study.losses(t)[0], t.number) < (own[0], trial.number) for t in ranked)
        share = f" (the best {100 * place / len(ranked):.2g} %)" if place > 1 else " (the best)"
        return Rank(place, len(ranked), f"{place} of {len(ranked)} feasible{share}")

    def _unranked(self) -> str:
        study, trial = self.study, self.trial
        if trial.state != "COMPLETE":
            return f"it is {trial.state.lower()}"
        if study.kind == "exo" and trial.epoch == NO_EPOCH:
            return "another program made it"
        if not any(t.number == trial.number for t in study.current):
            return f"it is of epoch {trial.epoch}, before the last --accept-changes"
        broken = [name for name, distance in self.distances.items() if not distance <= 0.0]
        return f"it does not keep {', '.join(broken)}" if broken else ""


def trial_detail(study: StudyRecord, study_file: Path, number: int) -> TrialDetail:
    """Trial `number` of a study.

    Raises
    ------
    ExoError
        There is no such trial.
    """
    trial = next((t for t in study.trials if t.number == number), None)
    if trial is None:
        there = f"{len(study.trials)} trials, from 0" if study.trials else "none yet"
        raise ExoError(
            f"study {study.name!r} has no trial {number}: it has {there}.",
            hint=f"`exo study trials {study.name}` lists them.",
        )
    known = _standing(study, study_file, _epoch_of(study, trial), number)
    return TrialDetail(study, trial, known, looks_at_trial(study, study_file, trial))


def looks_at_trial(study: StudyRecord, study_file: Path, trial: TrialRecord) -> "tuple[Look, ...]":
    """The looks at the holdout that name a trial, oldest first.

    A look of before the trial was made was at one of a study of the same name that was deleted.
    """
    from mech_exo.tuning.looks import all_looks

    named = f"trial {trial.number} of study {study.name}"
    made = trial.completed.isoformat(timespec="seconds") if trial.completed else ""
    return tuple(
        look
        for look in all_looks(study_file)
        if look.origin.endswith(f": {named}") and look.looked >= made
    )


def _epoch_of(study: StudyRecord, trial: TrialRecord) -> Epoch | None:
    return next((e for e in study.epochs if e.number == trial.epoch), None)


def limits_of_epoch(components: Mapping[str, str]) -> dict[str, float]:
    """Constraint -> limit, of those that the objective file had set."""
    return dict(_limits(components))


def _limits(components: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for name, text in components.items():
        if name.startswith(_LIMIT):
            try:
                yield name.removeprefix(_LIMIT), float(text)
            except ValueError:
                continue  # none is set


def _standing(study: StudyRecord, study_file: Path, epoch: Epoch | None, number: int) -> Standing:
    from mech_exo.workflow.remembered_verdicts import standing_of_number

    if epoch is None:
        return Standing()
    return standing_of_number(study_file, study.name, epoch, number, len(study.trials))
