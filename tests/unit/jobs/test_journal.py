"""One log a run: its lines, its end, and a disk that fills up."""

import errno
import io
import os
from datetime import datetime
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from mech_exo.jobs.journal import Journal, open_journal, rotate

MOMENT = datetime(2026, 6, 20, 6, 30)


class Said:
    """A terminal."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.lines.append(f"warning: {text}")


def failed() -> Exception:
    try:
        raise ZeroDivisionError("a bug")
    except ZeroDivisionError as error:
        return error


def test_lines_go_to_both_and_a_bug_keeps_its_traceback(tmp_path: Path) -> None:
    said = Said()
    journal = open_journal(said, tmp_path, MOMENT)
    journal.note("one")
    journal.warn("two")
    journal.failed(ExoError("three.", hint="Mend it."))
    journal.failed(failed())
    journal.close()
    assert said.lines == ["one", "warning: two"]
    text = (tmp_path / "logs/reoptimize_20260620_063000.log").read_text()
    words = ["one", "warning: two", "error: three. Mend it.", "Traceback", "ZeroDivisionError"]
    assert [w for w in words if w in text] == words
    assert text.index("one") < text.index("two") < text.index("three")


def test_two_in_one_second_have_two_files(tmp_path: Path) -> None:
    journals = [open_journal(Said(), tmp_path, MOMENT) for _ in range(2)]
    for journal in journals:
        journal.close()
    assert len({journal.path for journal in journals}) == 2


class Full(io.StringIO):
    """A file on a disk without space."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_ends_the_log_and_not_the_run(tmp_path: Path) -> None:
    said = Said()
    journal = Journal(said, tmp_path / "run.log", Full())
    journal.note("one")
    journal.note("two")
    journal.close()
    assert [line for line in said.lines if "warning" not in line] == ["one", "two"]
    (warning,) = (line for line in said.lines if "warning" in line)
    assert "the log ends here (No space" in warning


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    with pytest.raises(ExoError, match="no log can be written"):
        open_journal(Said(), tmp_path, MOMENT)


def test_rotation_keeps_the_newest_and_what_is_not_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for n in range(5):
        (folder / f"reoptimize_{n}.log").touch()
        os.utime(folder / f"reoptimize_{n}.log", (n, n))
    (folder / "other.log").touch()
    rotate(tmp_path, 2)
    names = sorted(p.name for p in folder.iterdir())
    assert names == ["other.log", "reoptimize_3.log", "reoptimize_4.log"]
