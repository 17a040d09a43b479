"""A sampler says on its class what it is."""

import ast
from pathlib import Path

import pytest

from mech_exo.config.settings import SAMPLERS
from mech_exo.tuning.samplers import sampler_class

PACKAGE = Path(__file__).parents[3] / "mech_exo"
LABELS = {  # what factor files have said since the first version
    "tpe": "TPESampler",
    "cmaes": "CMAES",
    "nsga2": "NSGAIISampler",
    "qmc": "QMCSampler",
    "random": "RandomSampler",
    "gp": "GPSampler",
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_name_of_the_settings_is_a_class(name: str) -> None:
    found = sampler_class(name)
    assert found.name == name
    assert found.__module__ == f"mech_exo.tuning.samplers.{name}"
    assert found.label == LABELS[name]


def test_nobody_compares_the_names_of_samplers() -> None:
    """A text that is a sampler's name stands in its file and in the settings' choices only."""
    exempt = {PACKAGE / "config/settings.py"}
    exempt |= {PACKAGE / f"tuning/samplers/{name}.py" for name in SAMPLERS}
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno} {node.value!r}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path not in exempt
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in set(SAMPLERS) - {"random"}
    ]
    # packages of these names, whose versions are noted, and the default that a help text states
    others = ("tuning/asked_again.py", "system/installed.py", "cli/option_groups.py")
    assert [line for line in found if not line.startswith(others)] == []
