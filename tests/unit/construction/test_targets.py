"""The built-in rules against their plain form, on random scores, and by hand on four stocks."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.mandate import Mandate
from mech_exo.construction.room import Room
from mech_exo.construction.targets import target_weights
from mech_exo.construction.vol_target import portfolio_volatility
from tests.unit.construction.plain_targets import targets

GRID = 2.0**30


def data_of(
    tradable: np.ndarray,
    *,
    volatility: np.ndarray | float = 0.2,
    sectors: np.ndarray | int = -1,
    beta: np.ndarray | float = np.nan,
    size: np.ndarray | float = np.nan,
    returns: np.ndarray | None = None,
) -> DecisionData:
    """What is known at G decisions of N names, A to Z; the sessions between them are two."""
    decisions, names = shape = tradable.shape
    paths = np.zeros((300 + 2 * decisions, names)) if returns is None else returns
    wide = {
        name: np.broadcast_to(np.asarray(value, dtype=np.float64), shape)
        for name, value in (
            ("volatility", volatility),
            ("beta", beta),
            ("size", size),
        )
    }
    code = np.broadcast_to(np.asarray(sectors, dtype=np.int32), shape)
    return DecisionData(
        dates=np.datetime64("2020-01-01") + np.arange(decisions),
        symbols=np.array([chr(ord("A") + n) for n in range(names)]),
        tradable=tradable,
        adv=np.full(shape, np.nan),
        sectors=code,
        sector_names=np.array([f"S{k}" for k in range(int(code.max(initial=-1)) + 1)], dtype="U3"),
        returns=paths,
        rows=np.arange(decisions) * 2 + len(paths) - 2 * decisions,
        periods_per_year=np.array([252.0]),
        order=np.arange(names),
        **wide,
    )


def random_market(seed: int) -> tuple[np.ndarray, DecisionData, Room, Mandate]:
    """Scores with ties and gaps, and a mandate of any rules."""
    rng = np.random.default_rng(seed)
    decisions, names = int(rng.integers(1, 9)), int(rng.integers(1, 26))
    coarse = rng.choice([2.0, 2.0**6, GRID])
    scores = np.rint(rng.normal(size=(decisions, names)) * coarse) / coarse
    scores[rng.random(scores.shape) < rng.choice([0.0, 0.2, 0.9])] = np.nan
    tradable = rng.random(scores.shape) < rng.choice([1.0, 0.8])
    scores[~tradable] = np.nan
    volatility = rng.uniform(0.05, 0.9, scores.shape)
    volatility[rng.random(scores.shape) < 0.2] = np.nan
    volatility[rng.random(scores.shape) < 0.05] = 0.0
    beta, size = rng.normal(1.0, 0.4, scores.shape), rng.lognormal(20.0, 1.0, scores.shape)
    beta[rng.random(scores.shape) < 0.1] = np.nan
    size[rng.random(scores.shape) < 0.1] = np.nan
    returns = rng.normal(0.0, 0.01, (int(rng.choice([10, 300])) + 2 * decisions, names))
    returns[rng.random(returns.shape) < 0.05] = np.nan
    data = data_of(
        tradable,
        volatility=volatility,
        sectors=rng.integers(0, rng.integers(1, 5), names),
        beta=beta,
        size=size,
        returns=returns,
    )
    kinds = ["sector", "beta", "size"]

    def one_of(*values: float | None) -> float | None:
        return values[int(rng.integers(len(values)))]

    mandate = Mandate(
        weighting=str(rng.choice(["equal", "score", "inverse_volatility", "rank"])),
        side=str(rng.choice(["long", "long_short"])),
        gross=one_of(None, 0.6, 1.0, 1.8),
        neutralise=tuple(k for k in kinds if rng.random() < 0.3),
        max_sector_pct=one_of(None, None, 0.05, 0.3, 0.5, 1.0),
        buffer=float(rng.choice([0.0, 0.0, 0.5, 2.0])),
        vol_target=one_of(None, None, 0.05, 0.3),
        max_gross=float(rng.choice([2.0, 2.0, 1.0, 0.4])),
    )
    size_pct = float(rng.choice([0.05, 0.1, 0.3, 1.0]))
    invested = float(rng.choice([1.0, 0.9, 0.35]))
    n = int(np.ceil(invested / size_pct - 1e-9))
    return scores, data, Room(n, invested, size_pct), mandate


@pytest.mark.parametrize("block", range(10))
def test_the_rules_are_those_of_the_plain_form(block: int) -> None:
    for seed in range(60 * block, 60 * block + 60):
        scores, data, room, mandate = random_market(seed)
        found = target_weights(scores, data, room, mandate)
        for g, expected in enumerate(targets(scores, data, room, mandate)):
            row = {str(data.symbols[n]): found[g, n] for n in np.flatnonzero(found[g])}
            assert row.keys() == expected.keys(), (seed, g, mandate)
            assert row == pytest.approx(expected, rel=1e-9, abs=1e-12), (seed, g, mandate)


@pytest.mark.parametrize("seed", range(600, 800))
def test_what_no_target_may_do(seed: int) -> None:
    scores, data, room, mandate = random_market(seed)
    found = target_weights(scores, data, room, mandate)
    assert np.isfinite(found).all()
    assert (found[~data.tradable | np.isnan(scores)] == 0.0).all()
    assert np.abs(found).sum(axis=1).max() <= mandate.max_gross * (1 + 1e-12)
    if mandate.side == "long":
        assert (found >= 0.0).all()
    else:
        assert found.sum(axis=1) == pytest.approx(np.zeros(len(found)), abs=1e-12)
    if mandate.vol_target is None:
        assert np.abs(found).max(initial=0.0) <= room.largest * (1 + 1e-12)
        most = 1.0 if mandate.max_sector_pct is None else mandate.max_sector_pct
        for sector in range(len(data.sector_names)):
            for sign in (1.0, -1.0):
                held = np.maximum(sign * found, 0.0) * (data.sectors == sector)
                assert held.sum(axis=1).max() <= most * (1 + 1e-11)


SCORES = np.array([[3.0, 2.0, 1.0, -2.0]])  # A, B, C, D; their mean is 1
ALL = np.ones((1, 4), dtype=bool)
TWO = Room(names=2, invested=1.0, largest=0.7)


def by_hand(mandate: Mandate, data: DecisionData | None = None, room: Room = TWO) -> list[float]:
    found: list[float] = target_weights(SCORES, data or data_of(ALL), room, mandate)[0].tolist()
    return found


def test_weightings_of_four_stocks_by_hand() -> None:
    assert by_hand(Mandate()) == [0.5, 0.5, 0.0, 0.0]
    assert by_hand(Mandate(weighting="rank")) == pytest.approx([2 / 3, 1 / 3, 0.0, 0.0])
    assert by_hand(Mandate(weighting="score")) == pytest.approx([2 / 3, 1 / 3, 0.0, 0.0])
    risky = data_of(ALL, volatility=np.array([0.6, 0.2, 0.1, 0.1]))
    # 1/0.6 : 1/0.2 is 1 : 3, and B's three quarters are cut to 0.7
    assert by_hand(Mandate(weighting="inverse_volatility"), risky) == pytest.approx(
        [0.3, 0.7, 0, 0]
    )


def test_sides_of_four_stocks_by_hand() -> None:
    short = Mandate(side="long_short")
    assert by_hand(short) == [0.25, 0.25, -0.25, -0.25]
    assert by_hand(replace(short, gross=2.0, max_gross=2.0)) == [0.5, 0.5, -0.5, -0.5]
    # three names a side are wanted, and four are there: two each
    assert by_hand(short, room=Room(3, 0.9, 0.4)) == pytest.approx([0.225, 0.225, -0.225, -0.225])
    # B and C lie 1 above the mean and on it; D alone is below, and takes its whole side
    ranked = replace(short, weighting="score", gross=1.0)
    assert by_hand(ranked) == pytest.approx([1 / 3, 1 / 6, 0.0, -0.5])


def test_neutral_scores_of_four_stocks_by_hand() -> None:
    """A and B in one sector, C and D in another: 0.5, −0.5, 1.5, −1.5 are left."""
    sectors = data_of(ALL, sectors=np.array([0, 0, 1, 1]))
    mandate = Mandate(side="long_short", neutralise=("sector",))
    assert by_hand(mandate, sectors) == [0.25, -0.25, 0.25, -0.25]
    # scores that are a line in beta have nothing left: all tie, and symbols decide
    line = data_of(ALL, beta=2.0 * SCORES + 1.0)
    assert by_hand(Mandate(neutralise=("beta",)), line) == [0.5, 0.5, 0.0, 0.0]


def test_limits_of_four_stocks_by_hand() -> None:
    """A, B in one sector with half of the portfolio at most: one of them, and then C."""
    sectors = data_of(ALL, sectors=np.array([0, 0, 1, 1]))
    assert by_hand(Mandate(max_sector_pct=0.5), sectors) == [0.5, 0.0, 0.5, 0.0]


def test_a_buffer_keeps_who_is_near_the_best() -> None:
    """n is 1 and the buffer 1: A stays while it is second, and goes when it is third."""
    scores = np.array([[3.0, 2.0, 1.0], [2.0, 3.0, 1.0], [1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
    data, room = data_of(np.ones((4, 3), dtype=bool)), Room(1, 1.0, 1.0)
    held = target_weights(scores, data, room, Mandate(buffer=1.0)).argmax(axis=1)
    assert held.tolist() == [0, 0, 2, 2]
    assert target_weights(scores, data, room, Mandate()).argmax(axis=1).tolist() == [0, 1, 2, 0]


def test_a_volatility_is_met_as_it_was_known() -> None:
    rng = np.random.default_rng(4)
    returns = rng.normal(0.0, 0.01, (400, 4)) * np.array([1.0, 2.0, 1.0, 1.0])
    tradable = np.ones((20, 4), dtype=bool)
    data = data_of(tradable, returns=returns)
    scores = np.tile(SCORES, (20, 1))
    mandate = Mandate(vol_target=0.05, max_gross=1.5)
    found = target_weights(scores, data, TWO, mandate)
    assert portfolio_volatility(found, data) == pytest.approx(np.full(20, 0.05))
    low = target_weights(scores, data, TWO, replace(mandate, vol_target=5.0))
    assert low.sum(axis=1) == pytest.approx(np.full(20, 1.5))  # leverage is capped
    other = returns.copy()
    other[int(data.rows[7]) + 1 :] *= 9.0  # what comes later
    later = target_weights(scores, data_of(tradable, returns=other), TWO, mandate)
    assert (later[:8] == found[:8]).all()
    assert (later[8] != found[8]).any()


@pytest.mark.parametrize("seed", range(40))
def test_a_decision_is_the_same_whatever_comes_after_it(seed: int) -> None:
    scores, data, room, mandate = random_market(seed)
    whole = target_weights(scores, data, room, mandate)
    for count in range(1, len(scores)):
        cut = target_weights(scores[:count], data.until(count), room, mandate)
        assert (cut == whole[:count]).all()


def test_a_larger_buffer_changes_less() -> None:
    rng = np.random.default_rng(0)
    scores = np.cumsum(rng.normal(size=(60, 40)), axis=0)
    data, room = data_of(np.ones(scores.shape, dtype=bool)), Room(8, 1.0, 0.125)

    def changes(buffer: float) -> int:
        held = target_weights(scores, data, room, Mandate(buffer=buffer)) > 0.0
        assert (held.sum(axis=1) == 8).all()
        return sum(int((one != two).sum()) for one, two in pairwise(held))

    assert changes(0.0) > changes(0.5) > changes(2.0)


@pytest.mark.parametrize("side", ["long", "long_short"])
@pytest.mark.parametrize("weighting", ["equal", "rank", "score"])
def test_the_weights_add_up_to_no_more_than_max_gross(side: str, weighting: str) -> None:
    for seed in range(40):
        scores, data, room, _ = random_market(seed)
        mandate = Mandate(side=side, weighting=weighting, max_gross=0.3)
        found = target_weights(scores, data, room._replace(largest=1.0), mandate)
        assert np.abs(found).sum(axis=1).max() <= 0.3 + 1e-12
