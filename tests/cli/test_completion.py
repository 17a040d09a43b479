"""What the shells offer after Tab, asked the way their scripts ask."""

import subprocess
import sys
from pathlib import Path

import pytest

from mech_exo.cli.commands import COMMANDS
from mech_exo.config.setting_choices import choices_of
from mech_exo.config.settings import SAMPLERS
from tests.cli.conftest import REPOSITORY, environment, one_error, run_exo
from tests.unit.tuning.stored_studies import new_store

HEAVY = ("numpy", "pandas", "optuna", "scipy", "sqlalchemy", "yaml")
# Runs exo as its script does, and then says on stderr what it has imported.
PROBE = (
    "import atexit, sys; atexit.register(lambda: print(*"
    f"sorted({{*{HEAVY!r}}} & set(sys.modules)), file=sys.stderr)); "
    "from mech_exo.cli import main; main()"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a project")
    for name in ("alpha", "été"):
        with new_store(folder / "studies/factor_opt.db", name):
            pass
    with new_store(folder / "other.db", "beta"):
        pass
    (folder / "config").mkdir()
    (folder / "config/settings.yml").write_text("")
    return folder


def offered(words: str, shell: str, cwd: Path) -> list[str]:
    """The names that a shell would offer; nothing heavy may have been imported for them."""
    variables = {
        "_EXO_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    run = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=cwd,
        env=environment(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr.strip()) == (0, ""), run.stderr
    lines = [line for line in run.stdout.splitlines() if line]
    if shell == "fish":
        return [line.partition("\t")[0] for line in lines]
    if shell == "zsh":
        text = run.stdout.partition("((")[2].partition("))'")[0]
        return [line.split('"')[1] for line in text.splitlines()]
    return lines


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("exo ", list(COMMANDS)),
        ("exo study l", ["list"]),
        ("exo study trials x --form", ["--format"]),
        ("exo study trials x --format ", ["table", "csv", "json"]),
        ("exo study show ", ["alpha", "été"]),
        ("exo study show --study-file other.db ", ["beta"]),
        ("exo study show --study-file missing.db ", []),
        ("exo validate --study-name a", ["alpha"]),
        ("exo optuna-run --sampler ", list(SAMPLERS)),
        ("exo optuna-run --side l", ["long", "long_short"]),
        ("exo docs ver", ["verdict"]),
    ],
)
def test_offers_what_fits(words: str, expected: list[str], shell: str, project: Path) -> None:
    assert offered(words, shell, project) == expected


def test_a_study_file_that_is_none_offers_nothing(project: Path) -> None:
    assert offered("exo study show --study-file config/settings.yml ", "bash", project) == []


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("tuning.sampler", SAMPLERS),
        ("tuning.pruner", ("median", "none")),
        ("data.source", ("demo", "sp500", "files", "store")),
        ("portfolio.side", ("long", "long_short")),
        ("tuning.seed", ()),
        ("tuning.objectives", ()),
        ("tuning", ()),
        ("no.such", ()),
    ],
)
def test_values_of_a_setting(setting: str, values: tuple[str, ...]) -> None:
    assert choices_of(setting) == values


def test_installs_and_shows_the_script_of_the_shell(tmp_path: Path) -> None:
    quiet = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path)}
    shown = run_exo("--show-completion", "bash", cwd=tmp_path, env=quiet)
    assert "complete -o default -F _exo_completion exo" in shown.stdout
    installed = run_exo("--install-completion", "bash", cwd=tmp_path, env=quiet)
    assert installed.returncode == 0
    script = (tmp_path / ".bash_completions/exo.sh").read_text()
    assert script.strip() == shown.stdout.strip()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    quiet = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path / "home")}
    run = run_exo("--install-completion", "bash", cwd=tmp_path, env=quiet)
    assert "the completion cannot be written" in one_error(run)
    assert str(REPOSITORY) not in run.stderr
