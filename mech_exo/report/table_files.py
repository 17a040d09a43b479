"""Tables written to files of their own: CSV or Parquet, by the ending of the name."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mech_exo.errors import ExoError
from mech_exo.system.whole_files import check_target, write_atomically

Columns = Mapping[str, NDArray[Any]]
INSTALL = "Install it: pip install 'mech-exo[parquet]', or name a .csv file."


def check_table_file(path: Path, key: Sequence[str], flag: str) -> None:
    """Raise, before the work is done, the ExoError that writing a table to `path` would end in.

    A file that is there is replaced only if it begins with the same columns: it is such a table.

    Parameters
    ----------
    key
        The table's first columns.
    flag
        The option that names the file.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ExoError(
            f"{flag} {path}: a table is written to a file that ends in {' or '.join(WRITERS)}.",
            hint=f"Such as {path.with_suffix('.csv')}." if path.name else "Name a file.",
        )
    if path.suffix.lower() == ".parquet":
        _pyarrow(path)
    check_target(path, overwrite=True)
    if path.exists() and _first_columns(path, len(key)) != list(key):
        raise ExoError(
            f"{flag} {path}: exists, and is no table of this kind.",
            hint="It is left as it is: name another file, or remove this one.",
        )


def write_table(path: Path, columns: Columns) -> Path:
    """Write a table whole, in place of one that is there.

    Floats are exact; what is undefined is an empty cell in CSV and NaN in Parquet.

    Raises
    ------
    ExoError
        For an ending that is none of `WRITERS`, a package that is missing, and a file that cannot
        be written.
    """
    return write_atomically(path, WRITERS[path.suffix.lower()](path, columns), overwrite=True)


def _csv(path: Path, columns: Columns) -> bytes:
    del path
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    cells = [_cells(values) for values in columns.values()]
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue().encode()


def _cells(values: NDArray[Any]) -> list[str]:
    if values.dtype.kind == "M":
        return [str(day) for day in values.astype("datetime64[D]").tolist()]
    if values.dtype.kind == "f":
        return ["" if value != value else repr(value + 0.0) for value in values.tolist()]
    return [str(value) for value in values.tolist()]


def _parquet(path: Path, columns: Columns) -> bytes:
    pa = _pyarrow(path)
    import pyarrow.parquet as pq

    kinds = {"M": pa.date32(), "f": pa.float64(), "i": pa.int64(), "O": pa.string()}

    def array(values: NDArray[Any]) -> Any:
        kind = values.dtype.kind
        content = values.astype("datetime64[D]") if kind == "M" else values
        return pa.array(content, kinds[kind], from_pandas=False)

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({n: array(v) for n, v in columns.items()}), sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


WRITERS: dict[str, Callable[[Path, Columns], bytes]] = {".csv": _csv, ".parquet": _parquet}
"""Ending -> what makes the content of such a file."""


def _pyarrow(path: Path) -> Any:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise ExoError(f"{path}: writing Parquet needs pyarrow.", hint=INSTALL) from error
    return pa


def _first_columns(path: Path, count: int) -> list[str]:
    """The names of a file's first columns; [] of one that is no table."""
    if path.suffix.lower() == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return list(pq.read_schema(path).names[:count])
        except (OSError, pa.ArrowException):
            return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.readline(10_000).rstrip("\r\n").split(",")[:count]
    except (OSError, UnicodeDecodeError):
        return []
