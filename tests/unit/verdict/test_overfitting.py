"""CSCV against holdout-backtest and cases whose answer is known."""

import holdout
import numpy as np
import pytest

from mech_exo.verdict import overfitting
from mech_exo.verdict.overfitting import (
    probability_of_overfitting,
    training_blocks,
)


def test_cpcv_of_the_book() -> None:
    assert len(training_blocks(6, 2)) == 15


def test_splits_are_symmetric() -> None:
    member = training_blocks(8, 4)
    assert member.shape == (70, 8)
    assert (member.sum(axis=1) == 4).all()
    assert (member.sum(axis=0) == 35).all()
    assert [tuple(np.flatnonzero(row)) for row in member] == holdout.cscv_partitions(8)


@pytest.mark.parametrize("rows", [160, 167])
def test_equals_holdout_backtest(rows: int) -> None:
    generator = np.random.default_rng(rows)
    performance = 0.001 + 0.01 * generator.standard_normal((rows, 23))
    performance[:, 7] = performance[:, 3]  # a tie
    ours = probability_of_overfitting(performance, blocks=10)
    theirs = holdout.probability_of_backtest_overfitting(performance, n_blocks=10)
    assert ours.probability == theirs.pbo
    np.testing.assert_allclose(ours.logits, theirs.logits, atol=1e-12)


def test_splits_a_few_at_a_time_are_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    performance = 0.01 * np.random.default_rng(6).standard_normal((167, 9))
    whole = probability_of_overfitting(performance, blocks=10)
    for cells in (1, 70, 9 * 126 - 1):  # of 126 pairs of splits: one, seven, all but one
        monkeypatch.setattr(overfitting, "CELLS", cells)
        found = probability_of_overfitting(performance, blocks=10)
        np.testing.assert_allclose(found.logits, whole.logits, atol=1e-12)


def test_a_real_lead_is_seen() -> None:
    performance = 0.01 * np.random.default_rng(1).standard_normal((640, 40))
    performance[:, 5] += 0.004
    assert probability_of_overfitting(performance, blocks=8).probability < 0.02


def test_the_winner_of_noise_keeps_no_lead() -> None:
    shares = [
        probability_of_overfitting(
            0.01 * np.random.default_rng(seed).standard_normal((320, 60)), blocks=8
        ).probability
        for seed in range(30)
    ]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.12)


def test_a_flat_strategy_never_wins() -> None:
    performance = 0.01 * np.random.default_rng(2).standard_normal((64, 3)) - 0.01
    performance[:, 1] = 0.0
    result = probability_of_overfitting(performance, blocks=4)
    assert np.isfinite(result.logits).all()


@pytest.mark.parametrize(("rows", "columns", "blocks"), [(64, 5, 7), (10, 5, 8), (64, 1, 8)])
def test_impossible_tables_are_errors(rows: int, columns: int, blocks: int) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        probability_of_overfitting(np.zeros((rows, columns)), blocks=blocks)
