"""Order lists, by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.errors import ExoError
from mech_exo.portfolio.order_sizes import Sizing
from mech_exo.portfolio.orders import Line, OrderList, order_list
from mech_exo.portfolio.positions_file import Current, read_positions
from mech_exo.portfolio.target import Target
from mech_exo.portfolio.transition_costs import trade_scale
from mech_exo.report.portfolio_tables import orders_csv, orders_json
from mech_exo.workflow.data_age import DataAge
from tests.unit.backtest.reference import self_financing

DAY = np.datetime64("2024-01-05")


def target(weights: list[float], prices: list[float], priced: list[bool] | None = None) -> Target:
    return Target(
        date=DAY,
        symbols=tuple("ABCDEF"[: len(weights)]),
        weights=np.array(weights),
        rebalance=True,
        decided=DAY,
        prices=np.array(prices),
        priced=np.array(priced or [True] * len(weights)),
    )


def by_name(orders: OrderList) -> dict[str, Line]:
    return {line.symbol: line for line in orders.lines}


def test_from_cash_by_hand() -> None:
    # 10,000 at 10 bps, half each in A (30.00) and B (70.00): x = 1 / 1.001 = 0.999001.
    # A: 4,995.00 / 30 = 166.5 -> 166 = 4,980; B: 4,995.00 / 70 = 71.36 -> 71 = 4,970.
    orders = order_list(
        target([0.5, 0.5, 0.0], [30.0, 70.0, 9.0]),
        Current.nothing(3),
        Sizing(capital=10_000.0, cost=0.001),
    )
    lines = by_name(orders)
    assert [(lines[s].side, lines[s].order) for s in "AB"] == [("buy", 166.0), ("buy", 71.0)]
    assert "C" not in lines
    assert orders.traded == pytest.approx(9_950.0)
    assert orders.cost == pytest.approx(9.95)
    assert orders.cash == pytest.approx(10_000.0 - 9_950.0 - 9.95)
    assert lines["A"].weight == pytest.approx(4_980.0 / (10_000.0 - 9.95))


def test_from_positions_by_hand() -> None:
    # A 100 at 10, B 50 at 20, cash 500: worth 2,500. Wanted: A 0.6, C 0.4 (at 50), no costs.
    # A 1,500 -> 150, so buy 50; C 1,000 -> 20; B sold.
    orders = order_list(
        target([0.6, 0.0, 0.4], [10.0, 20.0, 50.0]),
        Current(np.array([100.0, 50.0, 0.0]), 500.0),
        Sizing(min_trade=0.0),
    )
    assert {s: line.order for s, line in by_name(orders).items()} == {"A": 50, "C": 20, "B": -50}
    assert [line.symbol for line in orders.lines] == ["A", "C", "B"]
    assert (orders.capital, orders.cash) == (2_500.0, 0.0)


def test_minimum_trade() -> None:
    # A should be 100 of 1.00 and is 98; B is to be closed although it is worth 1.00 only.
    current = Current(np.array([98.0, 1.0, 0.0]), 901.0)
    aims = target([0.1, 0.0, 0.0], [1.0, 1.0, 1.0])
    kept = by_name(order_list(aims, current, Sizing(min_trade=5.0)))
    assert (kept["A"].order, kept["A"].remark) == (0.0, "below the minimum trade")
    assert kept["B"].order == -1.0
    assert by_name(order_list(aims, current, Sizing(min_trade=2.0)))["A"].order == 2.0
    # by default a thousandth of the capital, 1.00
    assert by_name(order_list(aims, current, Sizing()))["A"].order == 2.0


def test_a_sale_left_out_never_overdraws() -> None:
    # A is 4 too many (40.00, below the minimum of 50), which B's purchase counted on.
    current = Current(np.array([54.0, 20.0]), 260.0)
    orders = order_list(target([0.5, 0.5], [10.0, 10.0]), current, Sizing(min_trade=50.0))
    lines = by_name(orders)
    assert (lines["A"].order, lines["B"].order) == (0.0, 26.0)
    assert orders.cash == 0.0


def test_fractional_shares() -> None:
    orders = order_list(
        target([0.5, 0.5], [30.0, 70.0]),
        Current.nothing(2),
        Sizing(capital=10_000.0, cost=0.001, fractional=True),
    )
    x = 1.0 / 1.001
    assert by_name(orders)["A"].order == pytest.approx(5_000.0 * x / 30.0)
    assert orders.cash == pytest.approx(0.0, abs=1e-9)


def test_names_without_a_price_today() -> None:
    # B is held and cannot be sold: its 200 are set aside, A gets all of the other 800.
    orders = order_list(
        target([1.0, 0.0, 0.0], [10.0, 20.0, 5.0], [True, False, True]),
        Current(np.array([0.0, 10.0, 0.0]), 800.0),
        Sizing(),
    )
    lines = by_name(orders)
    assert lines["A"].order == 80.0
    assert (lines["B"].order, lines["B"].remark) == (0.0, "no price on 2024-01-05: not traded")
    wanted = order_list(
        target([0.5, 0.5], [10.0, 20.0], [True, False]), Current.nothing(2), Sizing(capital=1000.0)
    )
    assert by_name(wanted)["B"].order == 0.0


def test_less_than_one_share() -> None:
    orders = order_list(
        target([0.5, 0.5], [10.0, 700.0]), Current.nothing(2), Sizing(capital=1000.0)
    )
    assert by_name(orders)["B"].remark == "less than one share"


def test_no_capital() -> None:
    aims = target([1.0], [10.0])
    with pytest.raises(ExoError, match="worth 0: nothing that could be invested"):
        order_list(aims, Current.nothing(1), Sizing())
    with pytest.raises(ExoError, match="worth 1e"):
        order_list(aims, Current(np.full(1, 1e300), None), Sizing())
    for capital in (-5.0, 0.0, np.inf, np.nan, 1e300):
        with pytest.raises(ExoError, match=r"the capital is .*, must be above 0 and below"):
            order_list(aims, Current.nothing(1), Sizing(capital=capital))
    with pytest.raises(ExoError, match="row CASH"):
        order_list(aims, Current(np.zeros(1), 5.0), Sizing(capital=1.0))
    with pytest.raises(ExoError, match="A is held and has no price"):
        order_list(target([0.0], [np.nan], [False]), Current(np.ones(1), None), Sizing())
    with pytest.raises(ExoError, match="all in names without a price"):
        order_list(target([0.0], [9.0], [False]), Current(np.ones(1), None), Sizing())


@pytest.mark.parametrize("seed", range(20))
def test_the_scale_solves_its_equation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost = float(rng.choice([0.0, 0.001, 0.02, 0.3]))
    held = rng.dirichlet(np.ones(8))[:7] * (rng.random(7) < 0.7)
    aims = rng.dirichlet(np.ones(8))[:7] * (rng.random(7) < 0.7)
    x = trade_scale(cost, aims, held)
    assert x == pytest.approx(1.0 - cost * np.abs(aims * x - held).sum(), abs=1e-14)
    even = np.where(np.isin(np.arange(7), [0, 2, 3]), 0.3, 0.0)
    weights, shares = dict(enumerate(even.tolist())), dict(enumerate(held.tolist()))
    expected = self_financing(1.0, weights, shares, lambda _, value: cost * abs(value))
    assert trade_scale(cost, even, held) == pytest.approx(expected, abs=1e-13)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "current.csv"
    path.write_text("Ticker,Quantity\nB,2.5\ncash,100\n")
    current = read_positions(path, ("A", "B"))
    assert (current.shares.tolist(), current.cash) == ([0.0, 2.5], 100.0)
    for text, message in (
        ("symbol,shares\nA,1\nA,2\n", "line 3: A is there twice"),
        ("symbol,shares\nA,-1\n", "line 2: shares of A is -1, below 0"),
        ("symbol,shares\nA,\n", "line 2: shares of A is empty"),
        ("symbol,shares\nAA,1\n", "line 2: the data have no name 'AA'. Did you mean 'A'?"),
        ("symbol,amount\nA,1\n", "has no column 'shares'"),
    ):
        path.write_text(text)
        with pytest.raises(ExoError) as caught:
            read_positions(path, ("A", "B"))
        assert message in str(caught.value)


def test_printed() -> None:
    aims = target([0.5], [30.0])
    orders = order_list(aims, Current.nothing(1), Sizing(capital=1000.0))
    assert orders_csv(aims, orders) == (
        "date,symbol,side,order,price,value,cost,current,target,target_weight,weight,remark\n"
        "2024-01-05,A,buy,16.0,30.0,480.0,0.0,0.0,16.0,0.5,0.48,\n"
    )
    text = orders_json(aims, orders, DataAge(DAY, 9, 7, ages=True))
    assert '"order": 16.0' in text
    assert '"data_age_days": 9' in text
    assert '"stale": true' in text


def test_between_rebalances_a_name_without_a_price_moves_no_other() -> None:
    # The model holds A and B at 0.45 each, as the account does. B has no price today.
    held = Current(np.array([45.0, 90.0]), 100.0)
    wanted = target([0.45, 0.45], [10.0, 5.0], [True, False])
    sizing = Sizing(min_trade=0.0)
    standing = replace(wanted, rebalance=False)
    assert order_list(standing, held, sizing).orders == ()
    # A decision sets B's 450 aside, and gives A 0.45 of the 550 that are left: 24.75 -> 24.
    assert by_name(order_list(wanted, held, sizing))["A"].order == -21.0
    # From cash B's part stays cash.
    joins = by_name(order_list(standing, Current.nothing(2), Sizing(capital=1_000.0)))
    assert joins["A"].order == 45.0
    # Who holds far more of B than the model buys no more A than there is cash for.
    heavy = order_list(standing, Current(np.array([0.0, 180.0]), 100.0), sizing)
    assert by_name(heavy)["A"].order == 10.0


def test_between_rebalances_a_whole_number_is_not_rounded_again() -> None:
    # A 33 at 30, wanted 0.99 of 1,000: 33.0 exactly; then the cash is worth 9.99: 32.99, still 33.
    held = Current(np.array([33.0, 0.0]), 9.99)
    wanted = target([0.99, 0.0], [30.0, 5.0])
    sizing = Sizing(min_trade=0.0)
    assert by_name(order_list(wanted, held, sizing))["A"].order == -1.0
    standing = replace(wanted, rebalance=False)
    assert order_list(standing, held, sizing).orders == ()
    more = Current(held.shares, 200.0)  # who adds money buys
    assert by_name(order_list(standing, more, sizing))["A"].order == 6.0
    gone = replace(standing, weights=np.array([0.0, 0.0]))
    assert by_name(order_list(gone, held, sizing))["A"].order == -33.0


def test_capital_that_does_not_pay_for_the_sale_is_refused() -> None:
    held = Current(np.array([4_000.0, 2_000.0]), None)
    aims = target([0.0, 0.5], [100.0, 400.0])  # 1.2 million, whose sale costs 1,200
    with pytest.raises(ExoError) as caught:
        order_list(aims, held, Sizing(capital=1_000.0, cost=0.001))
    assert "capital is 1,000.00, and selling what is held costs 1,200.00" in str(caught.value)
    assert "the positions are worth 1,200,000.00" in str(caught.value)
    assert "--capital" in str(caught.value)
    kept = order_list(aims, held, Sizing(capital=2_000.0, cost=0.001))
    assert (kept.invested, kept.capital) == (1_200_000.0, 2_000.0)
    assert kept.cash >= 0.0


@pytest.mark.parametrize("fractional", [False, True])
@pytest.mark.parametrize("rebalance", [False, True])
def test_no_list_costs_more_than_there_is_or_sells_more_than_is_held(
    rebalance: bool, fractional: bool
) -> None:
    rng, listed = np.random.default_rng(3), 0
    for _ in range(400):
        n = int(rng.integers(1, 7))
        weights = rng.dirichlet(np.ones(n + 1))[:n] * (rng.random(n) < 0.6)
        aims = replace(
            target(
                weights.tolist(),
                np.exp(rng.normal(3.0, 2.0, n)).tolist(),
                (rng.random(n) < 0.9).tolist(),
            ),
            rebalance=rebalance,
        )
        shares = np.round(np.exp(rng.normal(3.0, 2.0, n)), int(rng.integers(0, 3)))
        held = np.where(rng.random(n) < 0.7, shares, 0.0)
        capital = float(np.exp(rng.normal(7.0, 3.0)))
        sizing = Sizing(
            capital=capital,
            min_trade=float(rng.choice([0.0, 50.0])) if rng.random() < 0.5 else None,
            fractional=fractional,
            cost=float(rng.choice([0.0, 0.001, 0.05])),
        )
        try:
            orders = order_list(aims, Current(held, None), sizing)
        except ExoError:
            continue
        listed += 1
        assert orders.cash >= -1e-9 * max(capital, orders.invested)
        assert all(line.target >= 0.0 for line in orders.lines)
        assert all(-line.order <= line.current for line in orders.lines)
    assert listed > 100
