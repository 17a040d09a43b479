"""Who can be chosen, on a market of four stocks, by hand; and what becomes of one that leaves."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings, DataSettings, FactorSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.facts import describe
from mech_exo.data.identity import DataIdentity, differences, is_part
from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import FloatArray
from mech_exo.data.universe import eligible, universe_words
from mech_exo.errors import ExoError
from mech_exo.leakage.leaks import check_leaks
from mech_exo.verdict.ranking import market_model
from tests.unit.data.small_markets import NARROWED, universe_market

# A rises by 1 % a session, B by 2 %, C falls by 1 %, D by 2 %; B is a member up to session 5 (its
# price goes on), C from session 6 on, D never. The score is the name's letter, A the best.
SESSIONS = 13
GROWTH = np.array([1.01, 1.02, 0.99, 0.98])
CLOSE: FloatArray = np.asarray(100.0 * GROWTH ** np.arange(SESSIONS)[:, None], dtype=np.float64)
MEMBER = np.zeros((SESSIONS, 4), dtype=bool)
MEMBER[:, 0] = True
MEMBER[:6, 1] = True
MEMBER[6:, 2] = True
MARKET = Market(
    dates=np.busday_offset("2024-01-01", np.arange(SESSIONS), roll="forward"),
    symbols=("A", "B", "C", "D"),
    close=CLOSE,
    daily={"letter": np.broadcast_to([4.0, 3.0, 2.0, 1.0], CLOSE.shape)},
    categories={"letter": "custom"},
    member=MEMBER,
    source="four stocks",
)
SETTINGS = Settings(
    factors=FactorSettings(min_history=1, winsorise=0.0),
    backtest=BacktestSettings(rebalance_days=4, commission_bps=0.0, slippage_bps=0.0),
)  # decided on the sessions 1, 5 and 9, traded on 2, 6 and 10
TWO = Candidate(np.array([1.0]), cash_pct=0.0, stop_loss_pct=1.0, position_size_pct=0.5)


def only_letter(market: Market, settings: Settings = SETTINGS):  # type: ignore[no-untyped-def]
    return build_panel(market, settings, ["letter"])


def test_only_members_are_scored_and_held() -> None:
    panel = only_letter(MARKET)
    np.testing.assert_array_equal(panel.tradable, MEMBER[[1, 5, 9]])
    np.testing.assert_array_equal(panel.exposures[0, :, 0], [1.0, -1.0, np.nan, np.nan])
    np.testing.assert_array_equal(panel.exposures[2, :, 0], [1.0, np.nan, -1.0, np.nan])
    assert np.isfinite(panel.returns[1:]).all()  # nobody's price is gone


def test_who_leaves_is_sold_at_the_next_rebalance_at_its_price() -> None:
    rules = replace(SETTINGS.backtest, delist_after=1, delisting_return=1.0)  # not a delisting
    kernel = Kernel(only_letter(MARKET), rules)
    result = kernel.run(TWO)
    np.testing.assert_array_equal(
        result.holdings, [[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0.5, 0, 0.5, 0]]
    )
    assert not result.positions.exit_reason
    pairs = [(1.01, 1.02)] * 2 + [(1.01, 0.99)]
    growth = [1.0]
    for one, other in pairs:
        growth += [
            (one**k + other**k) / 2.0 / ((one ** (k - 1) + other ** (k - 1)) / 2.0)
            for k in range(1, 5)
        ]
    np.testing.assert_allclose(1.0 + result.returns, growth[: len(result.returns)], rtol=1e-13)
    # the universe without skill is made of the same members
    np.testing.assert_allclose(result.benchmark_returns, result.returns, rtol=1e-12)


def test_membership_reaches_no_further_than_its_days() -> None:
    later = MEMBER.copy()
    later[6:, 3] = True
    one, other = only_letter(MARKET), only_letter(replace(MARKET, member=later))
    np.testing.assert_array_equal(one.exposures[:2], other.exposures[:2])
    assert not np.array_equal(one.tradable[2], other.tradable[2])


def with_figures(volume: list[float], sizes: list[float]) -> Market:
    daily = {"volume": np.broadcast_to(volume, CLOSE.shape) / CLOSE}
    published = np.full(4, np.datetime64("2023-12-01"))
    size = Vintage(np.arange(4), published, published, np.array(sizes))
    return replace(
        MARKET,
        member=None,
        daily=MARKET.daily | daily,
        vintages={"market_cap": size},
    )


def test_minimums_are_kept_by_what_is_known() -> None:
    market = with_figures([500.0, 400.0, np.nan, 600.0], [9.0, 8.0, 7.0, np.nan])
    rows = np.array([12])

    def names(**minimums: float) -> list[bool]:
        found = eligible(market, rows, DataSettings(**minimums))  # type: ignore[arg-type]
        assert found is not None
        return [bool(name) for name in found[0]]

    assert eligible(market, rows, DataSettings()) is None
    # thirteen sessions are less than two thirds of 21
    assert names(min_turnover=1.0) == [False] * 4
    assert names(min_market_cap=8.0) == [True, True, False, False]
    longer = replace(
        market,
        dates=np.busday_offset("2024-01-01", np.arange(26), roll="forward"),
        close=np.vstack([CLOSE, CLOSE]),
        daily={n: np.vstack([v, v]) for n, v in market.daily.items()},
    )
    found = eligible(longer, np.array([20]), DataSettings(min_turnover=450.0, min_market_cap=1.0))
    assert found is not None
    assert found[0].tolist() == [True, False, False, False]


def test_a_minimum_without_its_figure_is_an_error_that_names_the_file() -> None:
    for setting, file in (("min_turnover", "volume"), ("min_market_cap", "market_cap")):
        data = DataSettings(**{setting: 1.0})  # type: ignore[arg-type]
        with pytest.raises(ExoError) as caught:
            only_letter(MARKET, replace(SETTINGS, data=data))
        assert f"data.{setting} is set" in caught.value.message
        assert f"data.{file}" in caught.value.hint


def test_dates_without_a_member_are_left_out_and_all_of_them_are_an_error() -> None:
    nobody = MEMBER.copy()
    nobody[5] = False
    assert only_letter(replace(MARKET, member=nobody)).rebalance.tolist() == [1, 9]
    three = replace(SETTINGS, factors=replace(SETTINGS.factors, min_names=3))
    with pytest.raises(ExoError, match=r"in the universe, 2 at most\. It holds 2 of 4 names"):
        only_letter(MARKET, three)


def test_the_line_of_a_run() -> None:
    assert universe_words(replace(MARKET, member=None), DataSettings()) == ""
    assert universe_words(MARKET, DataSettings()) == (
        "2 of 4 names on the last date (membership); 1 are never members"
    )
    market = with_figures([500.0] * 4, [2e9, 5e8, 1.0, np.nan])
    assert universe_words(market, DataSettings(min_market_cap=3e8)) == (
        "2 of 4 names on the last date (market cap ≥ 300,000,000)"
    )


def test_facts_count_the_members() -> None:
    facts = describe(MARKET)
    assert (facts.names, facts.members) == (4, 2)
    assert describe(replace(MARKET, member=None)).members == 4
    gap = MARKET.daily["letter"].copy()
    gap[:, 3] = np.nan  # of one who is never a member
    assert describe(replace(MARKET, daily={"letter": gap})).unknown["letter"] == 0.0


def test_the_universe_is_a_part_of_the_identity_only_where_there_is_one() -> None:
    panel = only_letter(MARKET)
    mine, none = (DataIdentity.of(p) for p in (panel, only_letter(replace(MARKET, member=None))))
    assert none.universe == ""
    assert "universe" not in none.as_dict()
    assert not any("universe" in name for name in none.as_components())
    assert DataIdentity.from_dict(mine.as_dict()) == mine
    assert DataIdentity.from_components(mine.as_components()) == replace(mine)
    assert is_part("data.universe")
    assert "the names in the universe differ (data.membership, data.min_…)" in differences(
        none, mine
    )
    # also where no price is touched by it
    other = replace(panel, eligible=~MEMBER[[1, 5, 9]])
    assert differences(mine, DataIdentity.of(other)) == [
        "the names in the universe differ (data.membership, data.min_…)"
    ]
    assert mine.fingerprint != DataIdentity.of(other).fingerprint


def test_a_function_that_reads_members_makes_them_part_of_the_data() -> None:
    panel = only_letter(MARKET)
    other = MEMBER.copy()
    other[3] = ~other[3]  # no rebalance date
    one, two = (
        DataIdentity.of(panel, market) for market in (MARKET, replace(MARKET, member=other))
    )
    assert one.fields != two.fields
    assert DataIdentity.of(panel).fields == {}


def test_the_leak_check_cuts_the_universe_too() -> None:
    market = universe_market(3)
    panel = build_panel(market, NARROWED)
    assert check_leaks(NARROWED, market, panel, None).passed
    # sizes that are used before they are public
    size = market.vintages["market_cap"]
    early = replace(
        market,
        vintages=market.vintages
        | {"market_cap": replace(size, available=size.available - np.timedelta64(60, "D"))},
    )
    leaking = replace(panel, eligible=eligible(early, panel.rebalance, NARROWED.data))
    report = check_leaks(NARROWED, market, leaking, None)
    assert [f.subject for f in report.findings if f.severity == "leak"] == ["universe"]
    assert "move the universe at" in report.findings[0].message


def test_the_market_of_the_verdict_is_that_of_the_universe() -> None:
    panel = only_letter(MARKET)
    choice = panel.choice
    assert choice is not None
    np.testing.assert_array_equal(choice[[1, 5, 6, 9, 10]], MEMBER[[1, 1, 5, 5, 9]])
    common, _ = market_model(panel.returns, choice)
    np.testing.assert_allclose(common[3, 0], 0.015)  # the mean of A and B; β is 1, too short
    np.testing.assert_allclose(market_model(panel.returns)[0][3, 0], 0.0, atol=1e-12)
    assert only_letter(replace(MARKET, member=None)).choice is None
