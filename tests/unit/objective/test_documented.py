"""The examples of docs/objective.md run as they stand."""

import re
from pathlib import Path

import pytest

from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.kernels import KEPT
from mech_exo.objective.rehearsal import rehearse
from tests.unit.objective.conftest import CONSTANTS, Compile

PAGE = (Path(__file__).parents[3] / "docs" / "objective.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SPACE = "def suggest_factor_weights(trial):\n    trial.suggest_float('weight_rsi_14', -1, 1)\n"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: b.splitlines()[0])
def test_an_example_runs(
    compiled: Compile, market: Market, panel: Panel, settings: Settings, block: str
) -> None:
    text = block + ("" if "def suggest_factor_weights" in block else "\n\n" + SPACE)
    constants = "" if "WEIGHT_LIMIT" in block else CONSTANTS
    evaluator = Evaluator(compiled(text, constants), panel, settings, market)
    assert evaluator.evaluate(rehearse(evaluator).params, {}).state == "complete"


def test_the_page_points_to_the_metrics_and_names_the_true_number_kept() -> None:
    assert len(BLOCKS) >= 5
    assert "metrics.md" in PAGE
    assert f"the last {KEPT} combinations are kept" in PAGE
