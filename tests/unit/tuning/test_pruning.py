import math

import numpy as np
import optuna
import pytest

from mech_exo.tuning.pruning import MedianLimits
from mech_exo.tuning.study import TrialRecord


def optuna_prunes(
    told: list[dict[int, float]], states: list[str], path: list[float], step: int
) -> bool:
    """MedianPruner's decision at `step` for a trial with these intermediate values."""
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner())
    for values, state in zip(told, states, strict=True):
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState[state],
                value=1.0 if state == "COMPLETE" else None,
                intermediate_values=values,
            )
        )
    trial = study.ask()
    for at in range(step + 1):
        trial.report(path[at], at)
    return trial.should_prune()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.filterwarnings("ignore:All-NaN:RuntimeWarning")
def test_decisions_are_those_of_median_pruner(seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps, count = 4, int(rng.integers(0, 14))
    # few distinct values, so that ties and equal medians occur
    told = [dict(enumerate(rng.integers(-3, 4, steps) / 7)) for _ in range(count)]
    for values in told:
        for step in values:
            if rng.random() < 0.15:
                values[step] = math.nan
    states = [str(rng.choice(["COMPLETE", "COMPLETE", "PRUNED", "FAIL"])) for _ in told]
    limits = MedianLimits()
    for i, (values, state) in enumerate(zip(told, states, strict=True)):
        limits.learn(TrialRecord(i, state, values=(1.0,), intermediate=values))  # type: ignore[arg-type]
    bounds = limits.limits()
    for _ in range(8):
        path = [
            float(v) if rng.random() > 0.2 else math.nan for v in rng.integers(-4, 5, steps) / 7
        ]
        best = -math.inf
        for step in range(steps):
            best = float(np.fmax(best, path[step]))
            so_far = math.nan if best == -math.inf else best
            ours = step in bounds and not so_far >= bounds[step]
            assert ours == optuna_prunes(told, states, path, step), (path, step, bounds)


def test_nothing_is_pruned_before_five_complete_trials() -> None:
    limits = MedianLimits()
    for i in range(4):
        limits.learn(TrialRecord(i, "COMPLETE", values=(1.0,), intermediate={0: float(i)}))
        assert limits.limits() == {}
    limits.learn(TrialRecord(4, "COMPLETE", values=(1.0,), intermediate={0: 10.0}))
    assert limits.limits() == {0: 2.0}
