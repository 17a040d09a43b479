"""Candidates outside their ranges."""

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.errors import ExoError


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cash_pct": -0.1}, "cash_pct is -0.1, must be from 0 to 1"),
        ({"cash_pct": 1.01}, "cash_pct is 1.01, must be from 0 to 1"),
        ({"cash_pct": float("nan")}, "cash_pct is nan"),
        ({"stop_loss_pct": -0.1}, "stop_loss_pct is -0.1, must be above 0"),
        ({"weights": np.ones((2, 1))}, "finite"),
        ({"stop_loss_pct": 0.0}, "stop_loss_pct is 0.0, must be above 0"),
        ({"position_size_pct": 0.0}, "position_size_pct is 0.0"),
        ({"position_size_pct": 1.5}, "position_size_pct is 1.5"),
        ({"weights": np.array([1.0, np.nan])}, "finite"),
    ],
)
def test_refused(changes: dict[str, object], message: str) -> None:
    fields = {
        "weights": np.ones(2),
        "cash_pct": 0.1,
        "stop_loss_pct": 0.1,
        "position_size_pct": 0.1,
        **changes,
    }
    with pytest.raises(ExoError, match=message):
        Candidate(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cash", "size", "positions"),
    [
        (0.0, 1.0, 1),
        (0.0, 0.3, 4),
        (0.1, 0.3, 3),
        (0.4, 0.2, 3),
        (1.0, 0.1, 0),
        (0.999, 1.0, 1),
        (0.0, 1 / (3 + 0.8e-9), 3),
        (0.0, 1 / (3 + 1.2e-9), 4),
        (0.0, 1e-9, 10**9),
        (0.0, 5e-324, 2**31),
    ],
)
def test_number_of_positions(cash: float, size: float, positions: int) -> None:
    assert Candidate(np.ones(1), cash, 0.1, size).positions == positions


def test_weights_become_an_array_of_doubles() -> None:
    weights = Candidate([1, -2], 0.1, 0.1, 0.1).weights  # type: ignore[arg-type]
    assert weights.dtype == np.float64
    assert weights.tolist() == [1.0, -2.0]
