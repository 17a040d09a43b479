"""An objective file may import what is installed, and nothing whose bytes no study hashes."""

import sys
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from tests.unit.objective.conftest import Compile

SUGGEST = "def suggest_factor_weights(trial): pass\n"


@pytest.fixture
def sibling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module and a package of the user's own that Python would find."""
    (tmp_path / "my_helper.py").write_text("def half(x): return x / 2\n", encoding="utf-8")
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "inner.py").write_text("value = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield_names = ("my_helper", "my_package", "my_package.inner")
    for name in yield_names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_installed_packages_are_allowed(compiled: Compile) -> None:
    spec = compiled(
        "import json, math, os.path, numpy as np\n"
        "from collections import abc\n"
        "from scipy import stats\n"
        "import scipy.linalg\n"
        "from mech_exo.objective.factor import factor\n"
        "import sys, builtins\n" + SUGGEST + "def objective(result):\n"
        "    from statistics import mean\n"
        "    return float(np.mean([mean([1, 3]), math.floor(2.5)]))\n"
    )
    assert spec.objective(None) == 2.0


@pytest.mark.parametrize(
    "statement",
    [
        "import my_helper",
        "from my_helper import half",
        "import my_package.inner",
        "from my_package import inner",
        "import importlib; importlib.import_module('my_helper')",
        "try:\n    import my_helper\nexcept ValueError:\n    pass",
    ],
)
def test_a_file_beside_it_is_refused(compiled: Compile, sibling: Path, statement: str) -> None:
    with pytest.raises(ExoError, match=r"is a file of yours that the study's fingerprint does"):
        compiled(statement + "\n" + SUGGEST)


def test_a_file_that_was_imported_before_is_refused_too(compiled: Compile, sibling: Path) -> None:
    import my_helper  # type: ignore[import-not-found]

    assert my_helper.half(3) == 1.5
    with pytest.raises(
        ExoError, match=r"obj_utils\.py:4: ImportError: my_helper \(.*my_helper\.py"
    ):
        compiled("import my_helper\n" + SUGGEST)


def test_an_import_inside_a_function_is_refused_when_it_runs(
    compiled: Compile, sibling: Path
) -> None:
    spec = compiled(SUGGEST + "def objective(result):\n    import my_helper\n    return 1.0\n")
    with pytest.raises(ImportError, match="my_helper"):
        spec.objective(None)
