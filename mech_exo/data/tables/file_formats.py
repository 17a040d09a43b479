"""The formats of files, by the ending of their names."""

from collections.abc import Callable
from pathlib import Path

from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.csv_lines import read_csv
from mech_exo.data.tables.parquet import read_parquet
from mech_exo.errors import ExoError
from mech_exo.system.user_file import room, too_large


def read_table(path: Path) -> Table:
    """Read a file; the ending of its name says the format.

    Raises
    ------
    ExoError
        For a file that is missing, unreadable, empty, damaged, of an unknown format, has the
        same column twice, or a line with more or fewer cells than columns.
    """
    name = path.name.lower()
    reader = next((FORMATS[ending] for ending in FORMATS if name.endswith(ending)), None)
    if reader is None:
        raise ExoError(
            f"{path}: is of no known format.", hint=f"Known endings: {', '.join(FORMATS)}."
        )
    try:
        table = reader(path)
    except MemoryError as error:
        raise too_large(path, room()) from error
    if not len(table.rows):
        raise ExoError(f"{path}: has no rows.")
    return table


FORMATS: dict[str, Callable[[Path], Table]] = {
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".parquet": read_parquet,
    ".pq": read_parquet,
}
"""Ending of a file's name -> what reads it into named columns with the number of each row."""
