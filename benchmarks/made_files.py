"""Large data files for `benchmarks/data.py`, written block by block."""

from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.data.calendar import sessions
from mech_exo.data.catalogue import FUNDAMENTAL, SENTIMENT
from mech_exo.data.panel import DateArray

FACTORS = (*FUNDAMENTAL, *SENTIMENT, "quality", "size", "value")
"""Nine columns of numbers; the last three become factors by `data.factors: categories`."""

BLOCK = 50  # sessions written at once


def names(count: int) -> list[str]:
    """S00000, S00001, …"""
    return [f"S{i:05d}" for i in range(count)]


def write_prices(path: Path, symbols: int, years: int) -> int:
    """A long CSV of closes with four decimals, by date and symbol; its number of rows."""
    import pyarrow.csv as pc

    days = sessions(2000, years)
    schema = _schema(("close",))
    close = np.full(symbols, 100.0)
    rng = np.random.default_rng(1)
    with pc.CSVWriter(path, schema, write_options=pc.WriteOptions(quoting_style="none")) as file:
        for block in _blocks(days):
            moves = np.exp(rng.normal(0.0003, 0.02, (len(block), symbols)).cumsum(axis=0))
            paths = close * moves
            close = paths[-1]
            file.write_batch(_batch(schema, block, symbols, {"close": paths.round(4)}))
    return len(days) * symbols


def write_factors(path: Path, symbols: int, years: int) -> int:
    """A long Parquet file with a row of nine values for each date and symbol; its rows."""
    import pyarrow.parquet as pq

    days = sessions(2000, years)
    schema = _schema(FACTORS)
    rng = np.random.default_rng(2)
    with pq.ParquetWriter(path, schema) as file:
        for block in _blocks(days):
            shape = (len(block), symbols)
            drawn = {name: rng.normal(size=shape) for name in FACTORS}
            file.write_batch(_batch(schema, block, symbols, drawn))
    return len(days) * symbols


def _blocks(days: DateArray) -> list[DateArray]:
    return [days[i : i + BLOCK] for i in range(0, len(days), BLOCK)]


def _schema(columns: tuple[str, ...]) -> Any:
    import pyarrow as pa

    values = [(name, pa.float64()) for name in columns]
    return pa.schema([("date", pa.date32()), ("symbol", pa.string()), *values])


def _batch(schema: Any, days: DateArray, symbols: int, columns: dict[str, Any]) -> Any:
    import pyarrow as pa

    date = pa.array(np.repeat(days, symbols))
    symbol = pa.array(names(symbols) * len(days))
    values = [pa.array(column.ravel()) for column in columns.values()]
    return pa.record_batch([date, symbol, *values], schema=schema)
