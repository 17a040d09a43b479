"""Closes of the synthetic market: common movements, own ones, and the premia (see `demo`)."""

import math
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np

from mech_exo.config.settings import DemoSettings
from mech_exo.data.asof import as_of
from mech_exo.data.draws import Draws
from mech_exo.data.market import Vintage
from mech_exo.data.panel import BoolArray, DateArray, FloatArray
from mech_exo.data.prices import last_known
from mech_exo.data.standardise import standardise
from mech_exo.data.technical import WilderAverages, momentum_at, volatility_ratio_at

YEAR = 252  # sessions
BLOCK = 21  # sessions for which a premium stands
WINSORISE = 0.01
TOP_SHARE = 0.1  # of the names, in the portfolio that the information ratio is of

DRIFT = 0.14  # a year, of the market, realised exactly over the whole history
MARKET_VOLATILITY = 0.09  # a year, as all below
SECTOR_VOLATILITY = 0.05
SECTORS = 8
OWN_VOLATILITY = (0.14, 0.26)  # lowest and highest of the names
BETA_SPREAD = 0.2
LOWEST_RETURN, HIGHEST_RETURN = -0.6, 0.6  # of a day

LATE_SHARE = 0.1  # of the names, listed after the first session
DELISTED_SHARE = 0.08
GAP_SHARE = 0.001  # of the days, without a price


def synthetic_closes(
    demo: DemoSettings,
    dates: DateArray,
    published: Mapping[str, Vintage],
    premia: Mapping[str, float],
) -> FloatArray:
    """[T, N] total-return closes, 100 at the first session; NaN where there is no price.

    Generated block by block: the scores at a block's start come from the closes before it.
    """
    sessions, names = len(dates), demo.symbols
    quoted = _quoted(sessions, names, demo.seed)
    noise, variance = _noise(sessions, names, demo.seed)
    starts = np.arange(0, sessions, BLOCK)
    known = sum(
        (
            premia[name] * _scores(as_of(vintage, dates[starts], names), quoted[starts])
            for name, vintage in published.items()
        ),
        start=np.zeros((len(starts), names)),
    )
    premium = premium_per_deviation(demo.information_ratio, names, variance) / YEAR
    path = _Path(noise, quoted)
    for block, start in enumerate(starts):
        path.advance(int(start))  # up to the close at which the block's scores are known
        composite = known[block] + sum(
            premia[name] * _scores(raw[None, :], quoted[start][None, :])[0]
            for name, raw in path.technical(int(start)).items()
        )
        composite -= composite.sum() / names
        deviation = math.sqrt(float((composite * composite).sum()) / names)
        if deviation > 0.0:
            noise[start + 1 : start + 1 + BLOCK] += premium * composite / deviation
    if path.next < sessions:
        path.advance(sessions - 1)
    return path.close


def premium_per_deviation(information_ratio: float, names: int, variance: float) -> float:
    """Expected annual return per standard deviation of the composite.

    The best n of N names, equally weighted, lie E = (1/n) Σ_{i ≤ n} Φ⁻¹((N − i + 5/8)/(N + 1/4))
    deviations above the mean (Blom's normal scores); their return against all N has a standard
    deviation of sqrt(variance · (1/n − 1/N)), with `variance` that of a name's return around the
    market's, a year. The ratio of the two expected moments is the information ratio.
    """
    top = max(1, round(TOP_SHARE * names))
    scores = [NormalDist().inv_cdf((names - i + 0.625) / (names + 0.25)) for i in range(1, top + 1)]
    active_risk = math.sqrt(variance * (1.0 / top - 1.0 / names))
    # Rounded, so that a logarithm's last bit cannot move the market on another machine.
    return round(information_ratio * active_risk * top / sum(scores), 9)


def _scores(raw: FloatArray, tradable: BoolArray) -> FloatArray:
    scores = standardise(raw, tradable, WINSORISE)
    return np.where(np.isnan(scores), 0.0, scores)


def _noise(sessions: int, names: int, seed: int) -> tuple[FloatArray, float]:
    """Daily returns without premia [T, N], and the annual variance of a name's own part."""
    daily = 1.0 / math.sqrt(YEAR)
    calm = np.clip(1.0 + 0.35 * Draws(seed, 1).persistent(sessions, 0.98), 0.5, 2.5)
    calm /= math.sqrt(float((calm * calm).sum()) / sessions)
    shock = MARKET_VOLATILITY * daily * calm * Draws(seed, 2).fat(sessions)
    market = DRIFT / YEAR + shock - float(shock.sum()) / sessions
    draws = Draws(seed, 3)
    beta = 1.0 + BETA_SPREAD * np.clip(draws.normal(names), -2.5, 2.5)
    low, high = OWN_VOLATILITY
    own = low + (high - low) * draws.uniform(names)
    sector = np.floor(SECTORS * draws.uniform(names)).astype(np.int64)
    sectors = SECTOR_VOLATILITY * daily * Draws(seed, 4).fat(sessions, SECTORS)
    noise = market[:, None] * beta + sectors[:, sector]
    noise += own * daily * Draws(seed, 5).fat(sessions, names)
    around = (
        float((own * own).sum()) / names
        + SECTOR_VOLATILITY**2
        + (BETA_SPREAD * MARKET_VOLATILITY) ** 2
    )
    return noise, around


def _quoted(sessions: int, names: int, seed: int) -> BoolArray:
    """[T, N] days with a price: late listings, delistings, gaps of a day."""
    draws = Draws(seed, 6)
    late = draws.uniform(names) < LATE_SHARE
    first = np.where(late, np.floor((0.05 + 0.55 * draws.uniform(names)) * sessions), 0.0)
    gone = draws.uniform(names) < DELISTED_SHARE
    last = np.where(gone, np.floor((0.65 + 0.3 * draws.uniform(names)) * sessions), sessions)
    session = np.arange(sessions)[:, None]
    quoted: BoolArray = (session >= first) & (session < last)
    gaps = draws.uniform(sessions, names) < GAP_SHARE
    # The first two names always trade, so that no date is without a price.
    quoted[:, :2], gaps[:, :2] = True, False
    return quoted & ~(gaps & (session > first))


class _Path:
    """Closes that grow forward in time, and the technical factors of what has been generated."""

    def __init__(self, noise: FloatArray, quoted: BoolArray) -> None:
        self._noise = noise  # returns; its later rows gain their premia while the path advances
        self._quoted = quoted
        self._level = np.full(noise.shape[1], 100.0)
        self._last = np.full(noise.shape[1], np.nan)
        self._filled = np.full(noise.shape, np.nan)
        self._returns = np.full(noise.shape, np.nan)
        self._averages = WilderAverages(noise.shape[1])
        self.next = 0
        self.close = np.full(noise.shape, np.nan)

    def advance(self, last: int) -> None:
        """Generate the sessions up to and including `last`."""
        rows = slice(self.next, last + 1)
        step = np.clip(self._noise[rows], LOWEST_RETURN, HIGHEST_RETURN)
        if not self.next:
            step[0] = 0.0  # the first close is the start, not a return
        level = self._level * np.cumprod(1.0 + step, axis=0)
        close = self.close[rows] = np.where(self._quoted[rows], level, np.nan)
        before = np.concatenate([self._last[None, :], close])
        filled = last_known(before)
        self._returns[rows] = close / filled[:-1] - 1.0
        self._filled[rows] = filled[1:]
        for row in close:
            self._averages.feed(row)
        self._level, self._last, self.next = level[-1], filled[-1], last + 1

    def technical(self, t: int) -> dict[str, FloatArray]:
        """Raw values [N] of the three factors at the close of t, the last one generated."""
        return {
            "rsi_14": self._averages.index(),
            "momentum_12_1": momentum_at(self._filled, t),
            "volatility_ratio": volatility_ratio_at(self._returns, t),
        }
