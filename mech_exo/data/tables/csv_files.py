"""CSV files: by pyarrow where that pays, and line by line where it is not sure."""

import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.csv_lines import read_lines
from mech_exo.data.tables.quick_csv import quick_csv
from mech_exo.system.user_file import size_of

ENDING = re.compile(r"\.(csv|tsv|txt)(\.gz)?$")

WORTH = 4_000_000
"""Bytes of a file from which loading pyarrow costs less than it saves."""


LARGE = 100_000_000
"""Bytes of a file from which reading it line by line is worth a word."""


def slowly_read(files: Iterable[Path]) -> list[Path]:
    """The large CSV files among some that pyarrow would read many times as fast, were it there."""
    if find_spec("pyarrow") is not None:
        return []
    return [f for f in files if ENDING.search(f.name.lower()) and size_of(f) > LARGE]


def read_csv(path: Path) -> Table:
    """A CSV file, or a compressed one; as `read_table`."""
    quick = quick_csv(path) if size_of(path) >= WORTH else None
    return read_lines(path) if quick is None else quick
