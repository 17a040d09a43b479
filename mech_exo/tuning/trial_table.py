"""The trial table: a header and one line a trial, the same bytes for the same trials.

Numbers are written as Python's repr, which reads back to the same bits. The table holds no name
of the study, no path and, unless asked for, no time: so the tables of two runs can be compared
with cmp. For people there is `report/trial_listing.py`.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from mech_exo.system.plain_values import plain
from mech_exo.system.printable import printable_json
from mech_exo.tuning.study_record import StudyRecord, TrialRecord

Format = Literal["csv", "json"]
Row = dict[str, Any]
"""Column -> value of one trial; a column that it does not have is not there."""

TIMES = ("started", "completed")


def trial_table(study: StudyRecord, form: Format, *, times: bool = True) -> str:
    """The trials of all epochs by number, as `table_text` writes them."""
    rows = trial_rows(study)
    return table_text(rows, columns_of(rows, times=times), form)


def table_text(rows: Iterable[Row], columns: Sequence[str], form: Format) -> str:
    """Rows in their order.

    What a trial does not have, or what is undefined, is empty in CSV, null in JSON.
    """
    if form == "json":
        return _json(rows, columns)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([exact_text(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def trial_rows(study: StudyRecord) -> list[Row]:
    """A mapping of column to value for each trial, by number.

    Columns are number, epoch, state, feasible, the objective values, parameters, constraints,
    metrics, reason, started and completed (UTC). "feasible" tells whether all limits are kept, of a
    pruned trial as far as it was run; only complete ones count as feasible trials.
    """
    values = _value_columns(study)
    ordered = sorted(study.trials, key=lambda t: t.number)
    rows = []
    for trial in ordered:
        row: Row = {
            "number": trial.number,
            "epoch": trial.epoch,
            "state": trial.state,
            "feasible": trial.keeps_limits if trial.constraints is not None else None,
        }
        row |= dict(zip(values, trial.values, strict=False))
        row |= {f"param_{name}": value for name, value in trial.params.items()}
        row |= _constraints(study, trial)
        row |= {f"metric_{name}": value for name, value in trial.metrics.items()}
        row["reason"] = trial.reason
        row["started"] = trial.started.isoformat() if trial.started else None
        row["completed"] = trial.completed.isoformat() if trial.completed else None
        rows.append(row)
    return rows


def columns_of(rows: Iterable[Row], *, times: bool = True) -> list[str]:
    """All columns, grouped, and within a group in the order of first occurrence."""
    seen: dict[str, None] = dict.fromkeys(_GROUPS[:4])
    for row in rows:
        seen |= dict.fromkeys(row)
    last = ("reason", *TIMES)

    def group(name: str) -> int:
        if name in last:
            return len(_GROUPS) + last.index(name)
        return next(i for i, prefix in enumerate(_GROUPS) if name.startswith(prefix))

    return [name for name in sorted(seen, key=group) if times or name not in TIMES]


_GROUPS = ("number", "epoch", "state", "feasible", "value", "param_", "constraint_", "metric_")


def exact_text(value: object) -> str:
    """A cell that reads back to the same value; "" where there is none."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value + 0.0)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _value_columns(study: StudyRecord) -> list[str]:
    if len(study.directions) == 1:
        return ["value"]
    names = study.objective_names or [str(i) for i in range(len(study.directions))]
    return [f"value_{name}" for name in names]


def _constraints(study: StudyRecord, trial: TrialRecord) -> dict[str, float]:
    constraints = trial.constraints or ()
    names = constraint_labels(study, len(constraints))
    return {f"constraint_{n}": c for n, c in zip(names, constraints, strict=True)}


def constraint_labels(study: StudyRecord, count: int) -> tuple[str, ...]:
    """Names of a trial's constraints; their positions where the study does not name as many."""
    names = study.constraint_names
    return names if len(names) == count else tuple(str(i) for i in range(count))


def _json(rows: Iterable[Row], columns: Sequence[str]) -> str:
    lines = []
    for row in rows:
        known = {name: row.get(name) for name in columns}
        text = json.dumps(plain(known), ensure_ascii=False, allow_nan=False)
        lines.append(printable_json(text))
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"
