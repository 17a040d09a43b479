"""A kernel that takes its returns from two histories is the one of the mixed panel, bit for bit."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.selection import Selector
from mech_exo.backtest.two_worlds import KEPT, RecallingSelector, TwoWorlds
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.frequency import WEEKLY
from mech_exo.data.panel import BoolArray, FloatArray, Panel
from tests.unit.backtest.markets import random_panel, suspended_panel

RULES = [
    BacktestSettings(),
    BacktestSettings(stop_lag=1, delist_after=3),
    BacktestSettings(stop_reference="rebalance", commission_bps=80.0, execution_lag=2),
]


def other_history(panel: Panel, seed: int) -> FloatArray:
    """Other returns on the dates on which the panel has some."""
    rng = np.random.default_rng(seed)
    moved = np.clip(panel.returns + rng.normal(0.0, 0.03, panel.returns.shape), -1.0, 3.0)
    moved[5, 0] = -1.0  # a total loss
    return np.where(np.isfinite(panel.returns), moved, np.nan)


def mixed(panel: Panel, others: FloatArray, kernel: Kernel, switched: BoolArray) -> Panel:
    """The panel whose returns in the segments `switched` are the others."""
    returns = panel.returns.copy()
    executed, length = kernel.schedule.executed, kernel.schedule.length
    for g in np.flatnonzero(switched):
        days = slice(executed[g] + 1, executed[g] + length[g] + 1)
        returns[days] = others[days]
    return replace(panel, returns=returns)


def proposals(factors: int) -> list[Candidate]:
    rng = np.random.default_rng(7)
    return [
        Candidate(rng.normal(size=factors), rng.uniform(0, 0.9), stop, rng.uniform(0.05, 0.6))
        for stop in (0.02, 0.1, 0.9)
    ]


@pytest.mark.parametrize("rules", RULES, ids=["entry", "late stops", "rebalance"])
@pytest.mark.parametrize(
    "panel",
    [
        random_panel(1),
        random_panel(2, 200, 15, irregular=True, holes=0.1, delistings=9),
        suspended_panel(3, names=4, every=3, missing=0.5, volatility=0.03),
        replace(random_panel(4, holes=0.2), frequency=WEEKLY),  # sold after two sessions
    ],
    ids=["plain", "irregular", "suspended", "weekly"],
)
def test_every_choice_is_the_mixed_panel(panel: Panel, rules: BacktestSettings) -> None:
    kernel, others = Kernel(panel, rules), other_history(panel, 4)
    worlds = TwoWorlds(kernel, panel, others)
    segments = len(kernel.schedule.executed)
    rng = np.random.default_rng(8)
    choices = [rng.random(segments) < share for share in (0.2, 0.5, 0.8)]
    for switched in (*choices, np.ones(segments, dtype=bool)):
        chosen = worlds.kernel(switched)
        anew = Kernel(mixed(panel, others, kernel, switched), rules)
        for part in fields(anew.universe):
            found, expected = (getattr(k.universe, part.name) for k in (chosen, anew))
            assert np.array_equal(found, expected), part.name
        assert np.array_equal(chosen.growth.index, anew.growth.index)
        for candidate in proposals(panel.exposures.shape[2]):
            one, two = chosen.run(candidate), anew.run(candidate)
            assert one.returns.tobytes() == two.returns.tobytes()
            assert one.traded.tobytes() == two.traded.tobytes()
            assert one.benchmark_returns.tobytes() == two.benchmark_returns.tobytes()
            assert one.holdings.tobytes() == two.holdings.tobytes()
            assert one.exposure.tobytes() == two.exposure.tobytes()


def test_no_other_segment_is_the_kernel_itself() -> None:
    panel = random_panel(5)
    kernel = Kernel(panel, RULES[0])
    worlds = TwoWorlds(kernel, panel, other_history(panel, 6))
    before = kernel.run(proposals(3)[0]).returns.tobytes()
    worlds.kernel(np.ones(len(kernel.schedule.executed), dtype=bool)).run(proposals(3)[1])
    assert worlds.kernel(np.zeros(len(kernel.schedule.executed), dtype=bool)) is kernel
    assert kernel.run(proposals(3)[0]).returns.tobytes() == before


def test_what_was_chosen_for_the_first_candidates_is_known_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panel = random_panel(6)
    kernel = Kernel(panel, RULES[0])
    recalling, plain = RecallingSelector(kernel.scores), Selector(kernel.scores)
    segments, names = kernel.scores.tradable.shape
    rng = np.random.default_rng(9)
    weights = rng.normal(size=(KEPT, panel.exposures.shape[2]))
    asked = [Candidate(w, 0.1, 0.1, size) for w in weights for size in (0.05, 0.2)]
    spans = [(0, segments), (2, segments - 1)]

    def chosen(selector: Selector) -> list[bytes]:
        found = []
        for candidate in asked:
            for start, stop in spans:
                names_chosen = np.ones((stop - start, names), dtype=np.bool_)
                ranks = np.full(stop - start, -1)
                selector.choose(candidate, start, stop, names_chosen, ranks)
                found.append(names_chosen.tobytes() + ranks.tobytes())
        return found

    expected, first = chosen(plain), chosen(recalling)
    calls: list[Candidate] = []
    choose = Selector.choose

    def counted(selector: Selector, candidate: Candidate, *rest: Any) -> None:
        calls.append(candidate)
        choose(selector, candidate, *rest)

    monkeypatch.setattr(Selector, "choose", counted)
    assert expected == first == chosen(recalling)
    assert len(calls) == 2 * len(asked) - KEPT
