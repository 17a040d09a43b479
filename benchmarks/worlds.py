"""Markets whose truth is known, on which the verdict's rates are measured.

Each is made from a seed: 80 stocks, eight years, nine factors (the demo's), monthly decisions. A
world is called a *null* where nothing is to be found, *survivors* and *premium* where something is
that is no stock picking, *skill* where the scores know something, *decay* where they did once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from mech_exo.config.settings import DataSettings, DemoSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.demo import demo_market, demo_true_weights
from mech_exo.data.demo_prices import BLOCK, premium_per_deviation
from mech_exo.data.panel import FloatArray, IntArray, Panel
from mech_exo.data.prices import last_known

NAMES, YEARS = 80, 8
OWN, SECTOR, MARKET = 0.20, 0.05, 0.018  # yearly deviations of a name around the market
PERSISTENCE = {"months": 0.8, "seasons": 0.9, "years": 0.95}  # of a style's mean, a month
DEPENDENCE = 0.1  # autocorrelation of a style's monthly payoff
BEST = 0.1  # share of the names in which the skill of the tails lies
STYLE = "pe_ratio"  # the factor that carries a premium
STYLE_VOLATILITY, STYLE_RATIO = 0.05, 0.8  # a year


@dataclass(frozen=True)
class World:
    """One of them.

    Attributes
    ----------
    kind
        null, survivors, premium, skill or decay.
    words
        For the table.
    make
        The panel of a seed.
    first_seed
        Of its studies.
    """

    kind: str
    words: str
    make: Callable[[int], Panel]
    first_seed: int = 50_000


def settings_of(seed: int, ratio: float = 0.0, names: int = NAMES) -> Settings:
    """Settings of a demo market of this seed and true information ratio."""
    demo = DemoSettings(symbols=names, years=YEARS, seed=seed, information_ratio=ratio)
    return replace(Settings(), data=DataSettings(demo=demo))


def plain(ratio: float, seed: int, names: int = NAMES) -> Panel:
    """The demo market."""
    settings = settings_of(seed, ratio, names)
    return build_panel(demo_market(settings.data.demo), settings)


def wandering(persistence: float, seed: int) -> Panel:
    """Every style has good times and bad ones, and nothing in the long run."""
    panel = plain(0.0, seed)
    generator = np.random.default_rng([seed, 77])
    periods, names, styles = panel.exposures.shape
    share = DEPENDENCE / persistence  # of a month's payoff that is the wandering mean
    strength = math.sqrt(share / (1.0 - share) / names) * OWN * math.sqrt(12.0)
    mean, means = generator.standard_normal(styles), np.empty((periods, styles))
    for m in range(periods):
        means[m] = mean
        fresh = generator.standard_normal(styles)
        mean = persistence * mean + math.sqrt(1.0 - persistence**2) * fresh
    return paying(panel, strength * np.einsum("mnk,mk->mn", _scores(panel), means))


def survivors(kept: float, seed: int) -> Panel:
    """The names that did best of a larger market without skill, and are still there."""
    panel = plain(0.0, seed, round(NAMES / kept))
    there = np.isfinite(panel.returns[-5:]).any(axis=0)
    total = np.where(there, np.nansum(np.log1p(panel.returns), axis=0), -np.inf)
    return choose(panel, np.sort(np.argsort(-total)[:NAMES]))


def premium(seed: int) -> Panel:
    """Names earn with the style that they load on, which pays: no stock picking."""
    panel = plain(0.0, seed)
    loading = _scores(panel)[:, :, panel.factor_names.index(STYLE)]
    row = np.searchsorted(panel.rebalance, np.arange(len(panel.dates)), side="left") - 1
    earned = premium_returns(seed, len(panel.dates))[:, None] * loading[np.maximum(row, 0)]
    return replace(panel, returns=panel.returns + earned)


def premium_returns(seed: int, sessions: int) -> FloatArray:
    """[T] of the style in `premium`: what a hedge names."""
    daily = STYLE_VOLATILITY / math.sqrt(252.0)
    generator = np.random.default_rng([seed, 78])
    drawn: FloatArray = generator.normal(STYLE_RATIO * STYLE_VOLATILITY / 252.0, daily, sessions)
    return drawn


def dying(ratio: float, at: float, seed: int) -> Panel:
    """Skill up to a share of the dates, and none after it."""
    settings = settings_of(seed, ratio)
    alive, dead = (demo_market(settings_of(seed, r).data.demo) for r in (ratio, 0.0))
    cut = int(len(alive.dates) * at) // BLOCK * BLOCK
    before, after = last_known(alive.close), last_known(dead.close)
    scale = np.where(np.isfinite(after[cut]), before[cut] / after[cut], 1.0)
    close = alive.close.copy()
    close[cut + 1 :] = dead.close[cut + 1 :] * scale
    return build_panel(replace(alive, close=close), settings)


def tails(ratio: float, seed: int) -> Panel:
    """Only the best tenth by the true score earns more than the rest."""
    panel = plain(0.0, seed)
    score = _composite(panel)
    best = score >= np.nanquantile(score, 1.0 - BEST, axis=1, keepdims=True)
    return paying(panel, _strength(ratio) * _centred(best.astype(np.float64), score))


def convex(ratio: float, seed: int) -> Panel:
    """What a name earns grows with the square of a good score, and not with a bad one."""
    panel = plain(0.0, seed)
    score = _composite(panel)
    best = score >= np.nanquantile(score, 1.0 - BEST, axis=1, keepdims=True)
    shape = np.maximum(np.nan_to_num(score), 0.0) ** 2
    shape = shape / np.nanmean(np.where(best, shape, np.nan), axis=1, keepdims=True)
    return paying(panel, _strength(ratio) * _centred(shape, score))


def paying(panel: Panel, yearly: FloatArray) -> Panel:
    """The panel with an expected return [M, N] a year more, from each decision to the next."""
    returns = panel.returns.copy()
    stops = np.append(panel.rebalance[1:], len(panel.dates) - 1)
    for m, (start, stop) in enumerate(zip(panel.rebalance, stops, strict=True)):
        returns[start + 1 : stop + 1] += np.nan_to_num(yearly[m]) / 252.0
    return replace(panel, returns=returns)


def choose(panel: Panel, names: IntArray) -> Panel:
    """The panel of some of its names."""
    return replace(
        panel,
        symbols=tuple(panel.symbols[n] for n in names.tolist()),
        returns=panel.returns[:, names],
        exposures=panel.exposures[:, names],
        tradable=panel.tradable[:, names],
        eligible=None if panel.eligible is None else panel.eligible[:, names],
        sectors=None,
    )


def _scores(panel: Panel) -> FloatArray:
    scores: FloatArray = np.nan_to_num(panel.exposures)
    return scores


def _composite(panel: Panel) -> FloatArray:
    """[M, N] true score, standardised over the names that can be chosen; NaN for the others."""
    weights = np.array([demo_true_weights()[name] for name in panel.factor_names])
    score = np.where(panel.tradable, _scores(panel) @ weights, np.nan)
    score = score - np.nanmean(score, axis=1, keepdims=True)
    found: FloatArray = score / np.nanstd(score, axis=1, keepdims=True)
    return found


def _centred(values: FloatArray, score: FloatArray) -> FloatArray:
    known = np.where(np.isfinite(score), values, np.nan)
    centred: FloatArray = known - np.nanmean(known, axis=1, keepdims=True)
    return centred


def _strength(ratio: float) -> float:
    """What the best tenth earns a year, so that it has the ratio as in the demo."""
    variance = OWN**2 + SECTOR**2 + MARKET**2
    scores = 1.755  # mean normal score of the best tenth
    return premium_per_deviation(ratio, NAMES, variance) * scores


WORLDS: dict[str, World] = {
    "noise": World("null", "no skill, like the demo", partial(plain, 0.0), 10_000),
    "months": World(
        "null", "styles that wander for months", partial(wandering, PERSISTENCE["months"]), 10_000
    ),
    "seasons": World(
        "null", "styles that wander for a year", partial(wandering, PERSISTENCE["seasons"]), 10_000
    ),
    "years": World(
        "null", "styles that wander for years", partial(wandering, PERSISTENCE["years"]), 10_000
    ),
    "survivors-80": World("survivors", "best 80 % kept", partial(survivors, 0.8), 10_000),
    "survivors-50": World("survivors", "best half kept", partial(survivors, 0.5), 10_000),
    "premium": World("premium", "a style that pays", premium, 10_000),
    "skill-1.0": World("skill", "true ratio 1.0", partial(plain, 1.0)),
    "skill-1.5": World("skill", "true ratio 1.5", partial(plain, 1.5)),
    "skill-2.0": World("skill", "true ratio 2.0", partial(plain, 2.0)),
    "tails": World("skill", "1.5, in the best tenth only", partial(tails, 1.5)),
    "convex": World("skill", "1.5, growing with the square", partial(convex, 1.5)),
    "half-way": World("decay", "1.5, dies half-way in sample", partial(dying, 1.5, 0.4)),
    "at the holdout": World("decay", "1.5, dies at the holdout", partial(dying, 1.5, 0.8)),
}


@cache
def real_panel(prices: Path) -> Panel:
    """The panel of real prices, with the factors that can be computed of them."""
    from mech_exo.config.load import load_settings
    from mech_exo.data.cache.kept_data import KeptData

    return replace(KeptData(load_settings(prices), cached=False).panel(), sectors=None)
