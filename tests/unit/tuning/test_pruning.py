import numpy as np
import optuna
import pytest

from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.pruning import MedianLimits
from mech_exo.tuning.study_record import TrialRecord


def optuna_prunes(
    told: list[dict[int, float]],
    states: list[str],
    path: list[float],
    step: int,
    direction: Direction,
) -> bool:
    """MedianPruner's decision at `step` for a trial with these intermediate values."""
    study = optuna.create_study(direction=direction, pruner=optuna.pruners.MedianPruner())
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
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_decisions_are_those_of_median_pruner(seed: int, direction: Direction) -> None:
    rng = np.random.default_rng(seed)
    steps, count = 4, int(rng.integers(0, 14))
    # few distinct values, so that ties and equal medians occur; some steps without a value
    told = [
        {s: float(v) / 7 for s, v in enumerate(rng.integers(-3, 4, steps)) if rng.random() > 0.15}
        for _ in range(count)
    ]
    states = [str(rng.choice(["COMPLETE", "COMPLETE", "PRUNED", "FAIL"])) for _ in told]
    medians = MedianLimits()
    for i, (values, state) in enumerate(zip(told, states, strict=True)):
        medians.learn(TrialRecord(i, state, values=(1.0,), intermediate=values))  # type: ignore[arg-type]
    limits = medians.limits()
    sign = 1.0 if direction == "maximize" else -1.0
    for _ in range(8):
        path = [float(v) / 7 for v in rng.integers(-4, 5, steps)]
        for step in range(steps):
            best = max(sign * v for v in path[: step + 1])
            ours = step in limits and best < sign * limits[step]
            assert ours == optuna_prunes(told, states, path, step, direction), (path, step, limits)


def test_nothing_is_pruned_before_five_complete_trials() -> None:
    limits = MedianLimits()
    for i in range(4):
        limits.learn(TrialRecord(i, "COMPLETE", values=(1.0,), intermediate={0: float(i)}))
        assert limits.limits() == {}
    limits.learn(TrialRecord(4, "COMPLETE", values=(1.0,), intermediate={0: 10.0}))
    assert limits.limits() == {0: 2.0}
