"""A benchmark of the user's own: a CSV of dates and daily returns."""

import csv
import io
import math
from pathlib import Path

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray
from mech_exo.errors import ExoError
from mech_exo.system.user_file import read_bytes


def read_benchmark(path: Path, dates: DateArray) -> FloatArray:
    """[T] daily simple returns on the given dates.

    Two columns: date (YYYY-MM-DD) and return (a fraction); a first line that is no data is taken
    for a heading.

    Raises
    ------
    ExoError
        Names the line that cannot be read, or the first date without a return.
    """
    hint = "Mend verdict.benchmark, or leave it out for the equal-weighted universe."
    content = read_bytes(path, limit=None, what="the benchmark", hint=hint)
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except UnicodeDecodeError as error:
        raise ExoError(f"{path}: is not UTF-8 text (byte {error.start}).") from error
    except csv.Error as error:
        raise ExoError(f"{path}: is not CSV ({error}).") from error
    values: dict[np.datetime64, float] = {}
    for number, row in enumerate(rows, 1):
        try:
            day, value = np.datetime64(row[0].strip(), "D"), float(row[1])
        except (ValueError, IndexError):
            if number == 1:
                continue
            raise ExoError(
                f"{path}, line {number}: {','.join(row)!r} is no date and return."
            ) from None
        if not math.isfinite(value) or value < -1.0:
            raise ExoError(f"{path}, line {number}: {value} is no daily return.")
        values[day] = value
    missing = [day for day in dates if day not in values]
    if missing:
        raise ExoError(
            f"{path}: has no return on {missing[0]} ({len(missing)} of {len(dates)} dates).",
            hint="Give one for every date of the data.",
        )
    return np.array([values[day] for day in dates], dtype=np.float64)
