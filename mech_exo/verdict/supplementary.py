"""Figures that are shown and decide nothing: a search makes each of them too kind.

A sampler piles its trials onto the winner, so that statistics computed from a tuner's own trials
do not keep their level (docs/verdict.md has the measurements).
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mech_exo.data.frequency import DAILY, Frequency
from mech_exo.data.panel import FloatArray
from mech_exo.verdict import statistics as st
from mech_exo.verdict.active import ratio_interval

CONFIDENCE, SAMPLES = 0.95, 1_000  # of the interval by the bootstrap
BLOCK_MEAN = 21  # days


@dataclass(frozen=True)
class RatioReport:
    """One annual ratio (Sharpe or information) of the winner, in sample.

    Attributes
    ----------
    ratio, low, high
        The ratio and its stationary-bootstrap interval, as if there had been no search.
    probabilistic
        PSR against 0.
    deflated_trials, variance_trials
        DSR with the paper's V, the variance of the trials' (annual) ratios.
    deflated_noise, variance_noise
        DSR with V = 1/(T − 1), here a year.
    noise
        Best annual ratio that N trials of pure noise are expected to show over T observations.
    haircut
        Annual ratio left after Bonferroni's correction for N trials.
    minimum_track_record
        Years until PSR against 0 reaches 95 %.
    minimum_backtest
        Years below which N trials without skill are expected to show this ratio.
    """

    ratio: float
    low: float
    high: float
    probabilistic: float
    deflated_trials: float
    variance_trials: float
    deflated_noise: float
    variance_noise: float
    noise: float
    haircut: float
    minimum_track_record: float
    minimum_backtest: float

    def as_dict(self) -> dict[str, float]:
        """Plain values for JSON and YAML."""
        return asdict(self)


@dataclass(frozen=True)
class Supplementary:
    """All of part 4.

    Attributes
    ----------
    trials
        N: every trial of the study, pruned, failed and of earlier fingerprints too.
    observations
        T, one a session.
    sharpe, information_ratio
        Of the portfolio's return and of its return over the benchmark's.
    overfitting
        PBO by CSCV on portfolios drawn evenly from the space; NaN where too short.
    portfolios
        How many of them.
    """

    trials: int
    observations: int
    sharpe: RatioReport
    information_ratio: RatioReport
    overfitting: float
    portfolios: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def report_ratio(
    returns: FloatArray,
    trial_ratios: Sequence[float],
    trials: int,
    seed: int,
    frequency: Frequency = DAILY,
) -> RatioReport:
    """The figures of one ratio.

    Parameters
    ----------
    returns
        [T] of the winner, one a session.
    trial_ratios
        Annual ratios of the study's trials; NaN are left out. With fewer than two, the paper's
        variance and what rests on it are NaN.
    trials
        N.
    frequency
        Of the sessions.
    """
    n, year = len(returns), frequency.periods_per_year
    root = math.sqrt(year)
    sharpe = st.sharpe_of(returns)
    skewness, kurtosis = st.shape_of(returns)
    known = np.array([r for r in trial_ratios if math.isfinite(r)]) / root
    paper = float(known.var(ddof=1)) if len(known) > 1 else math.nan
    plain = 1.0 / (n - 1) if n > 1 else math.nan

    def deflated(variance: float) -> float:
        return st.deflated_sharpe(
            sharpe, n, trials=trials, variance=variance, skewness=skewness, kurtosis=kurtosis
        )

    low, high = _interval(returns, seed, frequency)
    return RatioReport(
        ratio=sharpe * root,
        low=low,
        high=high,
        probabilistic=st.probabilistic_sharpe(sharpe, n, skewness=skewness, kurtosis=kurtosis),
        deflated_trials=deflated(paper),
        variance_trials=paper * year,
        deflated_noise=deflated(plain),
        variance_noise=plain * year,
        noise=st.noise_sharpe(trials, plain) * root,
        haircut=st.haircut_sharpe(sharpe, n, trials) * root,
        minimum_track_record=st.minimum_track_record(sharpe, skewness=skewness, kurtosis=kurtosis)
        / year,
        minimum_backtest=st.minimum_backtest_length(trials, sharpe * root),
    )


def _interval(returns: FloatArray, seed: int, frequency: Frequency) -> tuple[float, float]:
    """By the stationary bootstrap of blocks of a month on average."""
    return ratio_interval(
        returns,
        confidence=CONFIDENCE,
        block=float(frequency.sessions(BLOCK_MEAN)),
        samples=SAMPLES,
        seed=seed,
        periods=frequency.periods_per_year,
    )
