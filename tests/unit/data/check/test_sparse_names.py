"""Names that lack prices again and again."""

import numpy as np
import pytest

from mech_exo.data.check.sparse_names import sparse
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import calm_market, damaged, found


@pytest.mark.parametrize("every", [2, 3, 4])
def test_lost_cells_are_a_warning(every: int) -> None:
    def damage(close: FloatArray) -> None:
        close[::every, 3] = np.nan

    assert found(sparse, damaged(calm_market(), damage)) == [("warning", "sparse:N03")]


def test_lost_cells_of_two_names_are_one_warning() -> None:
    def damage(close: FloatArray) -> None:
        close[np.random.default_rng(0).random(len(close)) < 0.4, 2:4] = np.nan

    assert found(sparse, damaged(calm_market(), damage)) == [("warning", "sparse")]


def test_a_hole_late_listings_and_few_lost_cells_are_none() -> None:
    def damage(close: FloatArray) -> None:
        close[100:300, 3] = np.nan
        close[:200, 4] = np.nan
        close[::10, 5] = np.nan

    assert found(sparse, damaged(calm_market(), damage)) == []


def test_names_quoted_each_week_and_markets_of_seldom_trades_are_none() -> None:
    def weekly(close: FloatArray) -> None:
        close[np.arange(len(close)) % 5 > 0, 3] = np.nan

    def seldom(close: FloatArray) -> None:
        close[np.random.default_rng(1).random(close.shape) < 0.3] = np.nan

    assert found(sparse, damaged(calm_market(), weekly)) == []
    assert found(sparse, damaged(calm_market(), seldom)) == []
