"""Is the mean of an active return above zero? Tests and intervals for one series.

References
----------
.. [1] Newey, West (1987), A simple, positive semi-definite, heteroskedasticity and
   autocorrelation consistent covariance matrix; (1994) for the number of lags.
.. [2] Politis, Romano (1994), The stationary bootstrap.
.. [3] Grinold, Kahn (2000), Active portfolio management, chapter 5.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np

from mech_exo.data.frequency import YEAR
from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.verdict.statistics import normal_cdf, normal_quantile


@dataclass(frozen=True)
class MeanTest:
    """One-sided test of a mean against 0.

    Attributes
    ----------
    mean
        A year.
    low, high
        Two-sided interval of the yearly mean.
    t, p
        Statistic and P(mean this high | true mean 0), normal approximation.
    ratio
        Annual information ratio, mean over sample standard deviation.
    years
        Length of the series.
    """

    mean: float
    low: float
    high: float
    t: float
    p: float
    ratio: float
    years: float

    def as_dict(self) -> dict[str, float]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def newey_west_lags(n: int) -> int:
    """⌊4·(n/100)^(2/9)⌋, the usual rule of thumb [1]_."""
    return int(4.0 * (n / 100.0) ** (2.0 / 9.0))


def mean_error(series: FloatArray, lags: int) -> float:
    """Standard error of the mean, robust to heteroskedasticity and `lags` autocorrelations [1]_.

    Bartlett weights 1 − j/(lags + 1), autocovariances divided by T; with `lags` 0 the plain
    standard error with ddof 0.
    """
    n = len(series)
    centred = series - series.mean()
    variance = float(centred @ centred) / n
    for lag in range(1, min(lags, n - 1) + 1):
        weight = 1.0 - lag / (lags + 1.0)
        variance += 2.0 * weight * float(centred[lag:] @ centred[:-lag]) / n
    return math.sqrt(max(variance, 0.0) / n)


def mean_test(
    series: FloatArray,
    *,
    confidence: float = 0.95,
    lags: int | None = None,
    periods: float = YEAR,
) -> MeanTest:
    """Test that the mean of a series exceeds 0.

    Parameters
    ----------
    series
        [T] active returns, no NaN. Fewer than three or a flat series: NaN with p = 1.
    confidence
        Of the two-sided interval.
    lags
        Of the Newey–West error; None: `newey_west_lags`.
    periods
        Observations a year.
    """
    n = len(series)
    years = n / periods
    deviation = float(np.std(series, ddof=1)) if n > 2 else 0.0
    if deviation < 1e-12:
        return MeanTest(math.nan, math.nan, math.nan, math.nan, 1.0, math.nan, years)
    mean = float(series.mean())
    error = mean_error(series, newey_west_lags(n) if lags is None else lags)
    reach = normal_quantile(0.5 + confidence / 2.0) * error
    t = mean / error if error > 0.0 else math.nan
    return MeanTest(
        mean=mean * periods,
        low=(mean - reach) * periods,
        high=(mean + reach) * periods,
        t=t,
        p=normal_cdf(-t) if error > 0.0 else 1.0,
        ratio=mean / deviation * math.sqrt(periods),
        years=years,
    )


def beta_of(returns: FloatArray, benchmark: FloatArray) -> float:
    """Slope of `returns` on `benchmark`, both [T]; 1 where the benchmark is flat."""
    centred = benchmark - benchmark.mean()
    variance = float(centred @ centred)
    if variance < 1e-24 * len(benchmark):
        return 1.0
    return float(centred @ returns) / variance


def skill_return(returns: FloatArray, benchmark: FloatArray) -> FloatArray:
    """[T] what `returns` hold beyond their own share of `benchmark`: r − β·b [3]_.

    With β = 1 this is the active return. β is estimated on the same dates, so that neither a
    defensive nor an aggressive portfolio is paid or charged for the market's drift.
    """
    return returns - beta_of(returns, benchmark) * benchmark


def stationary_indices(
    n: int, block: float, samples: int, generator: np.random.Generator
) -> IntArray:
    """[samples, n] positions of stationary-bootstrap resamples [2]_.

    Blocks start anywhere with probability 1/`block` at each step and wrap around the end.
    """
    fresh = generator.random((samples, n)) < 1.0 / block
    fresh[:, 0] = True
    starts = generator.integers(0, n, size=(samples, n))
    position = np.arange(n)
    last = np.maximum.accumulate(np.where(fresh, position, 0), axis=1)
    chosen = np.take_along_axis(starts, last, axis=1) + position - last
    return (chosen % n).astype(np.int64)


def ratio_interval(
    series: FloatArray,
    *,
    confidence: float,
    block: float,
    samples: int,
    seed: int,
    periods: float = YEAR,
) -> tuple[float, float]:
    """Percentile interval of the annual information ratio by the stationary bootstrap [2]_.

    NaN, NaN for a flat series.

    Parameters
    ----------
    series
        [T] returns, no NaN.
    block
        Mean length of a block, in observations.
    periods
        Observations a year.
    """
    if float(np.std(series)) < 1e-12:
        return math.nan, math.nan
    rows = stationary_indices(len(series), block, samples, np.random.default_rng(seed))
    drawn = series[rows]
    deviation = drawn.std(axis=1, ddof=1)
    ratios = drawn.mean(axis=1) / np.where(deviation < 1e-12, np.inf, deviation)
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(ratios * math.sqrt(periods), [tail, 1.0 - tail])
    return float(low), float(high)
