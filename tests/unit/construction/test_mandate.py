"""What counts as the plain mandate."""

from dataclasses import fields, replace
from typing import Any

import pytest

from mech_exo.construction.mandate import PLAIN, Mandate

OTHER: dict[str, Any] = {
    "weighting": "score",
    "side": "long_short",
    "gross": 2.0,
    "neutralise": ("sector",),
    "max_sector_pct": 0.2,
    "buffer": 0.5,
    "no_trade_band": 0.01,
    "vol_target": 0.1,
    "max_gross": 2.0,
    "max_adv_share": 0.1,
    "benchmark": "cash",
    "construct": lambda scores, ctx, params: scores,
}


@pytest.mark.parametrize("name", [f.name for f in fields(Mandate) if f.compare])
def test_every_rule_makes_another_mandate(name: str) -> None:
    assert Mandate().plain
    assert not replace(PLAIN, **{name: OTHER[name]}).plain


def test_parameters_alone_do_not() -> None:
    assert Mandate(params={"speed": 1.0}).plain


def test_shorts_come_of_the_side_or_of_the_users_function() -> None:
    assert not Mandate(weighting="rank").shorts
    assert Mandate(side="long_short").shorts
    assert Mandate(construct=OTHER["construct"]).shorts


def test_cash_is_the_benchmark_of_two_sides_and_of_whoever_wants_it() -> None:
    assert Mandate(side="long_short").cash_benchmark
    assert not Mandate(side="long_short", benchmark="universe").cash_benchmark
    assert not Mandate().cash_benchmark
    assert Mandate(benchmark="cash").cash_benchmark
