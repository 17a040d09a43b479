"""`exo study archive` and `exo study delete` as a person or a script meets them."""

import json
import os
import pty
import sys
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from mech_exo.tuning.records import study_names
from tests.cli.conftest import Exo, environment, one_error
from tests.unit.tuning.stored_studies import complete, new_store

NAME = "größe 1"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with two studies; its folder is the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "studies/factor_opt.db"
    for name in (NAME, "other"):
        with new_store(path, name) as store:
            store.append([complete(i, float(i)) for i in range(3)])
    return path


def test_archive(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study", "archive", NAME, "--out", "old/a b.db"]) == 0
    assert f"archived   {NAME}, 3 trials" in capsys.readouterr().out
    assert study_names(Path("old/a b.db")) == [NAME]
    assert run(["study", "list", "--study-file", "old/a b.db"]) == 0
    capsys.readouterr()
    assert run(["study", "archive", NAME, "--out", "old/a b.db"]) == 2
    assert "--force" in capsys.readouterr().err
    assert run(["study", "archive", "--out", "old/a b.db", "--force", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["trials"] == {NAME: 3, "other": 3}
    assert made["size"] == Path("old/a b.db").stat().st_size
    assert run(["study", "archive", "--out", str(file), "--force"]) == 2
    assert "is the study file itself" in capsys.readouterr().err


def test_archive_without_a_place(file: Path, exo: Exo, small_disk: Path) -> None:
    assert "--out" in one_error(exo("study", "archive", NAME))
    with new_store(file, "large") as store:
        store.append([complete(i, float(i)) for i in range(600)])
    assert "cannot be written" in one_error(exo("study", "archive", "--out", small_disk / "a.db"))
    assert list(small_disk.iterdir()) == []


def test_delete_for_a_script(file: Path, capsys: pytest.CaptureFixture[str], exo: Exo) -> None:
    error = one_error(exo("study", "delete", NAME))
    assert "no terminal to ask at" in error
    assert "--yes" in error
    assert study_names(file) == [NAME, "other"]
    assert run(["study", "delete", NAME, "--yes", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "json_version": 1,
        "study": NAME,
        "trials": 3,
        "epochs": 1,
        "verdicts": 0,
        "calibrations": 0,
        "searches": 0,
        "looks": 0,
    }
    assert study_names(file) == ["other"]
    assert run(["study", "delete", NAME, "--yes"]) == 2
    assert "It has: other" in capsys.readouterr().err


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 1), ("n", 1, 2), ("\x03", 130, 2)])
def test_delete_asks_at_a_terminal(file: Path, answer: str, code: int, left: int) -> None:
    pid, master = pty.fork()
    if pid == 0:
        command = [sys.executable, "-m", "mech_exo.cli", "study", "delete", NAME]
        os.execve(sys.executable, command, environment())
    seen = b""
    while b"[y/N]" not in seen:
        seen += os.read(master, 4096)
    assert f"study {NAME}: 3 trials".encode() in seen
    os.write(master, answer.encode() + (b"" if answer == "\x03" else b"\n"))
    _, status = os.waitpid(pid, 0)
    os.close(master)
    assert os.waitstatus_to_exitcode(status) == code
    assert len(study_names(file)) == left
