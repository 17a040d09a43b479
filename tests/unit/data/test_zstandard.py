"""Zstandard files: as much memory as they hold, and no more than is read."""

import subprocess
import sys
from pathlib import Path

import pytest

from mech_exo.data.tables import parquet
from mech_exo.errors import ExoError
from tests.cli.conftest import environment

pa = pytest.importorskip("pyarrow")

TEXT = b"date,A\n2020-01-02,1.0\n" * 3_000_000  # three times what is decompressed at once

SMALL = """
import pyarrow as pa
from pathlib import Path
from mech_exo.data.tables.parquet import decompressed_zst
small = pa.compress(b"date,A\\n", codec="zstd", asbytes=True)
assert decompressed_zst(Path("x.zst"), small) == b"date,A\\n"
print(pa.default_memory_pool().max_memory())
"""


def test_a_small_file_sets_no_large_memory_aside() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SMALL], env=environment(), capture_output=True, check=True
    )
    assert int(ran.stdout) < 100e6


def test_a_file_of_several_parts_is_whole() -> None:
    packed = pa.compress(TEXT, codec="zstd", asbytes=True)
    assert len(TEXT) > 3 * parquet.AT_ONCE
    assert parquet.decompressed_zst(Path("x.zst"), packed) == TEXT


def test_more_than_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pa.compress(TEXT, codec="zstd", asbytes=True)
    monkeypatch.setattr(parquet, "room", lambda: len(TEXT) - 1)
    with pytest.raises(ExoError, match=r"x\.zst: is larger than"):
        parquet.decompressed_zst(Path("x.zst"), packed)
    monkeypatch.setattr(parquet, "room", lambda: len(TEXT))
    assert len(parquet.decompressed_zst(Path("x.zst"), packed)) == len(TEXT)
