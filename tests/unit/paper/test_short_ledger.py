"""The ledger of mandates that are not plain: booked from its own rows, equal to the backtest."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.market import Market
from mech_exo.errors import ExoError
from mech_exo.paper.ledger_status import paper_status, read_record
from mech_exo.paper.next_orders import next_orders
from mech_exo.paper.paper_account import Holding, PaperAccount, PaperDecision
from mech_exo.paper.quotes import Prices
from mech_exo.paper.standing_run import standing_panel, standing_run
from mech_exo.paper.step import Stepped, Wanted, step
from mech_exo.paper.stored_terms import read_terms, written_terms
from mech_exo.portfolio.book import last_book
from mech_exo.portfolio.decision_terms import FREE_TERMS, DecisionTerms
from mech_exo.portfolio.model import Model
from mech_exo.portfolio.order_sizes import Sizing
from mech_exo.portfolio.orders import order_list
from mech_exo.portfolio.positions_file import Current
from mech_exo.portfolio.target import next_target
from mech_exo.report.paper_tables import paper_json
from tests.unit.backtest.markets import panel_of, random_panel
from tests.unit.paper.test_next_orders import query
from tests.unit.paper.test_step import content
from tests.unit.portfolio.books import model_on, until
from tests.unit.portfolio.mandates import MANDATES, RULES, with_trading
from tests.unit.tuning.stored_studies import execute

START, DAYS, CAPITAL = 70, 64, 400_000.0
WANTED = Wanted(capital=CAPITAL, fractional=True)
SHORT = MANDATES["band and buffer"]
NAMES = list(MANDATES)


def made(name: str, rules: BacktestSettings = RULES[0], every: int = 7) -> Model:
    panel = random_panel(4, START + DAYS, 14, every=every, volatility=0.04)
    candidate = Candidate(np.array([1.0, -0.4, 0.2]), 0.1, 0.1, 0.2, mandate=MANDATES[name])
    return model_on(with_trading(panel, 4), rules, candidate)


def booked(model: Model, path: Path, wanted: Wanted = WANTED) -> list[Stepped]:
    """Opened and then stepped a few sessions at a time, so that rows are all it goes by."""
    steps = []
    for stop in (*range(START, START + DAYS, 9), START + DAYS):
        steps += list(step(until(model, stop), path, wanted))
    return steps


@pytest.mark.parametrize("impact", [None, 0.8])
@pytest.mark.parametrize("name", NAMES)
def test_a_ledger_is_the_backtest_of_its_own_money(
    name: str, impact: float | None, tmp_path: Path
) -> None:
    """`backtest.capital` is another one: what trading moves depends on what the ledger has."""
    model, path = made(name, replace(RULES[0], impact=impact)), tmp_path / "ledger.db"
    steps = booked(model, path)
    equity = np.array([s.account.equity for s in steps])
    run = standing_run(model, START - 1, START + DAYS, CAPITAL)
    waiting = len(equity) - len(run.returns)
    assert waiting == RULES[0].execution_lag
    assert np.abs(equity[waiting:] - CAPITAL * np.cumprod(1.0 + run.returns)).max() < 0.005
    status = paper_status(model, path)
    assert status.comparison is not None
    assert status.comparison.backtest is not None
    assert status.comparison.live == pytest.approx(status.comparison.backtest, abs=1e-8)
    fills = [fill for s in steps for fill in s.fills]
    assert {fill.reason for fill in fills} >= {"rebalance", "stop"}
    short = any(h.shares < 0.0 for s in steps for h in s.account.holdings.values())
    assert short == MANDATES[name].shorts
    assert (status.record.borrowing > 0.0) == short
    spent = sum(fill.value + fill.cost for fill in fills) + status.record.borrowing
    assert CAPITAL - spent == pytest.approx(steps[-1].account.cash, abs=1e-4)
    assert ('"borrowing"' in paper_json(status)) == short


def test_decisions_before_the_opening_count() -> None:
    """A construct that looks back would decide otherwise in a run that is begun anew."""
    model = made("construct")
    run = standing_run(model, START - 1, START + DAYS, CAPITAL)
    panel = standing_panel(model.panel, START - 1, START + DAYS)
    anew = Kernel(panel, RULES[0], decisions=True).run(model.candidate)
    assert not np.allclose(run.returns, anew.returns)


@pytest.mark.parametrize("fractional", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_the_orders_are_the_list_of_exo_portfolio(
    name: str, fractional: bool, tmp_path: Path
) -> None:
    """From the account's own positions; a name that changes its side is two orders of the list."""
    model = made(name, replace(RULES[1], impact=0.5))
    places = {symbol: n for n, symbol in enumerate(model.panel.symbols)}
    sizing = Sizing(min_trade=0.0, fractional=fractional, cost=RULES[1].cost)
    evenings = turned = 0
    wanted = Wanted(capital=CAPITAL, fractional=fractional)
    for stepped in booked(model, tmp_path / "ledger.db", wanted):
        stop = int(np.searchsorted(model.panel.dates, np.datetime64(stepped.date))) + 1
        due = stop - RULES[1].execution_lag in model.panel.rebalance
        if stop == len(model.panel.dates) or not due:
            continue
        today = until(model, stop)
        target = next_target(today)
        assert target.rebalance
        shares = np.zeros(len(places))
        for symbol, holding in stepped.account.holdings.items():
            shares[places[symbol]] = holding.shares
        if (np.sign(shares) != np.sign(last_book(today).weights)).any():
            continue  # a stop fell on another day than the model's, who bought earlier
        lines = order_list(target, Current(shares, stepped.account.cash), sizing).orders
        listed = dict[str, float]()
        for line in lines:
            turned += line.symbol in listed
            listed[line.symbol] = listed.get(line.symbol, 0.0) + line.order
        ours = {o.symbol: o.shares for o in stepped.orders if target.priced[places[o.symbol]]}
        assert ours == pytest.approx(listed, abs=1e-6)
        evenings += 1
    assert evenings > 3
    assert name != "construct" or turned > 2


@pytest.mark.parametrize("weight", [-0.5, 0.5])
def test_a_stop_that_waits_is_done_with_where_the_name_changes_its_side(weight: float) -> None:
    panel = panel_of(np.zeros((3, 1)))
    market = Market(dates=panel.dates, symbols=panel.symbols, close=np.full((3, 1), 10.0))
    held = PaperAccount(900.0, {"N0000": Holding(10.0, 10.0, 0.7, True)}, 0.2)
    due = PaperDecision("", "", {"N0000": weight}, 0.2, "")
    orders = next_orders(held, due, Prices(market, panel), 2, cost=0.0, fractional=False)
    found = [(order.reason, order.shares) for order in orders]
    assert found == ([("rebalance", -60.0)] if weight < 0.0 else [("stop", -10.0)])


def test_trading_that_is_not_known_at_the_opening_was_known_before(tmp_path: Path) -> None:
    model, path = made("long_short", replace(RULES[0], impact=0.8)), tmp_path / "ledger.db"
    opened, adv = START + 30, np.array(model.panel.adv)
    adv[int(np.searchsorted(model.panel.rebalance, opened - 1, side="right")) - 1] = np.nan
    model = replace(model, panel=replace(model.panel, adv=adv))
    steps = [*step(until(model, opened), path, WANTED), *step(model, path, WANTED)]
    equity = np.array([s.account.equity for s in steps])
    run = standing_run(model, opened - 1, START + DAYS, CAPITAL)
    assert np.abs(equity[1:] - CAPITAL * np.cumprod(1.0 + run.returns)).max() < 0.005
    assert run.short_exposure[1] > 0.0


def to_format_2(path: Path) -> None:
    """Turn a ledger into what format 2 wrote of it."""
    execute(path, "ALTER TABLE paper_decisions DROP COLUMN terms")
    execute(path, "ALTER TABLE paper_sessions DROP COLUMN borrowing")
    execute(path, "UPDATE paper_ledger SET format = 2")


def test_a_ledger_of_format_2_goes_on(tmp_path: Path) -> None:
    panel = random_panel(4, START + DAYS, 14, every=7)
    model = model_on(panel, RULES[0], Candidate(np.array([1.0, -0.4, 0.2]), 0.1, 0.1, 0.2))
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    for path in (old, new):
        for stop in (START, START + 50):
            list(step(until(model, stop), path, WANTED))
    to_format_2(old)
    before = old.read_bytes()
    record = read_record(old)
    assert record.against_list is not None
    assert record.borrowing == 0.0
    assert old.read_bytes() == before
    for path in (old, new):
        list(step(model, path, WANTED))
    execute(new, "UPDATE paper_sessions SET borrowing = NULL WHERE borrowing = 0")
    execute(old, "UPDATE paper_sessions SET borrowing = NULL WHERE borrowing = 0")
    assert content(old) == content(new)
    assert query(new, "SELECT count(*) FROM paper_decisions WHERE terms IS NOT NULL") == [(0,)]


def test_rules_that_came_after_the_opening_were_not_set(tmp_path: Path) -> None:
    path, model = tmp_path / "ledger.db", made("long_short", BacktestSettings())
    list(step(until(model, START), path, WANTED))
    rules = {k: v for k, v in asdict(BacktestSettings()).items() if v is not None}
    execute(path, f"UPDATE paper_ledger SET rules = '{json.dumps(rules)}'")
    list(step(until(model, START + 5), path, WANTED))
    dear = made("long_short", BacktestSettings(borrow_cost=0.05))
    with pytest.raises(ExoError, match=r"opened with backtest.borrow_cost None, the settings say"):
        list(step(dear, path, WANTED))
    richer = made("long_short", BacktestSettings(capital=5.0))  # it trades its own money
    assert len(list(step(richer, path, WANTED))) == DAYS - 5


def test_damage_is_seen(tmp_path: Path) -> None:
    path, model = tmp_path / "ledger.db", made("shares of the trading")
    list(step(until(model, START + 5), path, WANTED))
    list(step(until(model, START + 15), path, WANTED))
    whole = path.read_bytes()
    for statement, message in (
        ("""UPDATE paper_decisions SET terms = '{"band": 0}'""", "has no terms for"),
        ("""UPDATE paper_decisions SET terms = '5'""", "has no terms for"),
        (
            """UPDATE paper_decisions SET terms = json_set(terms, '$.most.N0001', 'x')""",
            "has no terms for",
        ),
        ("""UPDATE paper_decisions SET weights = '{"A": 0.1}'""", "shares of .* are -"),
    ):
        path.write_bytes(whole)
        execute(path, statement)
        with pytest.raises(ExoError, match=message):
            list(step(model, path, WANTED))


def test_terms_are_kept_to_the_bit() -> None:
    terms = DecisionTerms(0.1, 2.5, {"A": 1.0 / 3.0}, {"B": 1e7 / 3.0})
    assert read_terms(written_terms(terms)) == terms
    assert written_terms(FREE_TERMS) is None
    assert read_terms(None) == FREE_TERMS
    whole = '{"band": 0, "max_gross": 1, "impact": null, "most": null}'
    assert read_terms(whole) == FREE_TERMS
    for found, broken, message in (
        (whole, "[1]", "no terms"),
        (whole, "[" * 100_000, "nested too deeply"),
        ('"band": 0, ', "", "no terms"),
        ("0", "1e999", "inf is no amount"),
        ("1", "true", "True is no amount"),
        ('"impact": null', '"impact": 5', "no figures by name"),
        ('"most": null', '"most": {"A": -1}', "-1 is no amount"),
    ):
        with pytest.raises(ValueError, match=message):
            read_terms(whole.replace(found, broken))
