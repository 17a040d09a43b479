"""Every command on a terminal of 60 and 40 columns: no line is longer, and nothing is cut."""

import fcntl
import os
import pty
import re
import shutil
import struct
import sys
import termios
from pathlib import Path

import pytest

from tests.cli.conftest import environment, lay_out, run_exo

CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
STUDY = "factor_weight_optimization"
SMALL = "verdict: {placebos: 2, windows: 2, neighbours: 8, portfolios: 16}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a study, a staged file and a file in production."""
    folder = lay_out(tmp_path_factory.mktemp("made") / "p")
    settings = folder / "config/settings.yml"
    settings.write_text(settings.read_text() + SMALL)
    objective = folder / "research/obj_utils.py"
    text = objective.read_text()
    objective.write_text(
        re.sub(r"(?m)^MAX_DRAWDOWN_THRESHOLD = .*", "MAX_DRAWDOWN_THRESHOLD = 0.9", text)
    )
    run = run_exo("optuna-run", "--n-trials", "4", "--stage", "--export-yaml", "f.yml", cwd=folder)
    assert run.returncode == 0, run.stderr
    shutil.copy(folder / "f.yml", folder / "config/factors.yml")
    return folder


def on_terminal(columns: int, cwd: Path, *arguments: str, **variables: str) -> str:
    """What `exo` writes to a terminal of some width."""
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        kept = {k: v for k, v in environment(variables).items() if k not in ("COLUMNS", "NO_COLOR")}
        command = [sys.executable, "-m", "mech_exo.cli", *arguments]
        os.execvpe(command[0], command, {"TERM": "xterm-256color", **kept, "PAGER": "cat"})
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    written = b""
    try:
        while part := os.read(screen, 65536):
            written += part
    except OSError:  # the other side has ended
        pass
    os.close(screen)
    os.waitpid(pid, 0)
    return written.decode()


def lines(text: str) -> list[str]:
    """Its lines as they stand in the end, without colours."""
    return [line.rstrip("\r").rpartition("\r")[2] for line in CODES.sub("", text).split("\n")]


COMMANDS = [
    "status",
    "study list",
    f"study show {STUDY}",
    f"study trials {STUDY}",
    "data check",
    "leakcheck",
    "factors diff f.yml config/factors.yml",
    "factors history",
    "portfolio --date 2021-12-30",
    "risk status",
    "verify f.yml",
    f"validate --study-name {STUDY}",
    "optuna-run --n-trials 3 --study-name another",
    "optuna-run --n-trials 3 --study-name third --dry-run",
    "reoptimize --dry-run",
    "docs --list",
    "docs metrics",
]


DOTTED = ("verify f.yml", "docs metrics")  # hashes to 16 digits, a formula


VERY_NARROW = ("status", "study list", "data check", "factors diff f.yml config/factors.yml")


@pytest.mark.parametrize(
    ("command", "columns"), [*((c, 60) for c in COMMANDS), *((c, 40) for c in VERY_NARROW)]
)
def test_nothing_is_longer_or_cut(made: Path, command: str, columns: int) -> None:
    shown = lines(on_terminal(columns, made, *command.split(), TELEGRAM_DRY_RUN="true"))
    assert len(shown) > 1
    assert not any("Traceback" in line for line in shown)
    assert [line for line in shown if len(line.rstrip()) > columns] == []
    if command not in DOTTED:
        assert [line for line in shown if "…" in line] == []


def test_colours_are_left_out_and_forced_as_the_variables_say(made: Path) -> None:
    plain = on_terminal(80, made, "study", "show", STUDY)
    assert not re.search(
        r"\x1b\[[0-9;]*3[0-7]m", on_terminal(80, made, "data", "check", NO_COLOR="1")
    )
    dumb = on_terminal(
        80, made, "optuna-run", "--n-trials", "2", "--study-name", "dumb", TERM="dumb"
    )
    assert "\x1b" not in dumb
    assert "trials     " in dumb
    forced = run_exo("study", "list", cwd=made, env={"FORCE_COLOR": "1", "TERM": "xterm"})
    assert "\x1b[" in forced.stdout
    assert "\x1b[" not in run_exo("study", "list", cwd=made).stdout
    assert STUDY in plain
