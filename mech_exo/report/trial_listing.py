"""Trials as a table that fits the terminal: the columns that matter most, rounded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len, set_cell_size

from mech_exo.backtest.metrics import METRICS
from mech_exo.report.formats import WRITTEN, number
from mech_exo.system.printable import printable
from mech_exo.tuning.trial_table import TIMES, Row

GAP = "  "
UNSET = "–"


def trial_listing(
    rows: Sequence[Row],
    columns: Sequence[str],
    *,
    named: Sequence[str] = (),
    total: int,
    width: int,
) -> str:
    """The rows, and a line that says how much of the study they are.

    Parameters
    ----------
    columns
        All that there are.
    named
        Those that were asked for; they come first.
    total
        Trials of the study.
    width
        Of the terminal, in cells.
    """
    if not rows:
        return f"no trial of {total}\n"
    table = _Columns(rows, width)
    for name in _by_weight(rows, columns, named):
        if not table.take(name):
            break
    shown = len(table.names)
    rest = f", {shown} of {len(columns)} columns; --format csv has all" * (shown < len(columns))
    trials = f"{total} trials" if len(rows) == total else f"{len(rows)} of {total} trials"
    return "".join(f"{line}\n" for line in [*table.lines(columns), f"{trials}{rest}"])


def _by_weight(rows: Sequence[Row], columns: Sequence[str], named: Sequence[str]) -> list[str]:
    """The columns, the most telling first."""
    first = ["number"]
    if len({row["epoch"] for row in rows}) > 1:
        first.append("epoch")
    values = [name for name in columns if name == "value" or name.startswith("value_")]
    why = ["reason"] if any(row["reason"] for row in rows) else []
    limited = [f"metric_{name}" for name in METRICS if f"constraint_{name}" in columns]
    metrics = [*limited, *(f"metric_{name}" for name in METRICS)]
    rest = [name for name in columns if name.startswith("param_")]
    limits = [name for name in columns if name.startswith("constraint_")]
    times = [name for name in reversed(TIMES) if name in columns]
    ranked = [*first, *values, *named, "state", "feasible", *why, *metrics, *rest, *limits, *times]
    known = set(columns)
    return [name for name in dict.fromkeys(ranked) if name in known]


class _Columns:
    """Columns that fit in a width, as texts."""

    def __init__(self, rows: Sequence[Row], width: int) -> None:
        self._rows, self._left, self._width = rows, width, width
        self.names: dict[str, list[str]] = {}

    def take(self, name: str) -> bool:
        """Add a column, unless there is no room for it; the first always fits."""
        cells = [heading(name), *(shown(name, row.get(name)) for row in self._rows)]
        if name == "reason":
            room = max(20, self._width // 3)
            cells = [c if cell_len(c) <= room else f"{set_cell_size(c, room - 1)}…" for c in cells]
        size = max(map(cell_len, cells)) + len(GAP) * bool(self.names)
        if self.names and size > self._left:
            return False
        self.names[name] = cells
        self._left -= size
        return True

    def lines(self, order: Sequence[str]) -> list[str]:
        """Header and rows, the columns in the order of the trial table."""
        names = [name for name in order if name in self.names]
        padded = [_padded(self.names[name], right=_is_number(self._rows, name)) for name in names]
        return [GAP.join(line).rstrip() for line in zip(*padded, strict=True)]


def _padded(cells: Sequence[str], *, right: bool) -> list[str]:
    width = max(map(cell_len, cells))
    space = [" " * (width - cell_len(cell)) for cell in cells]
    return [s + c if right else c + s for s, c in zip(space, cells, strict=True)]


def _is_number(rows: Sequence[Row], name: str) -> bool:
    return any(type(row.get(name)) in (int, float) for row in rows)


def heading(column: str) -> str:
    """How a column is headed; a name that `--where` and `--sort` understand."""
    return printable(column.removeprefix("metric_").removeprefix("param_")).replace("\n", "\\n")


def shown(column: str, value: Any) -> str:
    """A value for people; "–" where it is undefined."""
    if value is None or value != value:
        return UNSET
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        metric = METRICS.get(column.removeprefix("metric_"))
        return number(value, 4) if metric is None else WRITTEN[metric.unit](value)
    if column in TIMES:
        return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M}"
    return printable(str(value)).replace("\n", "\\n") or UNSET
