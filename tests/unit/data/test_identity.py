"""Which data: a difference of any part has its name, and nothing else is named."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.settings import DemoSettings, FactorSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.catalogue import DEFAULT_FACTORS, FIRST_FACTORS
from mech_exo.data.demo import demo_market
from mech_exo.data.identity import DataIdentity, differences, is_part
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.data.technical import TECHNICAL
from mech_exo.system import memory

SETTINGS = Settings(factors=FactorSettings(min_history=60))
MARKET = demo_market(DemoSettings(symbols=12, years=2))
PANEL = build_panel(MARKET, SETTINGS)
IDENTITY = DataIdentity.of(PANEL)


def changed(**parts: object) -> list[str]:
    return differences(IDENTITY, DataIdentity.of(replace(PANEL, **parts)))  # type: ignore[arg-type]


def with_return(row: int | slice, by: float = 1e-9) -> list[str]:
    returns = PANEL.returns.copy()
    returns[row, 3] += by
    return changed(returns=returns)


def row_of(day: str) -> int:
    return int(np.searchsorted(PANEL.dates, np.datetime64(day)))


@pytest.mark.parametrize("piece", [1, 1000])
def test_the_size_of_the_pieces_that_are_hashed_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(memory, "PIECE", piece)
    assert DataIdentity.of(PANEL) == IDENTITY


def test_the_same_data_have_the_same_identity() -> None:
    again = DataIdentity.of(build_panel(MARKET, SETTINGS))
    assert again == IDENTITY
    assert again.fingerprint == IDENTITY.fingerprint
    assert differences(IDENTITY, again) == []


def test_prices_are_named_to_the_month() -> None:
    assert with_return(row_of("2019-03-05")) == ["prices differ in the month 2019-03"]
    assert with_return(slice(row_of("2019-03-05"), None)) == [
        "prices differ from the month 2019-03 on"
    ]
    assert with_return(slice(row_of("2018-03-05"), row_of("2018-05-05"))) == [
        "prices differ in 3 months, from 2018-03 to 2018-05"
    ]
    assert with_return(-1) == ["prices differ from the month 2019-12 on"]


def test_more_and_fewer_sessions_are_named() -> None:
    cut = row_of("2019-10-01")
    shorter = DataIdentity.of(PANEL.between(0, cut))
    lines = differences(shorter, IDENTITY)
    assert lines[0] == "prices of 2019-10 to 2019-12 are new"
    assert differences(IDENTITY, shorter)[0] == "prices of 2019-10 to 2019-12 are gone"
    later = DataIdentity.of(PANEL.between(row_of("2018-02-01"), len(PANEL.dates)))
    assert differences(IDENTITY, later)[0] == "prices of 2018-01 are gone"


def test_symbols_are_named() -> None:
    keep = [i for i, name in enumerate(PANEL.symbols) if name not in ("D03", "D07")]
    fewer = replace(
        PANEL,
        symbols=tuple(PANEL.symbols[i] for i in keep),
        returns=PANEL.returns[:, keep],
        exposures=PANEL.exposures[:, keep],
        tradable=PANEL.tradable[:, keep],
    )
    assert differences(IDENTITY, DataIdentity.of(fewer)) == ["symbols D03, D07 are gone"]
    assert differences(DataIdentity.of(fewer), IDENTITY) == ["symbols D03, D07 are new"]
    renamed = (*PANEL.symbols[:-1], "ZZ")
    assert changed(symbols=renamed) == ["symbol ZZ is new", "symbol D11 is gone"]


def test_a_factor_is_named() -> None:
    scores = PANEL.exposures.copy()
    scores[3, 2, 4] += 1e-9
    assert changed(exposures=scores) == ["factor rsi_14 has other values"]
    scores[3, 2, 0] += 1e-9
    assert changed(exposures=scores) == ["factors pe_ratio, rsi_14 have other values"]


def test_factors_come_and_go_and_get_data() -> None:
    without = DataIdentity.of(build_panel(MARKET, SETTINGS, FIRST_FACTORS[1:]))
    assert differences(without, IDENTITY) == ["factor pe_ratio is new"]
    assert differences(IDENTITY, without) == ["factor pe_ratio is gone"]
    vintages = {n: v for n, v in MARKET.vintages.items() if n != "pe_ratio"}
    lacking = DataIdentity.of(build_panel(replace(MARKET, vintages=vintages), SETTINGS))
    assert differences(lacking, IDENTITY) == ["factor pe_ratio has data now"]
    assert differences(IDENTITY, lacking) == ["factor pe_ratio has no data any more"]


def test_another_schedule_is_named() -> None:
    assert changed(rebalance=PANEL.rebalance + 1) == [
        "the dates of decisions differ, or the names that have a price on them"
    ]


def test_fields_of_the_market_count_where_they_may_be_read() -> None:
    daily = {"volume": np.ones(MARKET.close.shape)}
    one = DataIdentity.of(PANEL, MARKET)
    more = DataIdentity.of(PANEL, replace(MARKET, daily=daily))
    assert differences(one, more) == ["field volume is new"]
    other = DataIdentity.of(PANEL, replace(MARKET, daily={"volume": 2.0 * daily["volume"]}))
    assert differences(more, other) == ["field volume has other values"]
    doubled = DataIdentity.of(PANEL, replace(MARKET, close=2.0 * MARKET.close))
    assert differences(one, doubled) == ["field close has other values"]
    assert one.fingerprint != IDENTITY.fingerprint


@pytest.mark.parametrize("market", [None, MARKET])
def test_it_is_written_down_and_read_back(market: Market | None) -> None:
    identity = DataIdentity.of(PANEL, market)
    assert DataIdentity.from_dict(identity.as_dict()) == identity
    components = identity.as_components()
    assert DataIdentity.from_components(components) == identity
    assert all(is_part(name) for name in components)
    assert not is_part("data.factors.0.layout")
    assert DataIdentity.from_components({"data": "a" * 64}) is None


def test_the_listed_factors_are_built_in_their_order_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a new technical factor nor one whose column the data have changes an older list."""
    before: Panel = build_panel(MARKET, SETTINGS, FIRST_FACTORS)
    raw = replace(MARKET, daily={"new_table": MARKET.close.copy()})
    monkeypatch.setitem(DEFAULT_FACTORS, "new_technical", "technical")
    monkeypatch.setitem(DEFAULT_FACTORS, "new_table", "sentiment")
    monkeypatch.setitem(DEFAULT_FACTORS, "new_without_data", "sentiment")
    monkeypatch.setitem(TECHNICAL, "new_technical", TECHNICAL["rsi_14"])
    after = build_panel(raw, SETTINGS, FIRST_FACTORS)
    assert after.fingerprint == before.fingerprint
    assert DataIdentity.of(after) == DataIdentity.of(before)
    now = DataIdentity.of(build_panel(raw, SETTINGS))
    assert differences(DataIdentity.of(before), now) == [
        "factors new_technical, new_table, new_without_data are new"
    ]
    backwards = build_panel(MARKET, SETTINGS, tuple(reversed(FIRST_FACTORS)))
    assert backwards.factor_names == tuple(reversed(before.factor_names))
    assert DataIdentity.of(backwards).fingerprint == DataIdentity.of(before).fingerprint


def test_an_own_factor_is_built_whether_listed_or_not() -> None:
    own = replace(MARKET, daily={"size": MARKET.close.copy()}, categories={"size": "mine"})
    panel = build_panel(own, SETTINGS, ("rsi_14",))
    assert panel.factor_names == ("rsi_14", "size")
    assert panel.factor_categories == ("technical", "mine")
    assert build_panel(own, SETTINGS, ("size", "rsi_14")).factor_names == ("size", "rsi_14")
    assert build_panel(MARKET, SETTINGS, ("size", "rsi_14")).missing_factors == {"size": "custom"}
