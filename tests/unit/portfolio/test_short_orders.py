"""Order lists of portfolios that sell short or borrow: by hand, and whatever is held before."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.construction.mandate import Mandate
from mech_exo.errors import ExoError
from mech_exo.portfolio.decision_terms import DecisionTerms
from mech_exo.portfolio.order_sizes import Sizing
from mech_exo.portfolio.orders import order_list
from mech_exo.portfolio.positions_file import Current, read_positions
from mech_exo.portfolio.transition_costs import trade_scale
from mech_exo.report.portfolio_tables import orders_csv
from tests.unit.portfolio.test_orders import by_name, target

FREE = Sizing(min_trade=0.0)


def test_from_cash_by_hand() -> None:
    # 10,000 at 10 bps, half of it held in A (30.00), half of it short in B (70.00): x = 1 / 1.001.
    # A: 4,995.00 / 30 = 166.5 -> 166; B: 4,995.00 / 70 = 71.36 -> 71 sold short.
    aims = target([0.5, -0.5, 0.0], [30.0, 70.0, 9.0])
    orders = order_list(aims, Current.nothing(3), Sizing(capital=10_000.0, cost=0.001))
    lines = [(line.symbol, line.side, line.order, line.target) for line in orders.lines]
    assert lines == [("A", "buy", 166.0, 166.0), ("B", "sell short", -71.0, -71.0)]
    assert orders.traded == pytest.approx(4_980.0 + 4_970.0)
    assert orders.cash == pytest.approx(10_000.0 - 4_980.0 + 4_970.0 - 9.95)
    assert by_name(orders)["B"].weight == pytest.approx(-4_970.0 / (10_000.0 - 9.95))
    assert ",B,sell short,-71.0,70.0,4970.0," in orders_csv(aims, orders)


def test_the_four_kinds_of_orders_and_a_change_of_side() -> None:
    # At 10.00 each; 200 held, 200 short, 2,000 in cash are 2,000. Wanted: 300 and 300.
    held = Current(np.array([100.0, 100.0, -100.0, -50.0, -50.0, 0.0]), 2000.0)
    aims = target([0.75, -0.5, -0.6, 0.0, -0.1, -0.2], [10.0] * 6)
    terms = DecisionTerms(max_gross=3.0)
    orders = order_list(replace(aims, terms=terms), held, FREE)
    assert [(line.symbol, line.side, line.order, line.current) for line in orders.lines] == [
        ("A", "buy", 50.0, 100.0),
        ("C", "sell short", -20.0, -100.0),
        ("B", "sell", -100.0, 100.0),
        ("B", "sell short", -100.0, 0.0),
        ("F", "sell short", -40.0, 0.0),
        ("E", "buy to cover", 30.0, -50.0),
        ("D", "buy to cover", 50.0, -50.0),
    ]
    assert [line.target for line in orders.lines if line.symbol == "B"] == [0.0, -100.0]
    assert [line.weight for line in orders.lines if line.symbol == "B"] == [0.0, -0.5]
    assert orders.traded == 3900.0
    assert orders.cash == pytest.approx(2000.0 + 1300.0)
    back = order_list(target([0.5], [10.0]), Current(np.array([-20.0]), 1200.0), FREE)
    assert [(o.side, o.order) for o in back.orders] == [("buy to cover", 20.0), ("buy", 50.0)]


def test_a_change_of_side_is_made_however_small() -> None:
    held = Current(np.array([1.0, -1.0]), 9_000.0)
    aims = target([-0.0003, 0.0003], [10.0, 10.0])
    assert {line.symbol for line in order_list(aims, held, Sizing(fractional=True)).orders} == {
        "A",
        "B",
    }


def test_a_position_within_the_band_stays() -> None:
    # A is 0.52 of 1,000 and wanted at 0.5, B −0.45 and −0.5, C 0.02 and 0, D −0.02 and 0.03.
    held = Current(np.array([52.0, -45.0, 2.0, -2.0]), 930.0)
    aims = target([0.5, -0.5, 0.0, 0.03], [10.0] * 4)
    orders = order_list(replace(aims, terms=DecisionTerms(band=0.03)), held, FREE)
    found = [(line.symbol, line.side, line.order) for line in orders.orders]
    assert found == [
        ("D", "buy to cover", 2.0),
        ("D", "buy", 3.0),
        ("C", "sell", -2.0),
        ("B", "sell short", -5.0),
    ]
    odd = Current(np.array([52.5, -45.0, 2.0, -2.0]), 925.0)  # fractions that stay are not sold
    assert "A" not in {
        o.symbol for o in order_list(replace(aims, terms=DecisionTerms(0.03)), odd, FREE).orders
    }


def test_a_position_is_cut_to_what_its_market_takes() -> None:
    terms = DecisionTerms(most={"A": 2_000.0, "B": 1_500.0})
    aims = replace(target([0.5, -0.5], [10.0, 10.0]), terms=terms)
    for capital, expected in ((2_000.0, [100.0, -100.0]), (10_000.0, [200.0, -150.0])):
        orders = order_list(aims, Current.nothing(2), Sizing(capital=capital))
        assert [line.order for line in orders.lines] == expected


def test_impact_is_paid_by_the_orders() -> None:
    # 10,000 of A at 1e-5·√M: x = 1 − 1e-5·√(10,000 x)·x; 0.999 solves it to 1e-6.
    terms = DecisionTerms(impact={"A": 1e-5})
    aims = replace(target([1.0], [10.0]), terms=terms)
    orders = order_list(aims, Current.nothing(1), Sizing(capital=10_000.0, fractional=True))
    (line,) = orders.orders
    assert line.cost == pytest.approx(1e-5 * line.value**1.5, rel=1e-12)
    assert line.value + line.cost == pytest.approx(10_000.0, abs=1e-9)
    assert line.value == pytest.approx(9_990.0, abs=0.1)
    assert orders.cash == pytest.approx(0.0, abs=1e-9)


def test_borrowed_money_is_not_paid_back_by_the_list() -> None:
    # 1.5 of 1,000: 150 shares and 500 borrowed.
    aims = replace(target([1.5], [10.0]), terms=DecisionTerms(max_gross=1.5))
    orders = order_list(aims, Current.nothing(1), Sizing(capital=1_000.0))
    assert (orders.lines[0].order, orders.cash) == (150.0, -500.0)
    held = Current(np.array([150.0]), -500.0)
    standing = replace(aims, rebalance=False)
    assert order_list(standing, held, FREE).orders == ()


def test_a_standing_portfolio_that_drifted_is_not_scaled_down() -> None:
    # Gross was 1 and is 1.2 after the short has risen: between rebalances that is as it is.
    held = Current(np.array([50.0, -70.0]), 1_200.0)
    standing = replace(target([0.5, -0.7], [10.0, 10.0]), rebalance=False)
    assert order_list(standing, held, FREE).orders == ()


def test_small_orders_are_not_left_out_where_their_sum_is_too_much() -> None:
    # A and B are 8 shares, 80.00, too large, below the minimum of 100: together 1.0016 of 1.
    aims = target([0.5, -0.5], [10.0, 10.0])
    held = Current(np.array([5_008.0, -5_008.0]), 100_000.0)
    assert [line.order for line in order_list(aims, held, Sizing()).lines] == [-8.0, 8.0]
    roomy = replace(aims, terms=DecisionTerms(max_gross=1.1))
    assert order_list(roomy, held, Sizing()).orders == ()


def test_what_is_bought_back_is_not_cut_for_a_sale_that_is_left_out() -> None:
    # A is 9 too many, 90.00, whose sale pays for B's 200: without it 90.00 would be missing.
    held = Current(np.array([1_009.0, -200.0]), 1_910.0)
    orders = order_list(target([1.0, 0.0], [10.0, 10.0]), held, Sizing(min_trade=100.0))
    assert {line.symbol: line.order for line in orders.lines} == {"A": -9.0, "B": 200.0}
    assert orders.cash == 0.0


def test_trading_that_costs_more_than_there_is_has_no_scale() -> None:
    assert trade_scale(0.5, np.array([2.0]), np.array([2.5])) == -np.inf
    assert trade_scale(0.6, np.array([2.0]), np.array([2.5])) == -np.inf
    assert trade_scale(0.6, np.array([0.0]), np.array([-2.5])) == pytest.approx(-0.5)
    x = trade_scale(0.1, np.array([0.8, -0.8]), np.array([-0.5, 0.1]))
    assert x == pytest.approx((1.0 - 0.1 * 0.6) / 1.16)


@pytest.mark.parametrize("fractional", [False, True])
def test_no_list_is_larger_than_the_terms_allow(fractional: bool) -> None:
    rng, listed, turned = np.random.default_rng(3), 0, 0
    for _ in range(400):
        n, most = int(rng.integers(1, 7)), float(rng.choice([1.0, 2.0]))
        weights = rng.dirichlet(np.ones(n)) * rng.choice([-1.0, 1.0], n) * (rng.random(n) < 0.6)
        prices, capital = np.exp(rng.normal(3.0, 1.0, n)), float(np.exp(rng.normal(9.0, 1.0)))
        aims = replace(
            target((most * weights).tolist(), prices.tolist()),
            terms=DecisionTerms(max_gross=most, impact=(None, {"A": 1e-6})[int(rng.integers(2))]),
        )
        shares = np.round(rng.normal(0.0, 0.5, n) * capital / prices / n)
        held = np.where(rng.random(n) < 0.7, shares, 0.0)
        cost, least = float(rng.choice([0.0, 0.001, 0.02])), (0.0, None)[int(rng.integers(2))]
        sizing = Sizing(capital=capital, min_trade=least, fractional=fractional, cost=cost)
        orders = order_list(aims, Current(held, None), sizing)
        listed += 1
        last = {line.symbol: line for line in orders.lines}
        after = {s: line.target * line.price for s, line in last.items()}
        worth = orders.cash + sum(after.values())
        assert worth == pytest.approx(capital - orders.cost)
        assert sum(map(abs, after.values())) <= most * worth * (1.0 + 1e-6)
        if not fractional:
            assert all(line.order == int(line.order) for line in orders.orders)
        names = [line.symbol for line in orders.orders]
        turned += len(names) - len(set(names))
        for line in orders.orders:
            assert {"buy": 1, "sell": -1, "sell short": -1, "buy to cover": 1}[
                line.side
            ] == np.sign(line.order)
            assert line.current * line.target >= 0.0  # no order goes through zero
            covers = line.side in ("sell", "buy to cover")
            assert covers == (abs(line.target) < abs(line.current))
    assert listed == 400
    assert turned > 50


def test_files_of_short_positions(tmp_path: Path) -> None:
    path = tmp_path / "current.csv"
    path.write_text("symbol,shares\nA,-5\nB,2\nCASH,700\n")
    short = Mandate(side="long_short")
    found = read_positions(path, ("A", "B"), short)
    assert (found.shares.tolist(), found.cash) == ([-5.0, 2.0], 700.0)
    with pytest.raises(ExoError, match="line 2: shares of A is -5, below 0"):
        read_positions(path, ("A", "B"), Mandate(weighting="rank"))
    path.write_text("symbol,shares\nA,5\nCASH,-700\n")
    with pytest.raises(ExoError, match="line 3: shares of CASH is -700, below 0"):
        read_positions(path, ("A", "B"), short)
    borrows = Mandate(vol_target=0.3, max_gross=2.0)
    assert read_positions(path, ("A", "B"), borrows).cash == -700.0
    path.write_text("symbol,shares\nA,\n")
    with pytest.raises(ExoError, match="line 2: shares of A is empty"):
        read_positions(path, ("A", "B"), short)
