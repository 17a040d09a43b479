"""Which file is the objective file, and how it is named."""

import hashlib
import re
from pathlib import Path

import pytest

from mech_exo.config.packaged import OBJECTIVE, packaged_file
from mech_exo.errors import ExoError
from mech_exo.objective.objective_file import find_objective


def written(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_order_of_precedence(tmp_path: Path) -> None:
    near = written(tmp_path / "a/research/obj_utils.py", "near")
    written(tmp_path / "research/obj_utils.py", "far")
    mine, variable = written(tmp_path / "mine.py", "mine"), written(tmp_path / "v.py", "variable")
    cwd = tmp_path / "a" / "b"
    cwd.mkdir()
    environment = {"EXO_OBJECTIVE": str(variable)}
    assert find_objective(mine, cwd, environment).source == b"mine"
    assert find_objective(None, cwd, environment).source == b"variable"
    assert find_objective(None, cwd, {"EXO_OBJECTIVE": ""}).source == b"near"
    near.unlink()
    assert find_objective(None, cwd, {}).source == b"far"


def test_words_and_labels(tmp_path: Path) -> None:
    inside = written(tmp_path / "research/obj_utils.py")
    found = find_objective(None, tmp_path, {})
    assert (found.label, found.path) == ("research/obj_utils.py", inside)
    assert found.origin == "nearest from the working directory upward"
    assert found.sha256 == hashlib.sha256(b"x").hexdigest()
    explicit = find_objective(Path("research/obj_utils.py"), tmp_path, {})
    assert explicit.origin == "given by --objective"
    outside = find_objective(inside, tmp_path / "elsewhere", {"EXO_OBJECTIVE": "none.py"})
    assert outside.label == "research/obj_utils.py"


def test_the_default_comes_with_exo(tmp_path: Path) -> None:
    found = find_objective(None, tmp_path, {})
    assert found.path == packaged_file(OBJECTIVE)
    assert b"def suggest_factor_weights(trial):" in found.source
    assert found.origin == "the default that comes with exo"


@pytest.mark.parametrize("variable", [True, False])
def test_a_named_file_that_is_not_there_is_an_error(tmp_path: Path, variable: bool) -> None:
    written(tmp_path / "research/obj_utils.py")  # must not be taken instead
    explicit = None if variable else Path("none.py")
    origin = "EXO_OBJECTIVE" if variable else "--objective"
    pattern = rf"none\.py: the objective file given by {origin} cannot be read \(No such file"
    with pytest.raises(ExoError, match=pattern):
        find_objective(explicit, tmp_path, {"EXO_OBJECTIVE": "none.py"})


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ExoError, match=re.escape("(Is a directory)")):
        find_objective(tmp_path, tmp_path, {})
