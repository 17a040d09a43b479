"""Names that were read from files do not steer the terminal that shows them."""

import fcntl
import json
import os
import pty
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Exo, Run, environment
from tests.cli.file_project import file_project
from tests.unit.tuning.stored_studies import complete, execute, failed, new_store

EVIL = "s\x1b]0;pwned\x07\x1b[31m\u202e\x9b1m[bold][link=x]"
SHOWN = "\\x1b]0;pwned\\x07\\x1b[31m\\u202e\\x9b1m[bold][link=x]"
ODD = ("\x1b", "\x07", "\u202e", "\x9b")


def on_terminal(*arguments: str | Path, cwd: Path) -> str:
    """What a terminal gets to see of a command."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        command = [sys.executable, "-m", "mech_exo.cli", *map(str, arguments)]
        os.execve(sys.executable, command, environment({"COLUMNS": "200"}))
    seen = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # its other end is closed
            break
        if not chunk:
            break
        seen += chunk
    os.waitpid(pid, 0)
    os.close(master)
    return seen.decode()


def harmless(text: str) -> None:
    """Nothing of the name's codes is left; the console's own colours may be there."""
    assert SHOWN in text, text
    for code in ("\x1b]0", "\x1b[31m\u202e", "\x07", "\u202e", "\x9b"):
        assert code not in text


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study file with names that somebody has made up, in every place that has one."""
    path = tmp_path / "s.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0), failed(1, EVIL)])
    execute(path, f"UPDATE studies SET study_name = '{EVIL}'")
    quoted = json.dumps([EVIL])
    execute(path, f"UPDATE study_user_attributes SET value_json = '{quoted}' WHERE key LIKE 'o%'")
    return path


@pytest.mark.parametrize("command", [("list",), ("show",), ("trials", EVIL), ("show", "none")])
def test_a_study(exo: Exo, study: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    arguments: tuple[str | Path, ...] = ("study", *command, "--study-file", study)
    run = exo(*arguments, cwd=tmp_path)
    harmless(run.stdout + run.stderr)
    harmless(on_terminal(*arguments, cwd=tmp_path))


def test_json_and_files_keep_the_text_a_terminal_does_not_get_it(
    exo: Exo, study: Path, tmp_path: Path
) -> None:
    listed = exo("study", "list", "--study-file", study, "--json", cwd=tmp_path).stdout
    assert json.loads(listed)["studies"][0]["name"] == EVIL
    assert not any(code in listed for code in ODD)
    table = ("study", "trials", EVIL, "--study-file", study, "--format")
    text = exo(*table, "json", cwd=tmp_path).stdout
    assert json.loads(text)[1]["reason"] == EVIL
    assert not any(code in text for code in ODD)
    assert EVIL in exo(*table, "csv", cwd=tmp_path).stdout
    harmless(on_terminal(*table, "csv", cwd=tmp_path))


def test_the_holder_of_a_lock(project: Path, exo: Exo) -> None:
    from mech_exo.tuning.study_lock import lock_path

    path = lock_path(project / "studies/factor_opt.db", "factor_weight_optimization")
    holder = {"pid": 1, "host": EVIL, "started": "today", "command": "x"}
    with path.open("w") as file:
        json.dump(holder, file)
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        run = exo("optuna-run", "--n-trials", "1", cwd=project)
        assert run.returncode == 5
        harmless(run.stderr)


def test_a_setting_and_a_path(project: Path, exo: Exo) -> None:
    settings = project / "config/settings.yml"
    settings.write_text(json.dumps({"data": {EVIL: 1}}))
    assert "\\x1b]0;pwned" in _harmless_error(exo("optuna-run", cwd=project))
    (project / EVIL).mkdir()
    harmless(exo("optuna-run", "--config", EVIL, cwd=project).stderr)


def _harmless_error(run: Run) -> str:
    assert run.returncode == 2
    assert not any(code in run.stderr for code in ODD)
    return run.stderr


def test_factors_and_categories_of_a_file(project: Path, exo: Exo) -> None:
    for name, weight in (("a.yml", 0.5), ("b.yml", 0.25)):
        entry = {EVIL: {EVIL: {"weight": weight}}}
        (project / name).write_text(json.dumps({"factors": entry}))
    run = exo("factors", "diff", "a.yml", "b.yml", cwd=project)
    assert run.returncode == 0, run.stderr
    harmless(run.stdout)
    harmless(on_terminal("factors", "diff", "a.yml", "b.yml", cwd=project))
    (project / "config/factors.yml").write_text((project / "a.yml").read_text())
    run = exo("optuna-run", "--n-trials", "1", cwd=project)
    assert not any(code in run.stdout + run.stderr for code in ODD)


def test_symbols_of_the_prices(tmp_path: Path, exo: Exo) -> None:
    project = file_project(tmp_path / "p")
    prices = next(project.rglob("prices*.csv"))
    text = prices.read_text()
    symbol = text.splitlines()[0].split(",")[1]
    prices.write_text(text.replace(symbol, EVIL, 1))
    positions = project / "positions.csv"
    positions.write_text(f"symbol,shares\n{EVIL}x,1\n")
    (project / "f.yml").write_text("factors: {technical: {momentum_12_1: {weight: 1.0}}}\n")
    run = exo("portfolio", "--config", "f.yml", "--current", positions, cwd=project)
    _harmless_error(run)
    run = exo("portfolio", "--config", "f.yml", cwd=project)
    assert run.returncode == 0, run.stderr
    assert not any(code in run.stdout for code in ODD)
