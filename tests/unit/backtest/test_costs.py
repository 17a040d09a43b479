"""Self-financing costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mech_exo.backtest.costs import self_financing
from mech_exo.data.panel import FloatArray


def solve(cost: float, weight: float, held: FloatArray, out: float) -> tuple[float, float]:
    def below(target: FloatArray) -> tuple[FloatArray, FloatArray]:
        more = held < target[0]
        return np.array([float(more.sum())]), np.array([held[more].sum()])

    x, trades = self_financing(
        cost,
        np.array([weight]),
        np.array([len(held)]),
        np.array([held.sum()]),
        np.array([out]),
        below,
    )
    return float(x[0]), float(trades[0])


@settings(max_examples=300, deadline=None)
@given(
    cost=st.floats(0.0, 0.9),
    invested=st.floats(0.01, 1.0),
    held=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30),
    out=st.floats(0.0, 1.0),
)
def test_solves_its_equation(cost: float, invested: float, held: list[float], out: float) -> None:
    total = sum(held) + out
    shares = np.array(held) / max(1.0, total)
    sold = out / max(1.0, total)
    weight = invested / len(held)
    x, trades = solve(cost, weight, shares, sold)
    assert trades == pytest.approx(np.abs(weight * x - shares).sum() + sold, abs=1e-14)
    assert x == pytest.approx(1.0 - cost * trades, abs=1e-15)
    assert 0.0 < x <= 1.0


def test_nothing_to_trade_costs_nothing() -> None:
    x, trades = solve(0.01, 0.25, np.full(4, 0.25), 0.0)
    assert (x, trades) == (1.0, 0.0)


def test_first_purchase_by_hand() -> None:
    x, trades = solve(0.01, 0.5, np.zeros(2), 0.0)
    assert x == pytest.approx(1.0 / 1.01, abs=1e-16)
    assert trades == pytest.approx(1.0 / 1.01, abs=1e-15)
