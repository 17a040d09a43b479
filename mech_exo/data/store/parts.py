"""Parquet parts of a store: written once, read only as they were written."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.panel import DateArray, FloatArray, IntArray
from mech_exo.data.store.manifest import DAMAGED, Part, PartKind
from mech_exo.data.tables.header import first_line
from mech_exo.errors import ExoError
from mech_exo.system.user_file import read_bytes
from mech_exo.system.whole_files import write_atomically

INSTALL = "Install it: pip install 'mech-exo[parquet]'."


class SymbolColumn(NamedTuple):
    """A column of symbols: `labels` are distinct, and `code` says which of them each row has."""

    labels: tuple[str, ...]
    code: IntArray


@dataclass(frozen=True)
class PriceRows:
    """Rows of prices: date, symbol, price, each [R]; no price is NaN."""

    date: DateArray
    symbol: SymbolColumn
    price: FloatArray

    def __len__(self) -> int:
        return len(self.price)


@dataclass(frozen=True)
class FactRows:
    """Rows of facts, each [R]: whose, of which period, public from when, and the fields."""

    symbol: SymbolColumn
    period_end: DateArray
    available: DateArray
    fields: dict[str, FloatArray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.available)


def require_pyarrow(store: Path) -> Any:
    """The module pyarrow, or an ExoError that names the extra."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise ExoError(f"{store}: a store needs pyarrow.", hint=INSTALL) from error
    return pa


def write_prices(store: Path, name: str, rows: PriceRows) -> Part:
    """Write a part of prices."""
    return _write(store, f"prices/{name}.parquet", "prices", _columns(rows), ())


def write_facts(store: Path, name: str, kind: PartKind, rows: FactRows) -> Part:
    """Write a part of facts."""
    return _write(store, f"facts/{name}.parquet", kind, _columns(rows), tuple(rows.fields))


def read_prices_part(store: Path, part: Part) -> PriceRows:
    """The rows of a part of prices; as `_read`."""
    table = _read(store, part)
    return PriceRows(_days(table, "date"), _names(table), _floats(table, "price"))


def read_facts_part(store: Path, part: Part) -> FactRows:
    """The rows of a part of facts; as `_read`."""
    table = _read(store, part)
    fields = {name: _floats(table, f"field.{name}") for name in part.fields}
    return FactRows(
        _names(table), _days(table, "period_end"), _days(table, "available_date"), fields
    )


def _columns(rows: PriceRows | FactRows) -> dict[str, NDArray[Any] | SymbolColumn]:
    if isinstance(rows, PriceRows):
        return {"date": rows.date, "symbol": rows.symbol, "price": rows.price}
    fields = {f"field.{name}": values for name, values in rows.fields.items()}
    keys = {"period_end": rows.period_end, "available_date": rows.available}
    return {"symbol": rows.symbol, **keys, **fields}


def _write(
    store: Path,
    file: str,
    kind: PartKind,
    columns: dict[str, NDArray[Any] | SymbolColumn],
    fields: tuple[str, ...],
) -> Part:
    pa = require_pyarrow(store)
    import pyarrow.parquet as pq

    def array(values: NDArray[Any] | SymbolColumn) -> Any:
        if isinstance(values, SymbolColumn):
            codes = pa.array(values.code.astype(np.int32))
            return pa.DictionaryArray.from_arrays(codes, pa.array(values.labels, pa.string()))
        return pa.array(values, pa.date32() if values.dtype.kind == "M" else pa.float64())

    table = pa.table({name: array(values) for name, values in columns.items()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    # One that is there is of an import that was killed: no manifest names it.
    write_atomically(store / file, content, overwrite=True)
    return Part(file, kind, hashlib.sha256(content).hexdigest(), table.num_rows, fields)


def _read(store: Path, part: Part) -> Any:
    """The Arrow table of a part.

    Raises
    ------
    ExoError
        If it is not there, or is not what the manifest says.
    """
    pa = require_pyarrow(store)
    import pyarrow.parquet as pq

    path = store / part.file
    content = read_bytes(path, limit=None, hint=DAMAGED)
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise ExoError(f"{path}: is not what the store's manifest says (its hash).", hint=DAMAGED)
    try:
        return pq.read_table(pa.BufferReader(content))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ExoError(
            f"{path}: is not a readable Parquet file ({first_line(error)}).", hint=DAMAGED
        ) from error


def _days(table: Any, name: str) -> DateArray:
    days: DateArray = table.column(name).to_numpy().astype("datetime64[D]")
    return days


def _floats(table: Any, name: str) -> FloatArray:
    values: FloatArray = table.column(name).to_numpy().astype(np.float64, copy=False)
    return values


def _names(table: Any) -> SymbolColumn:
    column = table.column("symbol").unify_dictionaries().combine_chunks()
    if hasattr(column, "chunks"):  # of several chunks, or of none
        column = column.chunk(0)
    code: IntArray = column.indices.to_numpy().astype(np.int64)
    return SymbolColumn(tuple(column.dictionary.to_pylist()), code)
