"""The trial table: a header and one line a trial, the same bytes for the same trials.

Numbers are written as Python's repr, which reads back to the same bits. The table holds no name
of the study, no path and, unless asked for, no time: so the tables of two runs can be compared
with cmp.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from mech_exo.system.plain_values import plain
from mech_exo.system.printable import printable, printable_json
from mech_exo.tuning.study_record import StudyRecord, TrialRecord

Format = Literal["table", "csv", "json"]


def trial_table(study: StudyRecord, form: Format = "table", *, times: bool = True) -> str:
    """The trials of all epochs by number.

    Columns are number, epoch, state, feasible, the objective values, parameters, constraints,
    metrics, reason, and with `times` started and completed (UTC). Columns that only some trials
    have come in the order in which they first occur. What a trial does not have, or what is
    undefined, is empty in CSV, `-` in the table, null in JSON.
    """
    rows = trial_rows(study, times=times)
    columns = _columns(rows)
    if form == "json":
        return _json(rows, columns)
    cells = [[_text(row.get(name)) for name in columns] for row in rows]
    if form == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([columns, *cells])
        return text.getvalue()
    shown = [columns, *([c or "-" for c in line] for line in cells)]
    return _aligned([[printable(c).replace("\n", "\\n") for c in line] for line in shown])


def trial_rows(study: StudyRecord, *, times: bool = True) -> list[dict[str, Any]]:
    """A mapping of column to value for each trial, by number."""
    values = _value_columns(study)
    ordered = sorted(study.trials, key=lambda t: t.number)
    rows = []
    for trial in ordered:
        row: dict[str, Any] = {
            "number": trial.number,
            "epoch": trial.epoch,
            "state": trial.state,
            "feasible": trial.feasible if trial.constraints is not None else None,
        }
        row |= dict(zip(values, trial.values, strict=False))
        row |= {f"param_{name}": value for name, value in trial.params.items()}
        row |= _constraints(study, trial)
        row |= {f"metric_{name}": value for name, value in trial.metrics.items()}
        row["reason"] = trial.reason
        if times:
            row["started"] = trial.started.isoformat() if trial.started else None
            row["completed"] = trial.completed.isoformat() if trial.completed else None
        rows.append(row)
    return rows


def _value_columns(study: StudyRecord) -> list[str]:
    if len(study.directions) == 1:
        return ["value"]
    names = study.objective_names or [str(i) for i in range(len(study.directions))]
    return [f"value_{name}" for name in names]


def _constraints(study: StudyRecord, trial: TrialRecord) -> dict[str, float]:
    constraints = trial.constraints or ()
    names = study.constraint_names
    if len(names) != len(constraints):
        names = tuple(str(i) for i in range(len(constraints)))
    return {f"constraint_{n}": c for n, c in zip(names, constraints, strict=True)}


_GROUPS = ("number", "epoch", "state", "feasible", "value", "param_", "constraint_", "metric_")


def _columns(rows: Iterable[dict[str, Any]]) -> list[str]:
    """All columns, grouped, and within a group in the order of first occurrence."""
    seen: dict[str, None] = dict.fromkeys(_GROUPS[:4])
    for row in rows:
        seen |= dict.fromkeys(row)
    last = ("reason", "started", "completed")

    def group(name: str) -> int:
        if name in last:
            return len(_GROUPS) + last.index(name)
        return next(i for i, prefix in enumerate(_GROUPS) if name.startswith(prefix))

    return sorted(seen, key=group)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value + 0.0)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _json(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    lines = []
    for row in rows:
        known = {name: row.get(name) for name in columns}
        text = json.dumps(plain(known), ensure_ascii=False, allow_nan=False)
        lines.append(printable_json(text))
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )
