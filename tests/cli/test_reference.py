"""The pages that are made from the code: commands, exit codes, JSON."""

import json
from pathlib import Path

import pytest

from mech_exo.cli.commands import COMMANDS, load
from mech_exo.errors import MEANINGS, ExitCode
from mech_exo.report.json_outputs import JSON_OUTPUTS
from mech_exo.report.plain_json import JSON_VERSION
from tests.cli.conftest import REPOSITORY, lay_out, run_exo

PAGE = (REPOSITORY / "docs/commands.md").read_text("utf-8")


def commands() -> dict[str, list[str]]:
    """Every command and its flags."""
    found = {}
    for name in COMMANDS:
        command = load(name)
        parts = getattr(command, "commands", None) or {"": command}
        for part, one in parts.items():
            found[f"{name} {part}".strip()] = [flag for p in one.params for flag in p.opts]
    return found


def test_every_command_and_flag_stands_on_the_page() -> None:
    for words, flags in commands().items():
        section = PAGE.partition(f"## exo {words}\n")[2].partition("\n## ")[0]
        assert section, words
        for flag in flags:
            assert not flag.startswith("--") or f"`{flag}`" in section, (words, flag)


def test_every_exit_code_has_a_meaning() -> None:
    assert list(MEANINGS) == list(ExitCode)
    for code in ExitCode:
        assert f"| {int(code)} | {MEANINGS[code]} |" in PAGE


def test_every_command_with_json_has_an_entry() -> None:
    with_flag = {words for words, flags in commands().items() if "--json" in flags}
    assert {words for words in JSON_OUTPUTS if "--" not in words} == with_flag


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay_out(tmp_path_factory.mktemp("made") / "p")
    for name in ("factor_weight_optimization", "other"):
        run = ("optuna-run", "--n-trials", "2", "--quiet", "--study-name", name)
        assert run_exo(*run, cwd=folder).returncode in (0, 3)
    return folder


@pytest.mark.parametrize(
    "words",
    [
        "status",
        "study list",
        "study show other",
        "study compare factor_weight_optimization other",
        "study archive --out copy.db --force",
        "backtest 0",
        "report other",
        "data check",
        "leakcheck",
        "optuna-run --n-trials 0",
    ],
)
def test_the_fields_are_those_that_are_printed(words: str, project: Path) -> None:
    printed = json.loads(run_exo(*words.split(), "--json", cwd=project).stdout)
    assert next(iter(printed.items())) == ("json_version", JSON_VERSION)
    (entry,) = (name for name in JSON_OUTPUTS if words.startswith(name) and " --" not in name)
    assert set(JSON_OUTPUTS[entry]) <= set(printed)
