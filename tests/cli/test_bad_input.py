"""Whatever the user gets wrong ends in one line, the right exit code and nothing half-written."""

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Exo, one_error

Spoil = Callable[[Path], list[str]]


def write(file: str, text: str, *arguments: str) -> Spoil:
    """Write a file of the project, then run with these arguments."""

    def spoil(project: Path) -> list[str]:
        path = project / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return list(arguments)

    return spoil


def objective(text: str) -> Spoil:
    """Append to the objective file."""

    def spoil(project: Path) -> list[str]:
        path = project / "research/obj_utils.py"
        path.write_text(path.read_text() + text)
        return []

    return spoil


def flags(*arguments: str) -> Spoil:
    """Only arguments."""
    return lambda project: list(arguments)


CASES: dict[str, tuple[Spoil, str]] = {
    "unknown source": (flags("--data", "fiels"), "Did you mean 'files'?"),
    "unknown sampler": (flags("--sampler", "tpee"), "Did you mean 'tpe'?"),
    "unknown metric": (flags("--objectives", "sharp,max_drawdown"), "sharpe"),
    "no settings file": (flags("--config", "none.yml"), "none.yml"),
    "no objective file": (flags("--objective", "none.py"), "none.py"),
    "broken YAML": (write("config/settings.yml", "data: [\n"), "config/settings.yml"),
    "unknown key": (
        write("config/settings.yml", "backtest: {rebalance_day: 5}\n"),
        "Did you mean 'rebalance_days'?",
    ),
    "wrong type": (write("config/settings.yml", "tuning: {seed: soon}\n"), "tuning.seed"),
    "out of bounds": (write("config/settings.yml", "holdout: {fraction: 2}\n"), "holdout.fraction"),
    "no dates": (
        write("config/settings.yml", "data: {start: 2050-01-01}\n"),
        "no session from 2050-01-01",
    ),
    "too few dates": (
        write("config/settings.yml", "data: {end: 2018-03-01}\n"),
        "factors.min_history",
    ),
    "no price file": (
        write("config/settings.yml", "data: {source: files, prices: none.csv}\n"),
        "none.csv",
    ),
    "syntax error": (objective("\ndef broken(:\n"), "research/obj_utils.py:47: SyntaxError"),
    "objective that fails": (
        objective("\ndef objective(result):\n    return result.sharp\n"),
        "Did you mean 'sharpe'?",
    ),
    "file that ends the process": (
        objective("\nimport os\nos._exit(0)\n"),
        "ended the process (exit status 0) while it was tried",
    ),
    "objective that ends the process": (
        objective(
            "\nimport os\ndef objective(result):\n    os.kill(os.getpid(), 9)\n    return 1.0\n"
        ),
        "ended the process (signal 9) while it was tried",
    ),
    "random objective": (
        objective("\nimport random\ndef objective(result):\n    return random.random()\n"),
        "for the same result",
    ),
    "unused parameter": (
        objective(
            "\ndef suggest_factor_weights(trial):\n    trial.suggest_float('weight_rsi', 0, 1)\n"
        ),
        "weight_rsi",
    ),
    "broken current factors": (
        write("config/factors.yml", "factors:\n  technical:\n    rsi_14: {wieght: 1}\n"),
        "config/factors.yml",
    ),
    "not a database": (
        write("studies/factor_opt.db", "this is text\n" * 100),
        "studies/factor_opt.db is not an SQLite database",
    ),
    "export to a folder": (flags("--export-yaml", "studies"), "studies"),
    "export below a file": (flags("--export-yaml", ".gitignore/x.yml"), ".gitignore/x.yml"),
    "study below a file": (flags("--study-file", ".gitignore/x.db"), ".gitignore/x.db"),
}


@pytest.mark.parametrize("case", CASES)
def test_one_line_and_nothing_written(exo: Exo, project: Path, case: str) -> None:
    spoil, told = CASES[case]
    arguments = spoil(project)
    before = content(project)
    run = exo("optuna-run", "--n-trials", "2", *arguments, cwd=project)
    assert told in one_error(run)
    assert run.stdout == ""
    assert content(project) == before


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_staging_is_checked_before_the_search(exo: Exo, project: Path) -> None:
    (project / "config/staging").touch()
    run = exo("optuna-run", "--n-trials", "2", "--stage", cwd=project)
    assert "config/staging" in one_error(run)
    assert not (project / "studies/factor_opt.db").exists()


@pytest.mark.parametrize("command", [["show"], ["list"], ["trials", "x"]])
def test_study_commands_without_a_file(exo: Exo, command: list[str]) -> None:
    assert "studies/factor_opt.db" in one_error(exo("study", *command))


def test_dashboard_on_a_busy_port(exo: Exo, project: Path) -> None:
    assert exo("optuna-init", cwd=project).returncode == 0
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        run = exo("dashboard", "--port", port, cwd=project)
    assert f"port {port} on 127.0.0.1 is in use" in one_error(run)


def test_dashboard_without_a_study_file(exo: Exo) -> None:
    assert "studies/factor_opt.db" in one_error(exo("dashboard"))


def test_a_full_disk_ends_the_run_and_keeps_the_study(
    exo: Exo, project: Path, small_disk: Path
) -> None:
    study = small_disk / "s.db"
    (small_disk / "ballast").write_bytes(bytes(400_000))
    arguments = ("--study-file", study, "--quiet")
    run = exo("optuna-run", "--n-trials", "3000", "--sampler", "random", *arguments, cwd=project)
    assert str(study) in one_error(run)
    kept = exo("study", "trials", "factor_weight_optimization", *arguments[:2], cwd=project)
    assert kept.stdout.count("\n") > 10
    (small_disk / "ballast").unlink()
    again = exo("optuna-run", "--n-trials", "2", "--sampler", "random", *arguments, cwd=project)
    assert again.returncode in (0, 3), again.stderr


def test_a_full_disk_leaves_no_part_of_a_factor_file(
    exo: Exo, project: Path, small_disk: Path
) -> None:
    with (
        contextlib.suppress(OSError),
        (small_disk / "ballast").open("wb", buffering=0) as ballast,
    ):
        while ballast.write(bytes(4096)):
            pass
    export = small_disk / "out/best.yml"
    run = exo("optuna-run", "--n-trials", "1", "--export-yaml", export, cwd=project)
    assert str(export) in one_error(run)
    assert [path.name for path in small_disk.rglob("*") if path.is_file()] == ["ballast"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--objectives", "sharp"), "Did you mean 'sharpe'?"),
        (("--study-name", ""), "--study-name is empty"),
        (("--n-trials", "2", "--target-trials", "4"), "only one of them can be given"),
        (("--seed", "-1"), "error: the command line: tuning.seed is -1"),
        (("--window", "0"), "error: the command line: tuning.window is 0"),
    ],
)
def test_what_the_flags_alone_show_is_refused_before_the_data_load(
    exo: Exo, project: Path, arguments: tuple[str, ...], told: str
) -> None:
    run = exo("optuna-run", *arguments, cwd=project)
    assert told in one_error(run)
    assert "data       " not in run.stderr
    assert not (project / "studies/factor_opt.db").exists()


def test_a_trial_that_will_not_be_there_is_refused_before_the_search(
    exo: Exo, project: Path
) -> None:
    for also in ((), ("--accept-changes",)):
        run = exo("optuna-run", "--n-trials", "2", "--trial", "2", *also, cwd=project)
        assert "--trial 2: study 'factor_weight_optimization' has 0 trials" in one_error(run)
    assert not (project / "studies/factor_opt.db").exists()
    run = exo(
        "optuna-run", "--target-trials", "2", "--trial", "1", "--sampler", "random", cwd=project
    )
    assert run.returncode in (0, 3), run.stderr
    run = exo(
        "optuna-run", "--target-trials", "2", "--trial", "2", "--sampler", "random", cwd=project
    )
    assert "has 2 trials and this run adds 0" in one_error(run)


@pytest.mark.parametrize(
    "name",
    ["studies/factor_opt.db", "config/settings.yml", "research/obj_utils.py", ".gitignore"],
)
def test_an_export_replaces_nothing_but_a_factor_file(exo: Exo, project: Path, name: str) -> None:
    assert exo("optuna-init", cwd=project).returncode == 0
    before = (project / name).read_bytes()
    run = exo("optuna-run", "--n-trials", "1", "--export-yaml", name, cwd=project)
    assert "is no factor file; it is not replaced" in one_error(run)
    assert (project / name).read_bytes() == before
