"""The names that `import mech_exo` promises, and what the import costs."""

import subprocess
import sys

import pytest

import mech_exo

HEAVY = ("numpy", "pandas", "optuna", "sqlalchemy", "rich", "typer", "mech_exo.library.projects")


@pytest.mark.parametrize("name", mech_exo.__all__)
def test_every_promised_name_is_there(name: str) -> None:
    assert getattr(mech_exo, name) is not None
    assert name in dir(mech_exo)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Projekt"):
        _ = mech_exo.Projekt  # type: ignore[attr-defined]


def test_the_import_and_the_project_class_load_nothing_heavy() -> None:
    code = (
        "import sys, mech_exo\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])\n"
        "mech_exo.Project\n"
        f"print([m for m in {HEAVY[:-1]!r} if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]
