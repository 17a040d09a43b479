"""Orders and fills agree, and who trades `exo portfolio`'s list gets the paper account."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import Panel
from mech_exo.data.prices import last_known
from mech_exo.paper.ledger_status import paper_status, read_record
from mech_exo.paper.step import Stepped, Wanted, step
from mech_exo.portfolio.model import Model
from mech_exo.portfolio.order_sizes import Sizing
from mech_exo.portfolio.orders import order_list
from mech_exo.portfolio.positions_file import Current
from mech_exo.portfolio.target import next_target
from mech_exo.report.paper_tables import paper_json
from tests.unit.backtest.markets import random_panel
from tests.unit.paper.test_step import content
from tests.unit.portfolio.books import model_on, until
from tests.unit.tuning.stored_studies import execute

START, DAYS = 60, 250
CANDIDATE = Candidate(np.array([1.0, -0.4, 0.2]), 0.1, 0.08, 0.2)
RULES = [
    BacktestSettings(execution_lag=lag, stop_lag=late, delist_after=4, delisting_return=0.3)
    for lag, late in product((1, 3), (0, 1))
]


def made(rules: BacktestSettings, seed: int = 4) -> Model:
    """A market with holes, suspensions, delistings and stops."""
    return model_on(random_panel(seed, sessions=START + DAYS, names=14, every=7), rules, CANDIDATE)


def kept(model: Model, path: Path, *, fractional: bool, capital: float = 30_000.0) -> list[Stepped]:
    """A ledger over a year, opened on the evening before an execution."""
    wanted = Wanted(capital=capital, fractional=fractional)
    opened = int(model.panel.rebalance[np.searchsorted(model.panel.rebalance, START)])
    steps = list(step(until(model, opened + 1), path, wanted))
    return steps + list(step(model, path, wanted))


def query(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


@pytest.mark.parametrize("fractional", [True, False])
@pytest.mark.parametrize("rules", RULES)
def test_every_trade_is_an_order_of_as_many_shares(
    rules: BacktestSettings, fractional: bool, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.db"
    kept(made(rules), path, fractional=fractional)
    fills = query(path, "SELECT date, symbol, reason, shares, repriced FROM paper_fills")
    orders = query(
        path,
        "SELECT done, symbol, reason, shares, listed FROM paper_orders WHERE status = 'filled'",
    )
    traded = {fill[:3]: fill for fill in fills if fill[2] in ("rebalance", "stop")}
    assert {order[:3] for order in orders} == set(traded)
    assert len(orders) == len(traded) > 200
    for *key, shares, listed in orders:
        *_, filled, repriced = traded[tuple(key)]
        assert shares == filled
        assert repriced == (None if listed is None else filled - listed)
    assert {fill[2] for fill in fills} == {"rebalance", "stop", "delisting"}
    assert all(fill[4] is None for fill in fills if fill[2] == "delisting")
    unlisted = [fill for fill in fills if fill[2] == "stop" and fill[4] is None]
    assert bool(unlisted) is (rules.stop_lag == 0)
    left = query(path, "SELECT shares, listed FROM paper_orders WHERE status = 'not filled'")
    assert all(shares == 0.0 and listed != 0.0 for shares, listed in left)


@pytest.mark.parametrize("fractional", [True, False])
@pytest.mark.parametrize("rules", RULES)
def test_the_orders_are_the_list_of_exo_portfolio(
    rules: BacktestSettings, fractional: bool, tmp_path: Path
) -> None:
    """From the account's own positions, on every evening before an execution."""
    model = made(rules)
    places = {symbol: n for n, symbol in enumerate(model.panel.symbols)}
    sizing = Sizing(min_trade=0.0, fractional=fractional, cost=rules.cost)
    evenings = 0
    for stepped in kept(model, tmp_path / "ledger.db", fractional=fractional):
        stop = int(np.searchsorted(model.panel.dates, np.datetime64(stepped.date))) + 1
        if stop == len(model.panel.dates):
            break
        target = next_target(until(model, stop))
        if not target.rebalance:
            assert all(order.reason == "stop" for order in stepped.orders)
            continue
        shares = np.zeros(len(places))
        for symbol, holding in stepped.account.holdings.items():
            shares[places[symbol]] = holding.shares
        listed = order_list(target, Current(shares, stepped.account.cash), sizing).orders
        ours = {o.symbol: o.shares for o in stepped.orders if target.priced[places[o.symbol]]}
        assert ours == pytest.approx({line.symbol: line.order for line in listed}, abs=1e-6)
        evenings += 1
    assert evenings > 30


def doubled(panel: Panel) -> Panel:
    """Each session followed by one at the same prices, at which the decisions are executed."""
    sessions, names = panel.returns.shape
    returns = np.zeros((2 * sessions, names))
    returns[0::2] = panel.returns
    returns[1::2] = np.where(np.isnan(panel.returns), np.nan, 0.0)
    return replace(
        panel,
        dates=panel.dates[0] + np.arange(2 * sessions),
        returns=returns,
        rebalance=2 * panel.rebalance,
    )


@pytest.mark.parametrize("seed", range(6))
def test_who_trades_the_list_gets_the_account_if_prices_stand_still_overnight(
    seed: int, tmp_path: Path
) -> None:
    """Whole shares, stops at the close after (stop_lag 1), the dead paid out by the broker.

    Where a stop is due at an execution the account pays for resizing the name first, as the
    backtest does: a share of difference until the next one.
    """
    rules = BacktestSettings(stop_lag=1, delist_after=3, delisting_return=0.3)
    panel = doubled(random_panel(seed, sessions=160, names=14, every=7, holes=0.0, unknown=0.0))
    model = model_on(panel, rules, CANDIDATE)
    path = tmp_path / "ledger.db"
    steps = list(step(until(model, int(panel.rebalance[0]) + 1), path, Wanted()))
    steps += list(step(model, path, Wanted()))
    net = query(
        path,
        "SELECT sum(repriced) FROM paper_fills WHERE repriced IS NOT NULL GROUP BY date, symbol",
    )
    assert len(net) > 100
    assert all(abs(shares) <= 1.0 for (shares,) in net)
    places = {symbol: n for n, symbol in enumerate(panel.symbols)}
    shares, cash, exact = np.zeros(len(places)), 100_000.0, 0
    for yesterday, today in pairwise(steps):
        stop = int(np.searchsorted(panel.dates, np.datetime64(today.date)))
        orders = {order.symbol: order.shares for order in yesterday.orders}
        if yesterday is not steps[0]:
            sizing = Sizing(min_trade=0.0, cost=rules.cost)
            evening = next_target(until(model, stop))
            listed = order_list(evening, Current(shares, cash), sizing)
            orders = {line.symbol: line.order for line in listed.orders}
        for symbol, number in orders.items():
            price = model.session.market.close[stop, places[symbol]]
            shares[places[symbol]] += number
            cash -= price * number + rules.cost * abs(price * number)
        for fill in today.fills:
            if fill.reason == "delisting":
                cash += shares[places[fill.symbol]] * fill.price * (1.0 - rules.cost)
                shares[places[fill.symbol]] = 0.0
        held = np.zeros(len(places))
        for symbol, holding in today.account.holdings.items():
            held[places[symbol]] = holding.shares
        assert np.abs(held - shares).max() <= 1.0, today.date
        worth = shares @ np.nan_to_num(last_known(model.session.market.close)[stop])
        assert cash + worth == pytest.approx(today.account.equity, rel=1e-3)
        exact += bool((held == shares).all())
    assert exact > 0.5 * len(steps)


def downgrade(path: Path) -> None:
    """Turn a ledger into what format 1 wrote of it."""
    execute(path, "DELETE FROM paper_orders WHERE listed = 0")
    execute(path, "UPDATE paper_orders SET shares = listed WHERE listed IS NOT NULL")
    execute(path, "ALTER TABLE paper_orders DROP COLUMN listed")
    execute(path, "ALTER TABLE paper_fills DROP COLUMN repriced")
    execute(path, "UPDATE paper_ledger SET format = 1")


@pytest.mark.parametrize("rules", RULES[:2])
def test_a_ledger_of_format_1_goes_on(rules: BacktestSettings, tmp_path: Path) -> None:
    model, wanted = made(rules), Wanted(capital=30_000.0)
    paths = [tmp_path / "old.db", tmp_path / "new.db"]
    for stop in (START, START + 100):
        for path in paths:
            list(step(until(model, stop), path, wanted))
    old, new = paths
    downgrade(old)
    before = old.read_bytes()
    earlier = until(model, START + 100)
    status = paper_status(earlier, old)
    assert status.record.against_list is None
    assert '"against_list": null' in paper_json(status)
    assert old.read_bytes() == before
    assert list(step(earlier, old, wanted)) == []  # nothing to book, but it is brought up
    assert content(old) == content(new)
    downgrade(old)
    for path in paths:
        list(step(model, path, wanted))
    assert content(old) == content(new)


def test_a_format_to_come_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    list(step(until(made(RULES[0]), START), path, Wanted()))
    execute(path, "UPDATE paper_ledger SET format = 4")
    with pytest.raises(Exception, match="is a ledger of format 4, this program writes 3"):
        read_record(path)


def test_the_status_says_how_fills_differ_from_the_lists(tmp_path: Path) -> None:
    model = made(RULES[0])
    path = tmp_path / "ledger.db"
    kept(model, path, fractional=False)
    found = paper_status(model, path).record.against_list
    assert found is not None
    fills = query(path, "SELECT repriced, price FROM paper_fills")
    listed = [(shares, price) for shares, price in fills if shares is not None]
    assert found.listed == len(listed)
    assert found.listed + found.unlisted == len(fills)
    assert 0 < found.repriced == sum(shares != 0 for shares, _ in listed)
    assert found.value == pytest.approx(sum(abs(shares) * price for shares, price in listed))
