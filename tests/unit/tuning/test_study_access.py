import sqlite3
from pathlib import Path

import pytest

from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.sqlite import connect
from mech_exo.tuning.records import list_studies
from mech_exo.tuning.study_access import check_study_file, in_words
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
