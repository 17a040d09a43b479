"""Columns of pyarrow as ours."""

import sys
from typing import Any

from mech_exo.data.tables.columns import Coded, Column


def coded_of(column: Any) -> Coded:
    """A ChunkedArray of dictionary-encoded texts; a null is an empty text."""
    import pyarrow as pa

    whole = column.unify_dictionaries().combine_chunks()
    texts = [(text or "").strip().rstrip("\0") for text in whole.dictionary.to_pylist()]
    places = whole.indices.cast(pa.int32()).fill_null(len(texts))
    return Coded.sorted(places.to_numpy(), [*texts, ""])


def column_of(column: Any) -> Column:
    """A ChunkedArray of any type: texts as `Coded`, all else as pyarrow gives it to NumPy."""
    import pyarrow.types as types

    encoded = types.is_dictionary(column.type)
    kind = column.type.value_type if encoded else column.type
    if types.is_string(kind) or types.is_large_string(kind):
        return coded_of(column if encoded else column.dictionary_encode())
    if types.is_timestamp(kind) and not encoded and kind.tz:
        import pyarrow.compute as pc

        column = pc.local_timestamp(column)
    array: Column = column.to_numpy()
    return array


def release_unused() -> None:
    """Give back the memory that pyarrow keeps for what it might read next."""
    if "pyarrow" in sys.modules:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
