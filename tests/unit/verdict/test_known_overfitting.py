"""CSCV by hand, on tables small enough for it."""

import math

import numpy as np
import pytest

from mech_exo.data.panel import FloatArray
from mech_exo.verdict.overfitting import probability_of_overfitting, training_blocks


def test_splits_in_order() -> None:
    assert training_blocks(3, 2).tolist() == [
        [True, True, False],
        [True, False, True],
        [False, True, True],
    ]


def table(*halves: tuple[tuple[float, float], ...]) -> FloatArray:
    """[4, S] from each strategy's two returns in the first and the second half."""
    return np.array([[*first, *second] for first, second in halves]).T


def test_a_winner_that_stays_the_winner() -> None:
    # ratios 3/√2·… : the first strategy leads in both halves, so its rank is 2 of 2
    found = probability_of_overfitting(
        table(((2.0, 4.0), (2.0, 4.0)), ((0.0, 2.0), (0.0, 2.0))), blocks=2
    )
    assert found.logits == pytest.approx([math.log(2.0)] * 2)  # ω = 2/3
    assert found.probability == 0.0


def test_a_winner_that_falls_behind() -> None:
    found = probability_of_overfitting(
        table(((2.0, 4.0), (0.0, 2.0)), ((0.0, 2.0), (2.0, 4.0))), blocks=2
    )
    assert found.logits == pytest.approx([-math.log(2.0)] * 2)  # ω = 1/3
    assert found.probability == 1.0


def test_a_tie_is_the_median_and_counts_as_overfit() -> None:
    found = probability_of_overfitting(
        table(((2.0, 4.0), (2.0, 4.0)), ((2.0, 4.0), (2.0, 4.0))), blocks=2
    )
    assert found.logits == pytest.approx([0.0, 0.0], abs=1e-15)  # ω = 1.5/3
    assert found.probability == 1.0


def test_the_ratio_decides_and_not_the_mean() -> None:
    # means 3 and 2, deviations √8·… 2.83 and 0.14: the second wins the first half; in the other
    # half it is the worse of the two
    found = probability_of_overfitting(
        table(((1.0, 5.0), (3.0, 3.2)), ((1.9, 2.1), (1.0, 5.0))), blocks=2
    )
    assert found.logits == pytest.approx([-math.log(2.0)] * 2)


def test_three_strategies_and_the_one_in_the_middle() -> None:
    found = probability_of_overfitting(
        table(
            ((4.0, 6.0), (1.0, 3.0)),  # wins the first half, is second in the other
            ((2.0, 4.0), (4.0, 6.0)),  # second, and wins
            ((0.0, 2.0), (0.0, 2.0)),
        ),
        blocks=2,
    )
    assert found.logits == pytest.approx([0.0, 0.0], abs=1e-15)  # ω = 2/4
    assert found.probability == 1.0


def test_a_strategy_without_variance_is_last_in_that_half() -> None:
    found = probability_of_overfitting(
        table(((9.0, 9.0), (2.0, 4.0)), ((0.0, 2.0), (0.0, 2.0))), blocks=2
    )
    # half 1 is won by the second, which is behind in the other; and the other way round
    assert found.logits == pytest.approx([-math.log(2.0)] * 2)


def test_a_variance_counts_down_to_a_deviation_of_a_trillionth() -> None:
    tiny = 1.485e-12  # deviation of 0 and tiny: 1.05e-12; ratios ±0.71 against ∓1.41
    found = probability_of_overfitting(
        table(((0.0, tiny), (-tiny, 0.0)), ((-1.0, -3.0), (1.0, 3.0))), blocks=2
    )
    assert found.logits == pytest.approx([-math.log(2.0)] * 2)


def test_small_deviations_divide_as_well() -> None:
    # half 1: 0.3/0.14 against 0.105/0.007, the smaller mean wins; half 2: it is behind in both
    found = probability_of_overfitting(
        table(((0.2, 0.4), (0.5, 0.52)), ((0.1, 0.11), (0.1, 0.3))), blocks=2
    )
    assert found.logits == pytest.approx([-math.log(2.0)] * 2)


def test_sixteen_blocks_unless_said_otherwise() -> None:
    moves = np.random.default_rng(0).normal(size=(32, 2))
    assert len(probability_of_overfitting(moves).logits) == math.comb(16, 8)


def test_unequal_blocks_by_hand() -> None:
    # 9 rows in 4 blocks: 3, 2, 2, 2; every split by its definition
    performance = np.random.default_rng(5).normal(0.001, 0.01, (9, 3))
    edges = [(0, 3), (3, 5), (5, 7), (7, 9)]
    expected = []
    for member in training_blocks(4, 2):
        inside = np.concatenate([np.arange(*e) for e, m in zip(edges, member, strict=True) if m])
        outside = np.setdiff1d(np.arange(9), inside)
        one, two = (
            performance[rows].mean(axis=0) / performance[rows].std(axis=0, ddof=1)
            for rows in (inside, outside)
        )
        rank = 1 + int(np.sum(two < two[np.argmax(one)]))
        expected.append(math.log(rank / (4 - rank)))
    found = probability_of_overfitting(performance, blocks=4)
    assert found.logits == pytest.approx(expected)
    assert found.probability == np.mean(np.array(expected) <= 0.0)


@pytest.mark.parametrize(
    ("rows", "strategies", "blocks"),
    [(4, 2, 0), (4, 2, -2), (9, 2, 3), (3, 2, 2), (4, 1, 2), (7, 2, 4)],
)
def test_the_least_that_can_be_compared(rows: int, strategies: int, blocks: int) -> None:
    with pytest.raises(ValueError, match=f"{rows} rows of {strategies} strategies"):
        probability_of_overfitting(np.ones((rows, strategies)), blocks=blocks)


def test_two_rows_a_block_and_two_strategies_are_enough() -> None:
    moves = np.random.default_rng(0).normal(size=(8, 2))
    assert len(probability_of_overfitting(moves, blocks=4).logits) == 6
