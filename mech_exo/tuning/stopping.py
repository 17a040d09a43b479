"""Keeping the rule of a search with patience with its study, for the verdict.

Whether a search ends is decided in `engine.py` and `tally.py`.

A verdict repeats the search where nothing is to be found. A search that ended because nothing
better came must be repeated with the same rule: a repetition of the same number of trials would be
another procedure.
"""

from dataclasses import dataclass
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.tuning.study_record import StudyRecord

STOPPING = "stopping"  # study attribute: by epoch, the rule of its last run


@dataclass(frozen=True)
class StoppingRule:
    """When a search ends.

    Parameters
    ----------
    patience
        Trials without a better feasible one that end it.
    goal
        Trials that end it at the latest; None: no such number.
    """

    patience: int
    goal: int | None


def with_rule(study: StudyRecord, patience: int | None, goal: int | None) -> dict[str, Any]:
    """The attribute of a study whose current epoch is searched by a rule; {} if nothing changes."""
    rules = dict(study.attributes.get(STOPPING, {}))
    key = _key(study)
    if patience is None:
        if rules.pop(key, None) is None:
            return {}
    else:
        rules[key] = {"patience": patience, "goal": goal}
    return {STOPPING: rules}


def rule_of(study: StudyRecord) -> StoppingRule | None:
    """The rule of a study's current epoch; None where each trial was wanted.

    Raises
    ------
    ExoError
        The study's note of it has been edited.
    """
    try:
        noted = study.attributes.get(STOPPING, {}).get(_key(study))
        if noted is None:
            return None
        patience, goal = noted["patience"], noted["goal"]
        if _count(patience) and (goal is None or _count(goal)):
            return StoppingRule(patience, goal)
    except (KeyError, TypeError, AttributeError):
        pass
    raise ExoError(
        f"Study '{study.name}' has been damaged or edited: its attribute {STOPPING!r} is no rule.",
        hint="Restore a copy of the study file.",
    )


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _key(study: StudyRecord) -> str:
    return str(study.epoch.number) if study.epoch is not None else ""
