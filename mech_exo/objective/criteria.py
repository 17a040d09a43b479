"""What is optimised when `tuning.objectives` names metrics instead of the user's objective."""

import difflib

from mech_exo.backtest.metrics import METRICS
from mech_exo.errors import ExoError
from mech_exo.objective.evaluation import Direction


def direction_of(name: str) -> Direction:
    """Which way a metric is better; a loss, a risk or a cost is minimised.

    Raises
    ------
    ExoError
        For a name that is no metric; the nearest is suggested.
    """
    if name not in METRICS:
        near = difflib.get_close_matches(name, METRICS, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}?" if near else f"Metrics: {', '.join(METRICS)}."
        raise ExoError(f"tuning.objectives: there is no metric {name!r}.", hint=hint)
    return "maximize" if METRICS[name].better == "higher" else "minimize"


def directions(objectives: tuple[str, ...]) -> tuple[Direction, ...]:
    """One direction per value of a trial; the user's own objective is maximised.

    Raises
    ------
    ExoError
        For a name that is no metric or stands twice.
    """
    twice = next((name for name in objectives if objectives.count(name) > 1), None)
    if twice:
        raise ExoError(f"tuning.objectives: {twice!r} stands there twice.", hint="Name it once.")
    return tuple(direction_of(name) for name in objectives) or ("maximize",)
