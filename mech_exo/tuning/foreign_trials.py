"""Trials without a record of exo's, read from Optuna's rows: plain Optuna made or copied them."""

import math
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from mech_exo.system.strict_json import parse_json
from mech_exo.tuning.encoding import CONSTRAINTS_KEY, RESERVED, parse_time, untyped
from mech_exo.tuning.range_json import from_stored
from mech_exo.tuning.study_record import NO_EPOCH, TrialRecord

Rows = dict[int, list[tuple[Any, ...]]]


def foreign_trials(
    connection: sqlite3.Connection, chosen: str, which: Mapping[str, int], epochs: int = 0
) -> list[TrialRecord]:
    """Chosen trials of a study.

    Numeric user attributes are read as metrics, the attribute `reason` (or Optuna's `fail_reason`)
    as the reason. A trial that names one of the study's epochs is one of exo's, copied by Optuna.

    Parameters
    ----------
    chosen, which
        Query for their ids, and its parameters.
    epochs
        How many the study has; 0 for one of plain Optuna.
    """

    stored = _StoredRows(connection, chosen, which)
    trials = stored.of("trials", "number, state, datetime_start, datetime_complete", "number")
    return [stored.trial(trial_id, row, epochs) for trial_id, [row] in trials.items()]


class _StoredRows:
    """What Optuna's tables hold of chosen trials, by trial."""

    def __init__(
        self, connection: sqlite3.Connection, chosen: str, which: Mapping[str, int]
    ) -> None:
        self._connection, self._chosen, self._which = connection, chosen, which
        self._values = self.of("trial_values", "value, value_type", "objective")
        self._params = self.of(
            "trial_params", "param_name, param_value, distribution_json", "param_id"
        )
        self._user = self.of("trial_user_attributes", "key, value_json", "trial_user_attribute_id")
        self._system = self.of(
            "trial_system_attributes", "key, value_json", "trial_system_attribute_id"
        )
        self._steps = self.of(
            "trial_intermediate_values", "step, intermediate_value, intermediate_value_type", "step"
        )

    def of(self, table: str, columns: str, order: str) -> Rows:
        """Trial -> its rows of a table."""
        grouped: Rows = defaultdict(list)
        query = (
            f"SELECT trial_id, {columns} FROM {table} "  # noqa: S608  # no input in it
            f"WHERE trial_id IN ({self._chosen}) ORDER BY {order}, trial_id"
        )
        for trial_id, *rest in self._connection.execute(query, self._which):
            grouped[trial_id].append(tuple(rest))
        return grouped

    def trial(self, trial_id: int, row: tuple[Any, ...], epochs: int) -> TrialRecord:
        """A trial, from its own row and all others."""
        number, state, started, completed = row
        shown = {key: parse_json(text) for key, text in self._user[trial_id]}
        hidden = {key: parse_json(text) for key, text in self._system[trial_id]}
        seen = tuple(untyped(v, kind) for v, kind in self._values[trial_id])
        epoch = _epoch(shown, epochs)
        own = epoch != NO_EPOCH
        superseded = own and len(seen) > 1 and epoch != epochs - 1
        params = self._params[trial_id]
        return TrialRecord(
            number=number,
            state=state,
            params={name: from_stored(text, v) for name, v, text in params},
            distributions={name: text for name, _, text in params},
            values=_true_values(shown, seen) if own else seen,
            constraints=_constraints(hidden, superseded=superseded),
            metrics=_own_metrics(shown) if own else _metrics(shown),
            intermediate={step: untyped(v, kind) for step, v, kind in self._steps[trial_id]},
            reason=str(shown.get("reason") or hidden.get("fail_reason") or ""),
            epoch=epoch,
            started=parse_time(started),
            completed=parse_time(completed),
        )


def _epoch(attributes: Mapping[str, Any], epochs: int) -> int:
    named = attributes.get("epoch")
    return named if type(named) is int and named in range(epochs) else NO_EPOCH


def _metrics(attributes: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(v) for key, v in attributes.items() if _is_number(v)}


def _own_metrics(attributes: Mapping[str, Any]) -> dict[str, float]:
    """Of a trial of exo's: what is undefined is null there, and is a metric all the same."""
    return {
        key: math.nan if v is None else float(v)
        for key, v in attributes.items()
        if key not in RESERVED and (v is None or _is_number(v))
    }


def _true_values(attributes: Mapping[str, Any], seen: tuple[float, ...]) -> tuple[float, ...]:
    """Of a trial of exo's whose stored value may be a stand-in."""
    true = attributes.get("objective")
    if true is None or not seen:
        return seen
    return tuple(true) if isinstance(true, list) else (float(true),)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _constraints(attributes: Mapping[str, Any], *, superseded: bool) -> tuple[float, ...] | None:
    """Of the list that older Optuna wrote, else of the single attributes of Optuna 5.

    A superseded trial has one more, which says so (`encoding.SUPERSEDED`).
    """
    values = attributes.get(CONSTRAINTS_KEY)
    if values is None:
        prefix = f"{CONSTRAINTS_KEY}:"
        values = [v for key, v in attributes.items() if key.startswith(prefix)] or None
    if values is None:
        return None
    return tuple(float(v) for v in (values[:-1] if superseded else values))
