"""Where a walk-forward trains and where it is tested."""

from dataclasses import dataclass

import numpy as np

from mech_exo.config.settings import VerdictSettings
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError

MINIMUM_TRAINING = 6  # rebalances


@dataclass(frozen=True)
class Window:
    """One re-tuning. Positions in the panel's dates, stops exclusive.

    Weights found on train_start … train_stop − 1 are first traded after the decision at the close
    of `test_start` and held, rebalanced as usual, until `test_stop`.
    """

    number: int
    train_start: int
    train_stop: int
    test_start: int
    test_stop: int


def walk_forward_windows(panel: Panel, settings: VerdictSettings) -> tuple[Window, ...]:
    """Windows whose tests follow one another from the share `train_share` of the rebalances on.

    Training ends `embargo_days` before the first decision of the test. Expanding windows
    train on everything before that, rolling ones on as many sessions as the first.

    Raises
    ------
    ExoError
        If there are fewer rebalances than windows, or too few to train on.
    """
    rebalances = len(panel.rebalance)
    first = round(rebalances * settings.train_share)
    edges = np.linspace(first, rebalances, settings.windows + 1).round().astype(int)
    if (np.diff(edges) < 1).any():
        raise ExoError(
            f"{panel.source}: {rebalances} in-sample rebalances cannot be walked through in "
            f"{settings.windows} windows.",
            hint="Lower verdict.windows, or use more dates.",
        )
    starts = panel.rebalance[edges[:-1]]
    stops = np.append(starts[1:], len(panel.dates))
    train_stops = starts - panel.frequency.sessions(settings.embargo_days)
    length = int(train_stops[0])
    if np.count_nonzero(panel.rebalance < length - 1) < MINIMUM_TRAINING:
        raise ExoError(
            f"{panel.source}: the first walk-forward window trains on fewer than "
            f"{MINIMUM_TRAINING} rebalances.",
            hint="Raise verdict.train_share, lower verdict.embargo_days, or use more dates.",
        )
    rolling = settings.walk_forward == "rolling"
    return tuple(
        Window(
            number=k,
            train_start=max(0, int(train_stops[k]) - length) if rolling else 0,
            train_stop=int(train_stops[k]),
            test_start=int(starts[k]),
            test_stop=int(stops[k]),
        )
        for k in range(settings.windows)
    )
