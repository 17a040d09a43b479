"""The token is for Telegram alone; EXO_NOTIFY asks for messages without editing a command."""

from pathlib import Path

import pytest

from tests.cli.conftest import Exo, one_error

TOKEN = "123456:SECRET"
TELEGRAM = {
    "TELEGRAM_BOT_TOKEN": TOKEN,
    "TELEGRAM_CHAT_ID": "42",
    "TELEGRAM_DRY_RUN": "true",
    "TELEGRAM_OF_MY_OWN": "x",
}
TELLS = """

import os
import sys

told = objective


def tell(where):
    print("environment of", where, sorted(os.environ), sorted(os.environ.values()), file=sys.stderr)


def objective(result):
    tell(f"trial in {os.getpid()}")
    return told(result)


tell("file")
"""
RUN = ("optuna-run", "--n-trials", "3", "--notify-progress")


@pytest.fixture
def talkative(project: Path) -> Path:
    """A project whose objective file prints its environment, in every process that runs it."""
    objective = project / "research/obj_utils.py"
    lenient = "MAX_DRAWDOWN_THRESHOLD = 0.9\n"
    objective.write_text(f"{objective.read_text()}\n{lenient}{TELLS}")
    return project


@pytest.mark.parametrize(
    "command",
    [
        RUN,
        ("optuna-init",),
        ("leakcheck",),
        ("reoptimize", "--target-trials", "3", "--no-validate"),
    ],
    ids=lambda command: command[0],
)
def test_no_process_of_the_objective_knows_the_token(
    exo: Exo, talkative: Path, command: tuple[str, ...]
) -> None:
    run = exo(*command, cwd=talkative, env=TELEGRAM | {"OF_MINE": "kept"})
    assert run.returncode in (0, 1), run.stderr
    told = [line for line in run.stderr.splitlines() if line.startswith("environment of ")]
    assert len(told) >= 1
    assert not [line for line in told if "TELEGRAM_" in line or TOKEN in line]
    assert all("OF_MINE" in line for line in told)
    if command is RUN:
        assert len({line.split("[")[0] for line in told}) >= 3  # the run's process and a worker's


def test_the_run_itself_still_sends(exo: Exo, talkative: Path) -> None:
    run = exo(*RUN, cwd=talkative, env=TELEGRAM)
    assert "telegram (dry run): factor_weight_optimization: done, 3 trials" in run.stderr


@pytest.mark.parametrize(
    ("value", "messages"), [("1", True), ("true", True), ("0", False), ("", False), (None, False)]
)
def test_exo_notify_is_the_flag(exo: Exo, project: Path, value: str | None, messages: bool) -> None:
    env = {"TELEGRAM_DRY_RUN": "1"} | ({} if value is None else {"EXO_NOTIFY": value})
    run = exo("optuna-run", "--n-trials", "1", cwd=project, env=env)
    assert run.returncode in (0, 3), run.stderr
    assert ("telegram (dry run): " in run.stderr) == messages


def test_exo_notify_of_no_meaning(exo: Exo, project: Path) -> None:
    run = exo("optuna-run", "--n-trials", "1", cwd=project, env={"EXO_NOTIFY": "perhaps"})
    assert "EXO_NOTIFY" in one_error(run)
