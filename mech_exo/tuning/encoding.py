"""How a trial becomes rows of Optuna's tables, and exo's own record of it.

A trial is stored twice, in one transaction. Optuna's rows (params, values, attributes,
intermediate values) serve Optuna, its dashboard and plain SQL. The table `exo_records` holds the
trial whole, as exo reads it: one row instead of some forty, and the true values where Optuna's
rows carry a stand-in (see `shown_values`). The ranges of the parameters are stored once per
study under `exo:space:<hash>` and named by the record.

Every JSON here is valid JSON: what is undefined is null, ±∞ is ±9e999 (a number that every reader
turns into infinity), and there is no −0.0.
"""

import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mech_exo.factor_file.document import Parameter
from mech_exo.objective.evaluation import Direction
from mech_exo.system.plain_values import plain
from mech_exo.system.strict_json import parse_json
from mech_exo.tuning.range_json import to_stored
from mech_exo.tuning.study_record import FINISHED, Epoch, TrialRecord

SPACE_KEY = "exo:space:"
STUDY_KEY = "exo:study"  # version of this encoding, and the epochs
CONSTRAINTS_KEY = "constraints"  # the only form that both Optuna 5 and its dashboard 0.21 read
OBJECTIVE_NAMES_KEY = "dashboard:objective_names"
RECORD_VERSION = 2  # 1 kept the record in a system attribute: migration.py
SUPERSEDED = 1.0  # one more constraint, violated, of a trial of an earlier epoch
LARGEST = sys.float_info.max  # for a constraint that is NaN or ∞: the dashboard's JSON has neither
NAMES = ("objective_names", "constraint_names")  # user attributes of a study
RESERVED = ("objective", "epoch", "reason")  # user attributes of a trial that are no metrics

RangeTexts = Mapping[str, str]


@dataclass(frozen=True)
class TrialRows:
    """The rows of one trial but for its id and its study."""

    trial: tuple[Any, ...]  # number, state, datetime_start, datetime_complete
    values: list[tuple[int, float | None, str]]
    params: list[tuple[str, float, str]]
    user_attributes: list[tuple[str, str]]
    system_attributes: list[tuple[str, str]]
    intermediate: list[tuple[int, float | None, str]]
    record: str
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
    constraints = trial.constraints
    system = [] if constraints is None else [(CONSTRAINTS_KEY, constraints_json(constraints))]
    return TrialRows(
        trial=(trial.number, trial.state, _time(trial.started), _time(trial.completed)),
        values=[(i, *typed(v)) for i, v in enumerate(shown_values(trial, directions))],
        params=[
            (name, to_stored(trial.distributions[name], value), trial.distributions[name])
            for name, value in trial.params.items()
        ],
        user_attributes=_user_attributes(trial, directions),
        system_attributes=system,
        intermediate=[(step, *typed(v)) for step, v in trial.intermediate.items()],
        record=record_of(trial),
        space=space_of(trial),
    )


def shown_values(trial: TrialRecord, directions: Sequence[Direction]) -> tuple[float, ...]:
    """The values that Optuna's readers see of a trial of the current epoch.

    The true ones, but for an infeasible trial of a single objective: Optuna's study summaries and
    its dashboard take the greatest value there without a look at the constraints. With several
    objectives Optuna goes by the constraints.
    """
    if trial.state == "COMPLETE" and len(directions) == 1 and not trial.feasible:
        return stand_in(directions)
    return trial.values


def objective_of(trial: TrialRecord) -> str:
    """The user attribute `objective`: the true value where Optuna's readers see a stand-in."""
    return number_json(trial.values[0])


def constraints_json(constraints: Sequence[float]) -> str:
    """The system attribute `constraints`; NaN and ∞ are the largest violation there is."""
    largest = [max(c, -LARGEST) if c <= LARGEST else LARGEST for c in constraints]
    return _array(largest)


def space_of(trial: TrialRecord) -> tuple[str, str]:
    """Key and JSON of the study's attribute that holds the ranges of a trial's parameters."""
    digest, text = _space(tuple(trial.distributions.items()))
    return SPACE_KEY + digest, text


def stand_in(directions: Sequence[Direction]) -> tuple[float, ...]:
    """The value stored for Optuna where a trial must never be the best: −∞, or ∞ if minimised."""
    return tuple(-math.inf if d == "maximize" else math.inf for d in directions)


def trial_from_record(
    row: tuple[int, str, str | None, str | None, str], spaces: Mapping[str, RangeTexts]
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
        values=tuple(map(float, record["values"])),
        constraints=None if constraints is None else tuple(map(_defined, constraints)),
        metrics={name: _defined(v) for name, v in record["metrics"].items()},
        intermediate={int(step): _defined(v) for step, v in record["intermediate"].items()},
        reason=str(record["reason"]),
        epoch=int(record["epoch"]),
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
    constraints = "null" if trial.constraints is None else _array(trial.constraints)
    return (
        f'{{"epoch": {trial.epoch}, "space": "{_space(tuple(trial.distributions.items()))[0]}", '
        f'"params": {_parameters(list(trial.params.values()))}, "values": {_array(trial.values)}, '
        f'"constraints": {constraints}, "metrics": {_object(trial.metrics)}, '
        f'"intermediate": {_object(trial.intermediate)}, "reason": {json.dumps(trial.reason)}}}'
    )


def number_json(value: float) -> str:
    """A number as JSON: exact, null where it is NaN."""
    if math.isfinite(value):
        return repr(value + 0.0)
    return "null" if math.isnan(value) else "9e999" if value > 0 else "-9e999"


def stored_json(value: Any) -> str:
    """`value` as JSON; a NaN or ∞ anywhere in it is null."""
    return json.dumps(plain(value), allow_nan=False)


def _parameters(values: list[Parameter]) -> str:
    floats = [v for v in values if type(v) is float and math.isfinite(v)]
    return _array(floats) if len(floats) == len(values) else stored_json(values)


def _array(values: Sequence[float]) -> str:
    plain = [float(v) + 0.0 for v in values]
    if all(map(math.isfinite, plain)):
        return repr(plain)  # which is JSON, and quicker
    return f"[{', '.join(map(number_json, plain))}]"


def _object(values: Mapping[Any, float]) -> str:
    items = (f"{_quoted(str(key))}: {number_json(v)}" for key, v in values.items())
    return f"{{{', '.join(items)}}}"


@lru_cache(maxsize=1024)
def _quoted(name: str) -> str:
    return json.dumps(name)


def _defined(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _user_attributes(trial: TrialRecord, directions: Sequence[Direction]) -> list[tuple[str, str]]:
    hidden = shown_values(trial, directions) != trial.values
    shown = [("objective", objective_of(trial))] if hidden else []
    shown.append(("epoch", str(trial.epoch)))
    if trial.reason:
        shown.append(("reason", json.dumps(trial.reason)))
    return shown + [(name, number_json(value)) for name, value in trial.metrics.items()]


@lru_cache(maxsize=256)
def _space(ranges: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Hash and JSON of the ranges of a trial; nearly all trials of a study share them."""
    text = json.dumps(dict(ranges))
    return hashlib.sha256(text.encode()).hexdigest()[:16], text


def _time(moment: datetime | None) -> str | None:
    """As SQLAlchemy writes it: naive UTC, microseconds always."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
