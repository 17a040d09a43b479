import sqlite3
import threading
from pathlib import Path

import pytest

from mech_exo.system import sqlite
from mech_exo.system.sqlite import connect, patiently, read_without_trace


def test_patience_waits_for_a_lock_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN EXCLUSIVE")
    mine = connect(path, mode="rw", patience_s=0.05)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        patiently(lambda: mine.execute("BEGIN IMMEDIATE"), 0.1)
    timer = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    timer.start()
    patiently(lambda: mine.execute("BEGIN IMMEDIATE"), 60.0)
    timer.join()
    mine.close()
    other.close()


def test_an_error_that_is_no_lock_is_not_repeated(tmp_path: Path) -> None:
    calls = []

    def action() -> None:
        calls.append(1)
        raise sqlite3.OperationalError("no such table")

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        patiently(action, 60.0)
    assert calls == [1]


def test_a_writer_that_comes_in_between_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.db"
    make = sqlite3.connect(path)
    make.execute("PRAGMA journal_mode = WAL")
    make.execute("CREATE TABLE t (x)")
    make.close()
    modes: list[str] = []
    real = sqlite.connect

    def spied(path: Path, *, mode: str, patience_s: float) -> sqlite3.Connection:
        modes.append(mode)
        return real(path, mode=mode, patience_s=patience_s)

    monkeypatch.setattr(sqlite, "connect", spied)

    def query(connection: sqlite3.Connection) -> int:
        if modes == ["immutable"]:  # a whole writer passes while we read
            monkeypatch.setattr(sqlite, "connect", real)
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("INSERT INTO t VALUES (1)")
            other.close()
            monkeypatch.setattr(sqlite, "connect", spied)
        (count,) = connection.execute("SELECT COUNT(*) FROM t").fetchone()
        return int(count)

    assert read_without_trace(path, query) == 1
    assert modes == ["immutable", "ro"]
