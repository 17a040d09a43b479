"""Champion against challenger, on data that neither was fitted on.

References
----------
.. [1] Politis, Romano (1994), The stationary bootstrap.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.data.frequency import Frequency
from mech_exo.data.panel import DateArray, FloatArray
from mech_exo.verdict.active import stationary_indices
from mech_exo.workflow.incumbent import fitted_until

if TYPE_CHECKING:
    from mech_exo.config.settings import PromoteSettings
    from mech_exo.portfolio.model import Model

CHUNK = 500  # resamples at a time, for memory


@dataclass(frozen=True)
class Contest:
    """Whether the challenger takes over.

    Attributes
    ----------
    start, end
        First and last common session; "" without one.
    days
        Number of common sessions.
    champion, challenger
        Active return of each over the universe at its own invested share, a year.
    difference
        Challenger less champion, a year, less the switching cost spread over the common sessions.
    low, high
        Two-sided interval of the difference at 1 − 2·level.
    p
        Share of the resamples in which the difference is not above the margin.
    switching_cost
        Share of the portfolio, paid once.
    wins
        Whether p ≤ level.
    reason
        The outcome in words.
    """

    start: str
    end: str
    days: int
    champion: float | None
    challenger: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    margin: float
    switching_cost: float
    wins: bool
    reason: str


def contest(
    incumbent: "Model", challenger: "Model", switching_cost: float, rules: "PromoteSettings"
) -> Contest:
    """Compare the two on the sessions after both were fitted.

    A challenger that does not say until when it was fitted has no common session. An incumbent
    that does not say so is taken to know nothing: if it does, that speaks for it, and a challenger
    that wins all the same has won.
    """
    dates = incumbent.panel.dates
    until, other = fitted_until(challenger.file), fitted_until(incumbent.file)
    if until is None:
        return _undecided(rules, switching_cost, "the challenger does not say when it was fitted")
    last = until if other is None else max(until, other)
    first = max(
        int(np.searchsorted(dates, last, side="right")),
        incumbent.result.first,
        challenger.result.first,
    )
    days, needed = len(dates) - first, incumbent.panel.frequency.sessions(rules.min_days)
    if days < needed:
        words = f"{max(days, 0)} sessions after {last}, until when one of the two was fitted; "
        return _undecided(rules, switching_cost, f"{words}{needed} are needed", max(days, 0))
    seed = challenger.session.settings.tuning.seed
    sides = _active(incumbent, first), _active(challenger, first)
    frequency = incumbent.panel.frequency
    return _compared(dates[first:], sides, switching_cost, rules, seed, frequency)


def _compared(
    dates: DateArray,
    sides: tuple[FloatArray, FloatArray],
    switching_cost: float,
    rules: "PromoteSettings",
    seed: int,
    frequency: Frequency,
) -> Contest:
    """The outcome for active returns [D] of champion and challenger, one a session."""
    (champion, challenger), year = sides, frequency.periods_per_year
    days = len(dates)
    difference = challenger - champion - switching_cost / days
    block = frequency.sessions(rules.block)
    means = bootstrap_means(difference, block, rules.samples, seed) * year
    p = (1 + int(np.sum(means <= rules.margin))) / (len(means) + 1)
    low, high = np.quantile(means, [rules.level, 1.0 - rules.level])
    mean = float(difference.mean()) * year
    wins = p <= rules.level
    return Contest(
        start=str(dates[0]),
        end=str(dates[-1]),
        days=days,
        champion=float(champion.mean()) * year,
        challenger=float(challenger.mean()) * year,
        difference=mean,
        low=float(low),
        high=float(high),
        p=p,
        margin=rules.margin,
        switching_cost=switching_cost,
        wins=wins,
        reason=_words(mean, p, wins, rules),
    )


def bootstrap_means(series: FloatArray, block: int, samples: int, seed: int) -> FloatArray:
    """[samples] means of stationary-bootstrap resamples of `series` [1]_.

    One series of paired differences is resampled, so both sides keep the same days. `block` is the
    mean length of a block in sessions.
    """
    generator = np.random.default_rng(seed)
    parts = []
    for start in range(0, samples, CHUNK):
        count = min(CHUNK, samples - start)
        rows = stationary_indices(len(series), float(block), count, generator)
        parts.append(series[rows].mean(axis=1))
    return np.concatenate(parts)


def _active(model: "Model", first: int) -> FloatArray:
    """Returns over the benchmark's, from the position `first` of the dates on."""
    result = model.result
    active: FloatArray = (result.returns - result.benchmark_returns)[first - result.first :]
    return active


def _words(mean: float, p: float, wins: bool, rules: "PromoteSettings") -> str:
    figures = (
        f"{mean:+.1%} a year after the cost of switching, p = {p:.3f} against a margin of "
        f"{rules.margin:.1%}"
    )
    if wins:
        return f"the challenger is better: {figures}"
    return f"no change: {figures}, {rules.level:g} is needed"


def _undecided(rules: "PromoteSettings", switching_cost: float, why: str, days: int = 0) -> Contest:
    return Contest(
        start="",
        end="",
        days=days,
        champion=None,
        challenger=None,
        difference=None,
        low=None,
        high=None,
        p=None,
        margin=rules.margin,
        switching_cost=switching_cost,
        wins=False,
        reason=f"no change: too little common data ({why})",
    )
