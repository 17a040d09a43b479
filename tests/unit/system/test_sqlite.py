import sqlite3
import threading
from pathlib import Path

import pytest

from mech_exo.errors import ExitCode, ExoError
from mech_exo.system import sqlite
from mech_exo.system.sqlite import check_study_file, connect, in_words, patiently, read
from mech_exo.tuning.records import list_studies
from tests.unit.tuning.stored_studies import complete, new_store


def test_what_is_no_study_file_is_said(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("a study, really")
    empty = tmp_path / "empty.db"
    empty.touch()
    for path, said in (
        (tmp_path, "is a directory"),
        (tmp_path / "none.db", "There is no study file"),
        (words, "is not an SQLite database"),
        (empty, "is empty"),
        (words / "f.db", "There is no study file|Cannot read the study file"),
    ):
        with pytest.raises(ExoError, match=said) as caught:
            check_study_file(path)
        assert str(path) in caught.value.message
        assert caught.value.exit_code == ExitCode.BAD_INPUT


def test_a_database_of_something_else_is_said(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(ExoError, match="not one of Optuna or exo"):
        list_studies(path)


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(n, 1.0) for n in range(50)])
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(ExoError, match="is damaged") as caught:
        list_studies(path)
    assert ".recover" in caught.value.hint


def test_a_file_cut_short_is_said(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(n, 1.0) for n in range(50)])
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(ExoError, match=r"is damaged|Reading or writing"):
        list_studies(path)


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


def test_a_mistake_in_our_own_sql_keeps_its_traceback(tmp_path: Path) -> None:
    connection = connect(tmp_path / "f.db", mode="rwc", patience_s=0.0)
    with pytest.raises(sqlite3.OperationalError, match="syntax error"), in_words(tmp_path, 0.0):
        connection.execute("SELEKT")
    connection.close()


def test_a_read_only_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    connection = connect(path, mode="ro", patience_s=0.0)
    with pytest.raises(ExoError, match="cannot be opened for this"), in_words(path, 0.0):
        connection.execute("DELETE FROM trials")
    connection.close()


def test_a_writer_that_comes_in_between_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    modes: list[str] = []
    real = sqlite.connect

    def spied(path: Path, *, mode: str, patience_s: float) -> sqlite3.Connection:
        modes.append(mode)
        return real(path, mode=mode, patience_s=patience_s)

    monkeypatch.setattr(sqlite, "connect", spied)

    def query(connection: sqlite3.Connection) -> int:
        if modes == ["immutable"]:  # a whole run passes while we read
            monkeypatch.setattr(sqlite, "connect", real)
            with new_store(path, "t") as store:
                store.append([complete(0, 1.0)])
            monkeypatch.setattr(sqlite, "connect", spied)
        (count,) = connection.execute("SELECT COUNT(*) FROM trials").fetchone()
        return int(count)

    assert read(path, query) == 1
    assert modes == ["immutable", "ro"]
