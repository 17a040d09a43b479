"""Trials that exo did not make, read from Optuna's rows."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from mech_exo.config.strict_json import parse_json
from mech_exo.tuning.encoding import CONSTRAINTS_KEY, RECORD_KEY, parse_time, untyped
from mech_exo.tuning.ranges import from_stored
from mech_exo.tuning.study import NO_EPOCH, TrialRecord

# the trials of a study that have no record of exo's
_FOREIGN = (
    "SELECT t.trial_id FROM trials t WHERE t.study_id = :study AND NOT EXISTS "
    "(SELECT 1 FROM trial_system_attributes a WHERE a.trial_id = t.trial_id AND a.key = :key)"
)

Rows = dict[int, list[tuple[Any, ...]]]


def foreign_trials(connection: sqlite3.Connection, study_id: int) -> list[TrialRecord]:
    """The trials of a study that have no record of exo's, by number.

    Numeric user attributes are read as metrics, the attribute `reason` (or Optuna's `fail_reason`)
    as the reason.
    """

    def rows(table: str, columns: str, order: str) -> Rows:
        grouped: Rows = defaultdict(list)
        query = (
            f"SELECT trial_id, {columns} FROM {table} "  # noqa: S608  # no input in it
            f"WHERE trial_id IN ({_FOREIGN}) ORDER BY {order}"
        )
        for trial_id, *rest in connection.execute(query, {"study": study_id, "key": RECORD_KEY}):
            grouped[trial_id].append(tuple(rest))
        return grouped

    values = rows("trial_values", "value, value_type", "objective")
    params = rows("trial_params", "param_name, param_value, distribution_json", "param_id")
    user = rows("trial_user_attributes", "key, value_json", "trial_user_attribute_id")
    system = rows("trial_system_attributes", "key, value_json", "trial_system_attribute_id")
    steps = rows(
        "trial_intermediate_values", "step, intermediate_value, intermediate_value_type", "step"
    )
    trials = rows("trials", "number, state, datetime_start, datetime_complete", "number, trial_id")
    records = []
    for trial_id, [(number, state, started, completed)] in trials.items():
        shown = {key: parse_json(text) for key, text in user[trial_id]}
        hidden = {key: parse_json(text) for key, text in system[trial_id]}
        records.append(
            TrialRecord(
                number=number,
                state=state,
                params={name: from_stored(text, v) for name, v, text in params[trial_id]},
                distributions={name: text for name, _, text in params[trial_id]},
                values=tuple(untyped(v, kind) for v, kind in values[trial_id]),
                constraints=_constraints(hidden),
                metrics={k: float(v) for k, v in shown.items() if _is_number(v)},
                intermediate={step: untyped(v, kind) for step, v, kind in steps[trial_id]},
                reason=str(shown.get("reason") or hidden.get("fail_reason") or ""),
                epoch=NO_EPOCH,
                started=parse_time(started),
                completed=parse_time(completed),
            )
        )
    return records


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _constraints(attributes: Mapping[str, Any]) -> tuple[float, ...] | None:
    """Of the list that older Optuna wrote, else of the single attributes of Optuna 5."""
    values = attributes.get(CONSTRAINTS_KEY)
    if values is None:
        prefix = f"{CONSTRAINTS_KEY}:"
        values = [v for key, v in attributes.items() if key.startswith(prefix)] or None
    return None if values is None else tuple(float(v) for v in values)
