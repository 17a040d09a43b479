"""How a trial becomes rows of Optuna's tables, and exo's own record of it.

A trial is stored twice, in one transaction. Optuna's rows (params, values, attributes,
intermediate values) serve Optuna, its dashboard and plain SQL. The system attribute `exo:record`
holds the trial whole, as exo reads it: one row instead of some forty, and the true values where
Optuna's rows carry a stand-in (see `stand_in`). The ranges of the parameters are stored once per
study under `exo:space:<hash>` and named by the record.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mech_exo.config.strict_json import parse_json
from mech_exo.tuning.ranges import to_stored
from mech_exo.tuning.study import FINISHED, Direction, Epoch, TrialRecord

RECORD_KEY = "exo:record"
SPACE_KEY = "exo:space:"
STUDY_KEY = "exo:study"  # version of this encoding, and the epochs
CONSTRAINTS_KEY = "constraints"  # the only form that both Optuna 5 and its dashboard 0.21 read
OBJECTIVE_NAMES_KEY = "dashboard:objective_names"
RECORD_VERSION = 1
NAMES = ("objective_names", "constraint_names")  # user attributes of a study
RESERVED = ("objective", "epoch", "reason")  # user attributes of a trial that are no metrics

Space = Mapping[str, str]


@dataclass(frozen=True)
class TrialRows:
    """The rows of one trial but for its id and its study."""

    trial: tuple[Any, ...]  # number, state, datetime_start, datetime_complete
    values: list[tuple[int, float | None, str]]
    params: list[tuple[str, float, str]]
    user_attributes: list[tuple[str, str]]
    system_attributes: list[tuple[str, str]]
    intermediate: list[tuple[int, float | None, str]]
    space: tuple[str, str]  # key and JSON of the study's attribute


def rows_of(trial: TrialRecord, directions: Sequence[Direction]) -> TrialRows:
    """The rows of a canonical trial.

    Raises
    ------
    ValueError
        The trial cannot be stored: it is unfinished, its number of values is not that of the
        directions, a metric has a reserved name, a parameter is outside its choices.
    """
    if not trial.finished:
        raise ValueError(f"trial {trial.number} is {trial.state}: only finished trials are stored")
    if trial.state == "COMPLETE" and len(trial.values) != len(directions):
        raise ValueError(f"trial {trial.number} has {len(trial.values)} values")
    if clash := sorted(set(RESERVED) & set(trial.metrics)):
        raise ValueError(f"trial {trial.number} has metrics of reserved names: {clash}")
    if list(trial.params) != list(trial.distributions):
        raise ValueError(f"trial {trial.number}: params and distributions differ")
    hidden = trial.state == "COMPLETE" and not trial.feasible
    shown = stand_in(directions) if hidden else trial.values
    system = [(RECORD_KEY, record_of(trial))]
    if trial.constraints is not None:
        system.append((CONSTRAINTS_KEY, json.dumps(trial.constraints)))
    return TrialRows(
        trial=(trial.number, trial.state, _time(trial.started), _time(trial.completed)),
        values=[(i, *typed(v)) for i, v in enumerate(shown)],
        params=[
            (name, to_stored(trial.distributions[name], value), trial.distributions[name])
            for name, value in trial.params.items()
        ],
        user_attributes=_user_attributes(trial),
        system_attributes=system,
        intermediate=[(step, *typed(v)) for step, v in trial.intermediate.items()],
        space=space_of(trial),
    )


def objective_of(trial: TrialRecord) -> str:
    """The user attribute `objective`: the true value, a list where there are several."""
    return json.dumps(trial.values[0] if len(trial.values) == 1 else trial.values)


def space_of(trial: TrialRecord) -> tuple[str, str]:
    """Key and JSON of the study's attribute that holds the ranges of a trial's parameters."""
    digest, text = _space(tuple(trial.distributions.items()))
    return SPACE_KEY + digest, text


def stand_in(directions: Sequence[Direction]) -> tuple[float, ...]:
    """The value stored for Optuna where a trial must never be the best: −∞, or ∞ if minimised."""
    return tuple(-math.inf if d == "maximize" else math.inf for d in directions)


def trial_from_record(
    row: tuple[int, str, str | None, str | None, str], spaces: Mapping[str, Space]
) -> TrialRecord:
    """A trial from (number, state, start, end, record)."""
    number, state, started, completed, text = row
    if state not in FINISHED:
        raise ValueError(f"trial {number} has the state {state}")
    record = parse_json(text)
    space = spaces[record["space"]]
    constraints = record["constraints"]
    return TrialRecord(
        number=number,
        state=state,
        params=dict(zip(space, record["params"], strict=True)),
        distributions=space,
        values=tuple(record["values"]),
        constraints=None if constraints is None else tuple(constraints),
        metrics=record["metrics"],
        intermediate={int(step): v for step, v in record["intermediate"].items()},
        reason=record["reason"],
        epoch=record["epoch"],
        started=parse_time(started),
        completed=parse_time(completed),
    )


def epoch_to_json(epoch: Epoch) -> dict[str, Any]:
    """An epoch as a JSON object."""
    return {
        "number": epoch.number,
        "fingerprint": epoch.fingerprint,
        "components": dict(epoch.components),
        "first_trial": epoch.first_trial,
        "created": epoch.created.astimezone(UTC).isoformat(),
    }


def epoch_from_json(document: Mapping[str, Any]) -> Epoch:
    """The epoch of `epoch_to_json`."""
    return Epoch(
        number=document["number"],
        fingerprint=document["fingerprint"],
        components=document["components"],
        first_trial=document["first_trial"],
        created=datetime.fromisoformat(document["created"]),
    )


def parse_time(text: str | None) -> datetime | None:
    """A time column of Optuna, which holds naive UTC."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def untyped(value: float | None, kind: str) -> float:
    """The number behind a value and its type in Optuna's tables."""
    if kind == "FINITE":
        if value is None:
            raise ValueError("a value that is FINITE is NULL")
        return float(value)
    return {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}[kind]


def typed(value: float) -> tuple[float | None, str]:
    """A number and its type as Optuna's tables hold them."""
    if math.isnan(value):
        return None, "NAN"
    if math.isinf(value):
        return None, "INF_POS" if value > 0 else "INF_NEG"
    return value, "FINITE"


def record_of(trial: TrialRecord) -> str:
    """exo's own record of a canonical trial: all but its number, state and times."""
    return json.dumps(
        {
            "epoch": trial.epoch,
            "space": _space(tuple(trial.distributions.items()))[0],
            "params": list(trial.params.values()),
            "values": trial.values,
            "constraints": trial.constraints,
            "metrics": dict(trial.metrics),
            "intermediate": dict(trial.intermediate),
            "reason": trial.reason,
        }
    )


def _user_attributes(trial: TrialRecord) -> list[tuple[str, str]]:
    shown = [("objective", objective_of(trial))] if trial.values else []
    shown.append(("epoch", str(trial.epoch)))
    if trial.reason:
        shown.append(("reason", json.dumps(trial.reason)))
    return shown + [(name, _number(value)) for name, value in trial.metrics.items()]


@lru_cache(maxsize=256)
def _space(ranges: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Hash and JSON of the ranges of a trial; nearly all trials of a study share them."""
    text = json.dumps(dict(ranges))
    return hashlib.sha256(text.encode()).hexdigest()[:16], text


def _number(value: float) -> str:
    """`json.dumps` of a float, at a fifth of its cost."""
    return repr(value) if math.isfinite(value) else json.dumps(value)


def _time(moment: datetime | None) -> str | None:
    """As SQLAlchemy writes it: naive UTC, microseconds always."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
