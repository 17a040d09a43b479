"""Files that are read whole: as much memory as they hold, and no more than is read."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mech_exo.data.tables import csv_lines, parquet
from mech_exo.errors import ExoError
from mech_exo.system import user_file
from mech_exo.system.user_file import AT_ONCE, read_bytes
from tests.cli.conftest import environment

TEXT = b"date,A\n2020-01-02,1.0\n" * 1_700_000  # more than twice what is read at once


def plain(path: Path) -> bytes:
    path.write_bytes(TEXT)
    return read_bytes(path, limit=None)


def gzipped(path: Path) -> bytes:
    return csv_lines._decompressed(path, gzip.compress(TEXT, 1))


def zstandard(path: Path) -> bytes:
    pa = pytest.importorskip("pyarrow")
    return parquet.decompressed_zst(path, pa.compress(TEXT, codec="zstd", asbytes=True))


READERS = {"plain": plain, "gzip": gzipped, "Zstandard": zstandard}

SMALL = """
import gzip, resource, sys
from pathlib import Path
import pyarrow as pa
from mech_exo.data.tables.csv_lines import _decompressed
from mech_exo.data.tables.parquet import decompressed_zst
from mech_exo.errors import ExoError
from mech_exo.system.user_file import read_bytes, room

def size():
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()

text = b"date,A\\n" * 1000
packed = pa.compress(text, codec="zstd", asbytes=True)
assert decompressed_zst(Path("x.zst"), packed) == text
before = size()
resource.setrlimit(resource.RLIMIT_AS, (before + room() // 2,) * 2)
assert decompressed_zst(Path("x.zst"), packed) == text
assert _decompressed(Path("x.gz"), gzip.compress(text)) == text
assert read_bytes(Path(sys.argv[1]), limit=None)
for _ in range(8):
    try:
        decompressed_zst(Path("x.zst"), packed[:-9])
    except ExoError:
        pass
assert size() - before < room() // 8, (size(), before)
"""


def test_a_small_file_sets_no_large_memory_aside() -> None:
    pytest.importorskip("pyarrow")
    ran = subprocess.run([sys.executable, "-c", SMALL, __file__], env=environment(), check=False)
    assert ran.returncode == 0


@pytest.mark.parametrize("kind", READERS)
def test_a_file_of_several_parts_is_whole(kind: str, tmp_path: Path) -> None:
    assert len(TEXT) > 2 * AT_ONCE
    assert READERS[kind](tmp_path / "x") == TEXT


@pytest.mark.parametrize("kind", READERS)
def test_more_than_is_read_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(most: int) -> Callable[[], int]:
        return lambda: most

    for most in (len(TEXT) - 1, 1000):
        for module in (parquet, csv_lines, user_file):
            monkeypatch.setattr(module, "room", limited(most))
        with pytest.raises(ExoError, match="x: is larger than"):
            READERS[kind](tmp_path / "x")
    for module in (parquet, csv_lines, user_file):
        monkeypatch.setattr(module, "room", limited(len(TEXT)))
    assert len(READERS[kind](tmp_path / "x")) == len(TEXT)
