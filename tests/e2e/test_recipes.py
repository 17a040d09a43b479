"""The recipes of CONTRIBUTING.md, carried out in a copy as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
RECIPES = dict(re.findall(r"^### (A .+?)\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))
NAMES = (
    "A metric",
    "A constraint",
    "A factor",
    "A sampler",
    "A command",
    "A data format",
    "A layout",
)
COPIED = ("mech_exo", "tests", "scripts", "docs", "config", "research", "pyproject.toml")


def blocks(recipe: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", recipe, re.MULTILINE | re.DOTALL)


def run(*command: str, cwd: Path, given: str = "") -> None:
    environment = {**os.environ, "PYTHONPATH": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_every_recipe_that_is_promised_is_there() -> None:
    assert set(NAMES) <= RECIPES.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_recipe_works_as_it_stands(name: str, tmp_path: Path) -> None:
    recipe, copy = RECIPES[name], tmp_path / "copy"
    for part in COPIED:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / part)
    for change in blocks(recipe, "diff"):
        # --recount: the numbers of lines in the page need not be right, the lines must
        run("git", "apply", "--recount", "--unidiff-zero", "-C1", "-", cwd=copy, given=change)
    for line in "".join(blocks(recipe, "bash")).splitlines():
        run(sys.executable, *line.split("#")[0].split()[1:], cwd=copy)
    for text in blocks(recipe, "python"):
        path = copy / text.splitlines()[0].removeprefix("# ")
        path.write_text(text)
    assert path.is_relative_to(copy / "tests")
    quick = ("-q", "-p", "no:cacheprovider", "-n0")
    run(sys.executable, "-m", "pytest", *quick, str(path), cwd=copy)
    if blocks(recipe, "bash"):  # the page that it made is the one that the entries make
        run(sys.executable, "scripts/reference.py", "--check", cwd=copy)
