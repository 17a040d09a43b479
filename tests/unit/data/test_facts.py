"""Counts of what a market lacks."""

import numpy as np
import pytest

from mech_exo.data.facts import describe
from mech_exo.data.market import Market
from tests.unit.data.small_markets import random_market


def test_counts_by_hand() -> None:
    nan = np.nan
    close = np.ones((30, 5))
    close[:3, 0] = nan  # listed late
    close[12:, 1] = nan  # delisted
    close[22:, 2] = nan  # silent for 8 sessions only
    close[5, 3] = nan  # a gap
    close[:, 4] = nan  # never priced
    facts = describe(Market(np.datetime64("2020-01-01") + np.arange(30), tuple("ABCDE"), close))
    assert (facts.names, facts.sessions) == (5, 30)
    assert (facts.first, facts.last) == ("2020-01-01", "2020-01-30")
    assert (facts.late_listings, facts.delistings, facts.never_priced) == (1, 1, 1)
    assert facts.gaps == pytest.approx(1 / (27 + 12 + 22 + 30))
    assert facts.unknown["rsi_14"] == 1.0  # constant prices have none


def test_unknown_values_are_counted_on_priced_names() -> None:
    market = random_market(1)
    facts = describe(market)
    assert facts.unknown["value_score"] == 0.0
    assert 0.0 < facts.unknown["return_on_equity"] < 1.0
    assert next(iter(facts.unknown)) == "return_on_equity"
