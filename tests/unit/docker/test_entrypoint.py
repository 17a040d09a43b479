"""The container's entry point, as a process of its own on folders of a test."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import one_error

ENTRYPOINT = Path(__file__).parents[3] / "docker/entrypoint.py"
# The script itself, with the container's /app elsewhere.
START = (
    "import runpy, sys, pathlib; module = runpy.run_path(sys.argv[1]); "
    "module['main'].__globals__['APP'] = pathlib.Path(sys.argv[2]); module['main'](sys.argv[3:])"
)
# Stands for exo: says what it was called with, and what of its environment counts.
EXO = """#!/bin/sh
echo "$(id -u) $* EXO_NOTIFY=$EXO_NOTIFY EXO_NOTIFY_ON_UP=${EXO_NOTIFY_ON_UP-absent}"
"""
READERS = ("--version", "--help", "study list", "risk status", "optuna-run --help", "dashboard")

Run = subprocess.CompletedProcess[str]


def start(app: Path, *command: str, env: dict[str, str] | None = None) -> Run:
    variables = {k: v for k, v in os.environ.items() if not k.startswith("EXO_")}
    variables["PATH"] = f"{app}/bin:{variables['PATH']}"
    return subprocess.run(
        [sys.executable, "-c", START, str(ENTRYPOINT), str(app), *command],
        env=variables | (env or {}),
        capture_output=True,
        text=True,
        check=False,
    )


def lay_out(app: Path) -> Path:
    for name in ("bin", "studies", "factors", "config", "research"):
        (app / name).mkdir(parents=True)
    (app / "bin/exo").write_text(EXO)
    (app / "bin/exo").chmod(0o755)
    return app


def open_to_all(folder: Path) -> None:
    """Let others through pytest's folders, which are for this user only."""
    for path in (folder, *folder.parents[:3]):
        path.chmod(path.stat().st_mode | stat.S_IXOTH)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """As /app, writable."""
    return lay_out(tmp_path / "app")


@pytest.fixture
def readonly(small_disk: Path) -> Path:
    """As /app, on a file system that may only be read, of which research/ is another user's."""
    lay_out(small_disk / "app")
    os.chown(small_disk / "app/research", 1234, 1234)
    open_to_all(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    return small_disk / "app"


def test_a_command_is_started(app: Path) -> None:
    run = start(app, "exo", "optuna-run", "--n-trials", "3")
    assert run.returncode == 0, run.stderr
    assert "optuna-run --n-trials 3" in run.stdout
    assert run.stderr == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_projects_owner_gets_the_folders_and_becomes_the_user(tmp_path: Path) -> None:
    open_to_all(tmp_path)
    app = lay_out(tmp_path / "app")
    os.chown(app / "research", 1234, 1234)
    run = start(app, "exo", "optuna-run")
    assert run.stdout.startswith("1234 "), run.stderr
    owners = {name: (app / name).stat().st_uid for name in ("studies", "factors", "config/staging")}
    assert owners == dict.fromkeys(owners, 1234)
    assert (app / "config").stat().st_uid == 0  # not one that Docker makes


def test_read_only_mounts_stop_no_command_that_reads(readonly: Path) -> None:
    for command in READERS:
        run = start(readonly, "exo", *command.split())
        assert run.returncode == 0, run.stderr
        assert f"1234 {command}" in run.stdout
        assert "Traceback" not in run.stderr
        assert f"note       {readonly}/studies: stays as it is (Read-only file system)" in (
            run.stderr.splitlines()
        )


@pytest.mark.parametrize(
    "command",
    [
        ("exo", "optuna-run"),
        ("python", "-m", "mech_exo.cli", "optuna-init"),
        ("/opt/venv/bin/exo", "validate"),
        ("exo", "reoptimize", "--quiet"),
    ],
)
def test_a_read_only_mount_is_called_that(readonly: Path, command: tuple[str, ...]) -> None:
    error = one_error(start(readonly, *command))
    assert error == (
        f"error: {readonly}/studies cannot be written (Read-only file system): mount it "
        "without :ro."
    )


def test_another_users_folder_is_called_that(app: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (app / "studies").chmod(0o555)
    assert "cannot be written by uid" in one_error(start(app, "exo", "optuna-run"))


def test_no_folder_and_no_program(app: Path) -> None:
    absent = start(app, "no-such-program", "--version")
    assert absent.returncode == 127
    assert absent.stderr == (
        "error: no-such-program: cannot be started (No such file or directory).\n"
    )
    (app / "studies").rmdir()
    (app / "studies").symlink_to("nowhere")
    error = one_error(start(app, "exo", "optuna-run"))
    assert "is not there: mount a folder for the studies" in error


@pytest.mark.parametrize(
    ("of_file", "of_shell", "seen"),
    [(None, "", ""), ("1", "", "1"), ("1", "0", "0"), (None, "1", "1"), ("0", "1", "1")],
)
def test_exo_notify_of_the_shell_wins_over_the_files(
    app: Path, of_file: str | None, of_shell: str, seen: str
) -> None:
    env = {"EXO_NOTIFY_ON_UP": of_shell} | ({} if of_file is None else {"EXO_NOTIFY": of_file})
    run = start(app, "exo", "optuna-run", env=env)
    assert run.stdout.endswith(f"EXO_NOTIFY={seen} EXO_NOTIFY_ON_UP=absent\n")
