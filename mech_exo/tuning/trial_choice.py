"""Which trials of a table, and in which order: `--where "max_drawdown<0.1"`, `--sort sharpe:desc`.

A condition is a key, an operator and a value. It is read by the grammar below and never run.
"""

import difflib
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.tuning.study_record import FINISHED, StudyRecord
from mech_exo.tuning.trial_table import Row, columns_of, exact_text, trial_rows

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
STATES = (*FINISHED, "RUNNING", "WAITING")
ORDERS = {"asc": False, "desc": True}

_PREFIXES = ("", "metric_", "param_", "param_weight_", "value_", "constraint_")
_ORDERED_TEXTS = ("started", "completed")  # ISO 8601: the order of the texts is that of the times
_AND = re.compile(r"\s+and\s+(?=(?:[^\"']|\"[^\"]*\"|'[^']*')*$)", re.IGNORECASE)
_CONDITION = re.compile(
    r"\s*(?P<key>[^<>=!\"']+?)\s*(?P<sign><=|>=|==|!=|<|>)\s*"
    r"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^<>=!\"']+?))\s*"
)


@dataclass(frozen=True)
class Condition:
    """One comparison of a column with a value.

    Attributes
    ----------
    column
        Of the trial table.
    sign
        One of `OPERATORS`.
    value
        As it was written.
    texts
        Whether some trials have no number there: a choice may be of both kinds.
    """

    column: str
    sign: str
    value: str
    texts: bool = False

    def __post_init__(self) -> None:
        if self.column == "state":
            _check_state(self.value, "--where")

    def holds(self, row: Row) -> bool:
        """Whether a trial satisfies it; never where the trial's value is undefined.

        Raises
        ------
        ExoError
            A number is compared with a text, or texts that have no order.
        """
        found = row.get(self.column)
        if found is None or found != found:
            return False
        if _is_number(found) and not (self.texts and self._number is None):
            return OPERATORS[self.sign](found, self._wanted)
        if self.sign not in ("==", "!=") and self.column not in _ORDERED_TEXTS:
            raise ExoError(
                f"--where: {self.column} is {exact_text(found)!r} in trial {row['number']}, which "
                f"is not compared by {self.sign}.",
                hint="Use == or !=.",
            )
        known = isinstance(found, bool) or self.column == "state"
        wanted = self.value.lower() if known else self.value
        text = exact_text(found)
        return OPERATORS[self.sign](text.lower() if known else text, wanted)

    @property
    def _number(self) -> float | None:
        try:
            return float(self.value)
        except ValueError:
            return None

    @property
    def _wanted(self) -> float:
        if self._number is not None:
            return self._number
        raise ExoError(
            f"--where: {self.column} is a number, and {self.value!r} is none.",
            hint=f'Write it like "{self.column}{self.sign}0.1" (a fraction, not per cent).',
        )


@dataclass(frozen=True)
class TrialChoice:
    """What is asked of a study's trials.

    Attributes
    ----------
    where
        Conditions as they are typed, several in one joined by "and"; all must hold.
    state
        One of `STATES`, in any case; "" for all.
    feasible
        Only complete trials that keep all constraints.
    sort
        A key, with `:desc` for the greatest first; "" for the order of the numbers.
    limit
        How many of them; None: all.
    """

    where: Sequence[str] = ()
    state: str = ""
    feasible: bool = False
    sort: str = ""
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.state:
            _check_state(self.state, "--state")

    def rows(self, study: StudyRecord) -> list[Row]:
        """The chosen trials in order, as rows of the trial table.

        Trials of an equal key are ordered by number; those where it is undefined come last.

        Raises
        ------
        ExoError
            A condition cannot be read or compared, or names a key that no trial has.
        """
        return self.of(study, trial_rows(study))

    def of(self, study: StudyRecord, rows: Sequence[Row]) -> list[Row]:
        """The same of rows that are made already."""
        parsed = [part for text in self.where for part in parse(text)]
        if not rows:
            return []
        known = columns_of(rows)
        conditions = [_condition(column_of(k, known), sign, v, rows) for k, sign, v in parsed]
        if self.feasible:
            kept = {trial.number for trial in study.trials if trial.feasible}
            rows = [row for row in rows if row["number"] in kept]
        if self.state:
            rows = [row for row in rows if row["state"] == self.state.upper()]
        found = [row for row in rows if all(condition.holds(row) for condition in conditions)]
        if self.sort:
            found = _ordered(found, *self.order(known))
        return found[: self.limit]

    def order(self, columns: Sequence[str]) -> tuple[str, bool]:
        """The column to sort by, and whether the greatest comes first."""
        key, colon, way = self.sort.rpartition(":")
        if colon and way.strip().lower() in ORDERS:
            return column_of(key, columns), ORDERS[way.strip().lower()]
        return column_of(self.sort, columns), False

    def named(self, columns: Sequence[str]) -> list[str]:
        """The columns that conditions and order name, the order's first."""
        first = [self.order(columns)[0]] if self.sort else []
        keys = [key for text in self.where for key, *_ in parse(text)]
        return list(dict.fromkeys([*first, *(column_of(key, columns) for key in keys)]))


def parse(text: str) -> list[tuple[str, str, str]]:
    """Key, operator and value of each condition in a text.

    Raises
    ------
    ExoError
        It is no condition.
    """
    found = []
    for part in _AND.split(text):
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise ExoError(
                f"--where: {part.strip()!r} is no condition.",
                hint=f"Write a key, one of {' '.join(OPERATORS)} and a value, as in "
                '"max_drawdown<0.1 and sharpe>=1.5".',
            )
        value = next(v for v in match.group("double", "single", "bare") if v is not None)
        found.append((match["key"], match["sign"], value))
    return found


def column_of(key: str, columns: Sequence[str]) -> str:
    """The column that a key names: itself, else a metric, parameter, value or constraint so named.

    Raises
    ------
    ExoError
        There is none; the nearest names are suggested.
    """
    key = key.strip()
    for prefix in _PREFIXES:
        if f"{prefix}{key}" in columns:
            return f"{prefix}{key}"
    short = list(dict.fromkeys(_short(name) for name in columns))
    near = difflib.get_close_matches(key, short, n=3, cutoff=0.5)
    raise ExoError(
        f"the trials have no {key!r}.",
        hint=f"Did you mean {' or '.join(near)}?" if near else f"They have: {', '.join(short)}.",
    )


def _condition(column: str, sign: str, value: str, rows: Iterable[Row]) -> Condition:
    cells = (row.get(column) for row in rows)
    return Condition(column, sign, value, any(isinstance(cell, str | bool) for cell in cells))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_state(name: str, flag: str) -> None:
    if name.upper() not in STATES:
        known = ", ".join(STATES).lower()
        raise ExoError(f"{flag}: there is no state {name!r}.", hint=f"States: {known}.")


def _short(column: str) -> str:
    """The shortest name of a column."""
    longest_first = sorted(_PREFIXES, key=len, reverse=True)
    return column.removeprefix(next(p for p in longest_first if column.startswith(p)))


def _ordered(rows: Iterable[Row], column: str, descending: bool) -> list[Row]:
    defined: list[Row] = []
    rest: list[Row] = []
    for row in rows:
        value = row.get(column)
        (rest if value is None or value != value else defined).append(row)

    def key(row: Row) -> tuple[bool, float | str]:
        value = row[column]
        if _is_number(value):
            return False, value
        return True, exact_text(value)

    # the order of equal keys is that of the numbers, both ways
    return sorted(defined, key=key, reverse=descending) + rest
