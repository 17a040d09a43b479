"""Shares of sectors are sums of the holdings, and {} where nobody knows the sectors."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.sector_history import SectorHistory
from tests.unit.backtest.markets import random_panel


def test_shares_of_sectors_are_sums_of_holdings() -> None:
    panel = random_panel(seed=4, names=7)
    sectors = ("oil", "banks", "oil", "unknown", "banks", "oil", "tech")
    kernel = Kernel(replace(panel, sectors=SectorHistory.of(sectors)), BacktestSettings())
    weights = np.ones(panel.exposures.shape[2])
    result = kernel.run(Candidate(weights, 0.1, 0.5, 0.2))
    shares = result.sector_shares
    assert list(shares) == ["banks", "oil", "tech", "unknown"]
    held = result.holdings
    np.testing.assert_array_equal(shares["oil"], held[:, [0, 2, 5]].sum(axis=1))
    np.testing.assert_array_equal(shares["tech"], held[:, [6]].sum(axis=1))
    total = sum(shares.values())
    np.testing.assert_allclose(total, held.sum(axis=1), atol=1e-15)
    again = Kernel.from_arrays(kernel.arrays(), kernel.rules)
    np.testing.assert_array_equal(
        again.run(Candidate(weights, 0.1, 0.5, 0.2)).sector_shares["oil"], shares["oil"]
    )


def test_nobody_knows_the_sectors() -> None:
    kernel = Kernel(random_panel(seed=4, names=7), BacktestSettings())
    assert kernel.names.sector.shape == (0,)
    weights = np.ones(kernel.scores.scores.shape[1])
    result = kernel.run(Candidate(weights, 0.1, 0.5, 0.2))
    assert not result.knows_sectors
    with pytest.raises(LookupError, match=r"data\.sectors names a CSV file"):
        _ = result.sector_shares


@pytest.mark.parametrize("long", ["x" * 40])
def test_a_long_name_is_kept_whole(long: str) -> None:
    panel = replace(random_panel(seed=4, names=7), sectors=SectorHistory.of((long,) * 7))
    weights = np.ones(panel.exposures.shape[2])
    result = Kernel(panel, BacktestSettings()).run(Candidate(weights, 0.1, 0.5, 0.2))
    assert list(result.sector_shares) == [long]


def test_nothing_of_a_result_can_be_changed_by_who_scores_it() -> None:
    """Limits are computed after the user's objective, from the same arrays."""
    panel = replace(random_panel(seed=4, names=7), sectors=SectorHistory.of(("oil",) * 7))
    weights = np.ones(panel.exposures.shape[2])
    result = Kernel(panel, BacktestSettings()).run(Candidate(weights, 0.1, 0.5, 0.2))
    arrays = [result.benchmark_returns, result.monthly, result.holdings, result.exposure]
    arrays += [result.sector_shares["oil"]]
    assert not any(array.flags.writeable for array in arrays)
    assert not result.positions.exit_date.flags.writeable
    with pytest.raises(TypeError):
        result.sector_shares["oil"] = arrays[0]  # type: ignore[index]
