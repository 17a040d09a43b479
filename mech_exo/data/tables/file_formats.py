"""The formats of files, by the ending of their names."""

from collections.abc import Callable
from pathlib import Path

from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.companyfacts import read_companyfacts
from mech_exo.data.tables.csv_files import read_csv
from mech_exo.data.tables.databases import read_database
from mech_exo.data.tables.file_kinds import check_kind
from mech_exo.data.tables.parquet import read_feather, read_parquet
from mech_exo.data.tables.workbook import read_workbook
from mech_exo.errors import ExoError
from mech_exo.system.user_file import CHECK_PATH, is_folder, is_there, read_bytes, room, too_large


def read_table(path: Path, part: str | None = None) -> Table:
    """Read a file; the ending of its name says the format.

    Parameters
    ----------
    part
        Which table, of a format that can hold several (`PARTS`); None: the first or only one.

    Raises
    ------
    ExoError
        For a file that is missing, unreadable, empty, damaged, of an unknown format, has the
        same column twice, or a line with more or fewer cells than columns.
    """
    ending = ending_of(path).lower()
    if not ending:
        read_bytes(path, hint=CHECK_PATH, first=0)  # what is not there has no format
        raise ExoError(
            f"{path}: is of no known format.",
            hint=f"Known endings: {', '.join((*FORMATS, *PARTS))}.",
        )
    if part is not None and ending not in PARTS:
        raise ExoError(
            f"{path}: has no part {part[:60]!r}: its format holds one table.",
            hint=f"`query` and `sheet` are for {', '.join(PARTS)}.",
        )
    try:
        table = PARTS[ending](path, part) if ending in PARTS else FORMATS[ending](path)
    except MemoryError as error:
        raise too_large(path, room()) from error
    except ExoError:
        if is_there(path) and not is_folder(path):
            check_kind(path, ending)
        raise
    if not len(table.rows):
        raise ExoError(f"{path}: has no rows.")
    return table


def ending_of(path: Path) -> str:
    """The end of a file's name that says its format, as it stands there; "" for an unknown one."""
    name = path.name.lower()
    known = [ending for ending in (*FORMATS, *PARTS) if name.endswith(ending)]
    return path.name[-len(max(known, key=len)) :] if known else ""


FORMATS: dict[str, Callable[[Path], Table]] = {
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".csv.zst": read_csv,
    ".tsv": read_csv,
    ".tsv.gz": read_csv,
    ".tsv.zst": read_csv,
    ".txt": read_csv,
    ".txt.gz": read_csv,
    ".parquet": read_parquet,
    ".pq": read_parquet,
    ".feather": read_feather,
    ".arrow": read_feather,
    ".json": read_companyfacts,
}
"""Ending of a file's name -> what reads it into named columns with the number of each row."""

PARTS: dict[str, Callable[[Path, str | None], Table]] = {
    ".xlsx": read_workbook,
    **dict.fromkeys((".sqlite", ".sqlite3", ".db", ".duckdb"), read_database),
}
"""As `FORMATS`, for files that hold several tables: the second argument says which."""
