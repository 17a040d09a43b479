"""What an extra brings and is not there: one line that names it, whichever command needs it."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, Run, lay_out, one_error, run_exo

# To Python a module that is None here is one that is not installed.
MODULES = ["pyarrow", "skfolio", "torch", "yfinance", "distributed"]
WITHOUT = f"import sys\nsys.modules.update(dict.fromkeys({MODULES}))\n"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PARQUET = "data: {source: files, prices: ../prices.parquet}\n"
FACTORS = "data: {source: files, prices: ../prices.csv, factors: [{file: ../facts.parquet}]}\n"
SAMPLE = "data: {source: sp500}\n"
COMMANDS = ["optuna-init", "optuna-run", "optuna-run --dry-run", "leakcheck"]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A project of one's own, in an environment that has no extra."""
    (tmp_path / "without").mkdir()
    (tmp_path / "without/sitecustomize.py").write_text(WITHOUT)
    return lay_out(tmp_path / "project")


def without_extras(command: str, project: Path) -> Run:
    path = os.pathsep.join([str(project.parent / "without"), str(REPOSITORY)])
    return run_exo(*command.split(), cwd=project, env={"PYTHONPATH": path})


def named_extra(error: str) -> str:
    """The extra that a message says how to install."""
    (extra,) = re.findall(r"pip install 'mech-exo\[(\w+)\]'", error)
    return str(extra)


@pytest.mark.parametrize("command", [*COMMANDS, "reoptimize"])
@pytest.mark.parametrize(
    ("settings", "extra"), [(PARQUET, "parquet"), (FACTORS, "parquet"), (SAMPLE, "sample")]
)
def test_data_that_need_an_extra(command: str, settings: str, extra: str, bare: Path) -> None:
    (bare / "config/settings.yml").write_text(settings)
    (bare / "prices.csv").write_text("date,A,B\n2020-01-02,1,1\n2020-01-03,1,1\n")
    for name in ("prices.parquet", "facts.parquet"):
        (bare / name).write_bytes(b"PAR1")
    assert named_extra(one_error(without_extras(command, bare))) == extra


@pytest.mark.parametrize("command", COMMANDS[:3])
def test_a_sampler_that_needs_an_extra(command: str, bare: Path) -> None:
    run = without_extras(f"{command} --sampler gp --study-name s", bare)
    assert named_extra(one_error(run)) == "gp"
    assert not list((bare / "studies").glob("*.db"))


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("data import --prices prices.csv", "parquet"),
        ("data fetch stooq --symbols AA", "parquet"),
        ("data fetch yfinance --symbols AA", "fetch"),
    ],
)
def test_a_store_needs_an_extra(command: str, extra: str, bare: Path) -> None:
    (bare / "prices.csv").write_text("date,A,B\n2020-01-02,1,1\n2020-01-03,1,2\n")
    assert named_extra(one_error(without_extras(command, bare))) == extra
    assert not (bare / "data/store/manifest.json").exists()


@pytest.mark.parametrize("command", ["optuna-run", "validate", "calibrate", "reoptimize"])
def test_a_cluster_needs_an_extra(command: str, bare: Path) -> None:
    over = "--executor dask --scheduler tcp://127.0.0.1:9"
    run = without_extras(f"{command} {over}", bare)
    assert named_extra(one_error(run)) == "dask"
    assert not (bare / "studies/factor_opt.db").exists()


def test_without_any_extra_the_rest_works(bare: Path) -> None:
    run = without_extras("optuna-run --n-trials 2", bare)
    assert run.returncode in (0, 3), run.stderr


def test_all_is_all() -> None:
    (everything,) = EXTRAS["all"]
    named = re.fullmatch(r"mech-exo\[([\w,]+)\]", everything)
    assert named is not None
    assert set(named[1].split(",")) == set(EXTRAS) - {"all"}


def test_every_extra_and_each_dependency_has_its_line_in_the_docs() -> None:
    rows = re.findall(
        r"^\| `([\w-]+)`", (REPOSITORY / "docs/install.md").read_text("utf-8"), re.MULTILINE
    )
    core = {re.split(r"[<>=]", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert sorted(rows) == sorted({*core, *EXTRAS})


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{n}.md" for n in ("data", "tuning"))])
def test_the_pages_name_extras_that_exist(page: str) -> None:
    named = re.findall(r"\[(\w+(?:,\w+)*)\]'", (REPOSITORY / page).read_text("utf-8"))
    assert {extra for names in named for extra in names.split(",")} <= set(EXTRAS)
