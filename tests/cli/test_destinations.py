"""Where a command may write: nothing that is no file is replaced, and a bad name is one error."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from tests.cli.conftest import lay_out, run_exo

RUN = ("optuna-run", "--n-trials", "2", "--n-jobs", "1")
DESTINATIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "report": (("report", "--out"), ".html"),
    "archive": (("study", "archive", "--force", "--out"), ".db"),
    **{
        f"backtest --{table}": (("backtest", f"--{table}"), ".csv")
        for table in ("returns", "holdings", "trades", "exposures")
    },
    "optuna-run --export-yaml": ((*RUN, "--export-yaml"), ".yml"),
    "a rehearsal": ((*RUN, "--dry-run", "--export-yaml"), ".yml"),
    "optuna-run --study-file": ((*RUN, "--study-file"), ".db"),
    "optuna-init --study-file": (("optuna-init", "--study-file"), ".db"),
    "paper step --ledger": (("paper", "step", "--factors", "best.yml", "--ledger"), ".db"),
}
every_destination = pytest.mark.parametrize("which", DESTINATIONS)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a small study and its factor file."""
    folder = lay_out(tmp_path_factory.mktemp("destinations") / "project")
    made = run_exo(*RUN, "--export-yaml", "best.yml", cwd=folder)
    assert made.returncode in (0, 3), made.stderr
    return folder


@pytest.fixture
def here(tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the working directory."""
    folder = shutil.copytree(tuned, tmp_path / "project")
    monkeypatch.chdir(folder)
    return folder


def content(folder: Path) -> dict[Path, int]:
    """What is in a folder, and when it was changed; but for what SQLite keeps beside its files."""
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def error_of(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(arguments) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert [line for line in said if line.startswith("error: ")] == said[-1:], said
    return said[-1]


@every_destination
def test_a_pipe_is_left_as_it_is(
    which: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, ending = DESTINATIONS[which]
    pipe = here / f"pipe{ending}"
    os.mkfifo(pipe)
    link = here / f"link{ending}"
    link.symlink_to(pipe)
    before = content(here)
    for path in (pipe, link):
        assert "is a pipe" in error_of((*arguments, path.name), capsys)
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert content(here) == before


@every_destination
def test_a_device_is_left_as_it_is(
    which: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A device of the test's own: one of the machine's would be lost to all if this failed."""
    arguments, ending = DESTINATIONS[which]
    device = here / f"device{ending}"
    try:
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
    except OSError as error:
        pytest.skip(f"cannot make a device: {error}")
    assert "is a device" in error_of((*arguments, device.name), capsys)
    assert stat.S_ISCHR(device.lstat().st_mode)


@pytest.mark.parametrize(
    "name", [".", "..", "/", "", "config", "a" * 300 + "{}", "ü" * 200 + "{}", "a/" * 3000 + "b{}"]
)
@every_destination
def test_what_names_no_file_is_one_error(
    which: str, name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, ending = DESTINATIONS[which]
    before = content(here)
    error = error_of((*arguments, name.format(ending)), capsys)
    assert len(error) < 7000
    assert content(here) == before


def test_the_only_study_of_a_file_needs_no_name(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "studies/factor_opt.db").unlink()
    assert run((*RUN, "--study-name", "mine")) in (0, 3)
    for arguments in (("backtest", "1"), ("study", "trials"), ("study", "show"), ("report",)):
        assert run(arguments) in (0, 3), arguments
    assert run(("validate", "--quick")) in (0, 3)
    capsys.readouterr()
    assert run((*RUN, "--study-name", "other")) in (0, 3)
    for arguments in (("backtest", "1"), ("study", "trials"), ("validate", "--quick")):
        assert "holds 2 studies (mine, other)" in error_of(arguments, capsys)
    assert run((*RUN,)) in (0, 3)
    assert run(("backtest", "1")) == 0  # the one of the default name
