"""The commands of docs/tutorial.md, one after the other, in a project on the shared data."""

import os
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, run_exo

pytestmark = pytest.mark.slow

SHARED = Path(os.environ.get("EXO_SHARED", REPOSITORY.parent / "shared"))
PAGE = (REPOSITORY / "docs/tutorial.md").read_text("utf-8")
# Fewer and shorter searches than the page shows: what is tested is that each command works.
QUICK = {
    "EXO_VERDICT__PLACEBOS": "2",
    "EXO_VERDICT__WINDOWS": "2",
    "EXO_VERDICT__NEIGHBOURS": "8",
    "EXO_VERDICT__PORTFOLIOS": "16",
    "EXO_TUNING__SEED": "7",
}
REFUSED = "exo factors promote"  # of a FAIL; so short a search may find it inconclusive


def commands() -> list[str]:
    """The calls of exo in the page's blocks."""
    blocks = re.findall(r"^```bash\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("exo") and not line.startswith("exo init")]


@pytest.mark.skipif(not (SHARED / "data/us_large").is_dir(), reason="the shared data are not here")
def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    project = tmp_path / "tutorial"
    assert run_exo("init", project, cwd=tmp_path).returncode == 0
    (stated,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    settings = stated.replace("../../shared", str(SHARED))
    (project / "config/settings.yml").write_text(settings)
    assert len(commands()) >= 9
    for line in commands():
        words = shlex.split(line.replace("--n-trials 100", "--n-trials 8"))[1:]
        run = run_exo(*words, cwd=project, env=QUICK)
        expected = (0, 1) if line == REFUSED else (0,)
        assert run.returncode in expected, f"{line}: {run.stdout}{run.stderr}"
    assert (project / "config/factors.yml").is_file()
