"""The compose file holds what the guide promises; scripts/test_docker.sh runs it for real."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from benchmarks.weight import closure

ROOT = Path(__file__).parents[3]


VARIABLE = re.compile(r"\$\{(\w+):([-+])([^${}]*)\}")


def composed(**variables: str) -> dict[str, Any]:
    """The compose file as it is with these variables of the shell, and no others."""
    text = (ROOT / "docker-compose.optuna.yml").read_text(encoding="utf-8")

    def value(match: re.Match[str]) -> str:
        given = variables.get(match[1], "")
        return (match[3] if given else "") if match[2] == "+" else (given or match[3])

    while VARIABLE.search(text):  # the innermost first
        text = VARIABLE.sub(value, text)
    assert "${" not in text
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, with the defaults of its variables."""
    return composed()


def test_the_runner_is_the_guides(compose: dict[str, Any]) -> None:
    runner = compose["services"]["optuna-runner"]
    assert runner["container_name"] == "mech-exo-optuna-runner"
    assert runner["build"] == {"context": ".", "dockerfile": "Dockerfile.optuna"}
    assert runner["deploy"]["resources"]["limits"] == {"cpus": "2", "memory": "8G"}
    assert {"./studies:/app/studies", "./factors:/app/factors"} <= set(runner["volumes"])
    command = shlex.split(runner["command"])
    assert command[:4] == ["python", "-m", "mech_exo.cli", "optuna-run"]
    assert dict(zip(command[4::2], command[5::2], strict=True)) == {
        "--target-trials": "50",  # the guide's 50, and never more at a second `up`
        "--n-jobs": "2",
        "--study-name": "factor_weight_optimization",
    }


def test_the_dashboard_is_for_this_machine_only(compose: dict[str, Any]) -> None:
    dashboard = compose["services"]["optuna-dashboard"]
    assert dashboard["ports"] == ["127.0.0.1:8080:8080"]
    assert "--wait" in shlex.split(dashboard["command"])


def test_every_service_is_reaped_and_may_gain_no_privilege(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["init"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]


def test_the_objective_and_the_settings_are_the_hosts(compose: dict[str, Any]) -> None:
    volumes = compose["services"]["optuna-runner"]["volumes"]
    assert {"./research:/app/research:ro", "./config:/app/config"} <= set(volumes)


def test_the_image_needs_no_network_for_its_syntax_and_is_no_root() -> None:
    lines = (ROOT / "Dockerfile.optuna").read_text(encoding="utf-8").splitlines()
    assert not any(line.startswith("# syntax") for line in lines)
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["10001:10001"]
    assert any(line.startswith("HEALTHCHECK ") for line in lines)


def test_the_image_leaves_out_what_only_skfolio_computes_with() -> None:
    """And keeps skfolio itself, of which exo reads a file, and all that anything else needs."""
    text = (ROOT / "Dockerfile.optuna").read_text(encoding="utf-8")
    (removed,) = re.findall(r"pip uninstall --yes --quiet \\\n(.*?)\n && find", text, re.DOTALL)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    build = {"pip", *(closure(map(Requirement, project["dependency-groups"]["build"])))}
    needed = [*project["project"]["dependencies"], "pyarrow"]
    kept = closure(map(Requirement, needed))
    computing = closure([Requirement("skfolio")]) - {"skfolio"}
    assert set(removed.replace("\\", " ").split()) == (build | computing) - kept


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--trials", "none"], "--trials needs a whole number"),
        (["--jobs", "0"], "--jobs needs a whole number"),
        (["--study-name", "a b"], "--study-name needs a name"),
        (["--study-name", "-a"], "--study-name needs a name"),
        (["--dashbord"], "unknown option '--dashbord'"),
    ],
)
def test_a_wrong_option_of_the_script_exits_2(arguments: list[str], told: str) -> None:
    script = ROOT / "scripts" / "run_optuna_docker.sh"
    run = subprocess.run([script, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert told in run.stderr


def test_the_scripts_help_names_every_option() -> None:
    script = ROOT / "scripts" / "run_optuna_docker.sh"
    page = subprocess.run([script, "--help"], capture_output=True, text=True, check=True).stdout
    for option in ("--trials", "--jobs", "--study-name", "--dashboard", "--no-build", "--cleanup"):
        assert option in page


def test_another_folder_or_study_is_another_project_of_compose() -> None:
    folders = [composed(PWD=folder)["name"] for folder in ("/home/a/exo", "/home/b/exo")]
    studies = [composed(PWD="/home/a/exo", EXO_STUDY=s)["name"] for s in ("", "one", "two")]
    assert len({*folders, *studies}) == 4
    assert folders[0] == studies[0] == "mech-exo-optuna-/home/a/exo-factor_weight_optimization"


def test_the_guides_names_are_those_of_the_default_study() -> None:
    def names(**variables: str) -> list[str]:
        return [s["container_name"] for s in composed(**variables)["services"].values()]

    guides = ["mech-exo-optuna-runner", "mech-exo-optuna-dashboard"]
    assert names() == names(PWD="/x") == guides
    assert names(EXO_STUDY="mine") == [f"{name}-mine" for name in guides]


def test_the_data_are_the_hosts_and_may_only_be_read(compose: dict[str, Any]) -> None:
    assert "./data:/app/data:ro" in compose["services"]["optuna-runner"]["volumes"]
    assert (ROOT / "data").is_dir()  # which Docker would make as root


def test_the_token_is_the_runners_alone(compose: dict[str, Any]) -> None:
    runner, dashboard = (compose["services"][f"optuna-{n}"] for n in ("runner", "dashboard"))
    assert runner["env_file"] == [{"path": "telegram.env", "required": False}]
    assert "env_file" not in dashboard
    assert not [name for name in dashboard["environment"] if "TELEGRAM" in name]


def test_the_example_of_telegram_sends() -> None:
    lines = (ROOT / "telegram.env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert given == {"TELEGRAM_BOT_TOKEN": "", "TELEGRAM_CHAT_ID": "", "EXO_NOTIFY": "1"}
