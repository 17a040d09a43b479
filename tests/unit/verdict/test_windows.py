"""Training never reaches into its test."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mech_exo.config.settings import VerdictSettings
from mech_exo.errors import ExoError
from mech_exo.verdict.windows import walk_forward_windows
from tests.unit.verdict.small import small_panel

SETTINGS = VerdictSettings(windows=4, embargo_days=10)


@pytest.mark.parametrize("kind", ["expanding", "rolling"])
@pytest.mark.parametrize("step", [1, 5, 21])
def test_tests_follow_one_another_after_an_embargo(kind: str, step: int) -> None:
    panel = small_panel(sessions=800, step=step)
    found = walk_forward_windows(panel, replace(SETTINGS, walk_forward=kind))  # type: ignore[arg-type]
    assert [w.number for w in found] == [0, 1, 2, 3]
    assert found[-1].test_stop == 800
    for window, following in pairwise(found):
        assert window.test_stop == following.test_start
    for window in found:
        assert window.train_stop == window.test_start - 10
        assert window.test_start in panel.rebalance
    lengths = {w.train_stop - w.train_start for w in found}
    assert len(lengths) == (1 if kind == "rolling" else 4)


def test_tests_are_of_nearly_equal_length() -> None:
    found = walk_forward_windows(small_panel(sessions=2_000), replace(SETTINGS, windows=8))
    lengths = np.array([w.test_stop - w.test_start for w in found])
    assert lengths.max() - lengths.min() <= 2 * 21


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (replace(SETTINGS, windows=30), "30 windows"),
        (replace(SETTINGS, train_share=0.05), "fewer than 6"),
        (replace(SETTINGS, embargo_days=300), "fewer than 6"),
    ],
)
def test_too_little_data_is_named(settings: VerdictSettings, message: str) -> None:
    with pytest.raises(ExoError, match=message):
        walk_forward_windows(small_panel(sessions=800), settings)
