"""The p-value of the luck line."""

from typing import Any

import numpy as np
import pytest

from mech_exo.verdict.placebo import compare


def results(ratios: list[float | None], ranks: list[float | None]) -> list[dict[str, Any]]:
    return [{"ratio": a, "rank_t": b} for a, b in zip(ratios, ranks, strict=True)]


def test_a_result_beyond_all_placebos() -> None:
    found = compare(results([2.0, 0.5, 0.7, 0.6], [5.0, 1.0, 0.5, 0.2]))
    assert found.p == found.p_ratio == found.p_rank == 0.25
    assert found.placebos == 3
    assert found.luck_mean == pytest.approx(0.6)
    assert found.luck_line <= 0.7
    assert found.as_dict()["p"] == 0.25


def test_a_placebo_without_a_result_counts_against_the_claim() -> None:
    assert compare(results([2.0, None, 0.7], [5.0, None, 0.5])).p == 2 / 3
    assert compare(results([None, 0.5, 0.7], [None, 0.1, 0.5])).p == 1.0


def test_level_when_real_and_placebos_are_alike() -> None:
    generator = np.random.default_rng(0)
    seen = [
        compare(results(list(generator.normal(size=20)), list(generator.normal(size=20)))).p <= 0.05
        for _ in range(1_000)
    ]
    assert np.mean(seen) == pytest.approx(0.05, abs=0.02)
