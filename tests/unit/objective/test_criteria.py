"""Which way each metric is better."""

import pytest

from mech_exo.backtest.metrics import METRICS
from mech_exo.errors import ExoError
from mech_exo.objective.criteria import direction_of, directions


def test_losses_risks_and_costs_are_minimised() -> None:
    minimised = {name for name in METRICS if direction_of(name) == "minimize"}
    assert minimised == {"max_drawdown", "volatility", "turnover", "ulcer_index"}
    assert directions(()) == ("maximize",)
    assert directions(("sharpe", "max_drawdown")) == ("maximize", "minimize")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("sharp",), "there is no metric 'sharp'. Did you mean 'sharpe'?"),
        (("qqq",), "Metrics: sharpe, sortino"),
        (("sharpe", "calmar", "sharpe"), "'sharpe' stands there twice"),
    ],
)
def test_what_is_no_objective(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(ExoError) as caught:
        directions(names)
    assert message in str(caught.value)
