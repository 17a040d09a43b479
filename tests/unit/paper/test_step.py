"""The ledger: booked once, whatever is killed or repeated."""

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.paper.standing_run import standing_panel
from mech_exo.paper.step import Stepped, Wanted, step
from mech_exo.portfolio.model import Model
from mech_exo.workflow.session import Session
from tests.unit.backtest.markets import random_panel
from tests.unit.portfolio.books import model_on, until
from tests.unit.tuning.stored_studies import execute

START, DAYS = 60, 250
WANTED = Wanted(capital=1_000_000.0, fractional=True)
RULES = BacktestSettings(delist_after=4, delisting_return=0.3)


@pytest.fixture(scope="module")
def model() -> Model:
    panel = random_panel(4, sessions=START + DAYS, names=14, every=7)
    return model_on(panel, RULES, Candidate(np.array([1.0, -0.4, 0.2]), 0.1, 0.1, 0.2))


def book(model: Model, path: Path, stop: int, wanted: Wanted = WANTED) -> list[Stepped]:
    """Step with the data of the first `stop` sessions."""
    return list(step(until(model, stop), path, wanted))


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    connection = sqlite3.connect(path)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    rows = {n: sorted(connection.execute(f"SELECT * FROM {n}"), key=repr) for (n,) in names}
    connection.close()
    return rows


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a forked process; the signal that ended it, 0 if it ended well."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - a child must not return into pytest
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def killed_at(statement: int, work: Callable[[], object]) -> Callable[[], None]:
    """`work`, ended by SIGKILL before its `statement`-th statement, or its commit."""

    def run() -> None:
        done = 0

        def count(*_: object) -> None:
            nonlocal done
            done += 1
            if done == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "before_cursor_execute", count)
        event.listen(Engine, "commit", count)
        work()

    return run


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, if there is one: a kill loses nothing there, and syncing is quick."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path_factory.mktemp("paper")
        return
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def undisturbed(model: Model, memory: Path) -> Path:
    """A ledger that was opened and then stepped once a day."""
    path = memory / "undisturbed.db"
    for stop in range(START, START + DAYS + 1):
        book(model, path, stop)
    return path


@pytest.mark.slow
def test_kills_and_repeats_end_in_the_undisturbed_ledger(
    model: Model, undisturbed: Path, memory: Path
) -> None:
    path = memory / "killed.db"
    rng = np.random.default_rng(11)
    kills = 0
    for stop in range(START, START + DAYS + 1):
        for statement in rng.integers(1, 22, size=rng.integers(0, 3)).tolist():
            kills += bool(in_child(killed_at(statement, lambda: book(model, path, stop))))  # noqa: B023
        book(model, path, stop)
        if rng.random() < 0.2:
            assert book(model, path, stop) == []
    assert kills > 100
    assert content(path) == content(undisturbed)


def test_days_that_were_missed_are_caught_up(
    model: Model, undisturbed: Path, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.db"
    book(model, path, START)
    assert len(book(model, path, START + 100)) == 100
    assert len(book(model, path, START + DAYS)) == DAYS - 100
    assert content(path) == content(undisturbed)


def test_equity_is_the_backtests_on_the_same_dates(model: Model, undisturbed: Path) -> None:
    rows = content(undisturbed)["paper_sessions"]
    equity = np.array([row[1] for row in rows])
    panel = standing_panel(model.panel, START - 1, START + DAYS)
    path = Kernel(panel, RULES).run(model.candidate)
    waiting = len(equity) - len(path.returns)
    assert waiting == RULES.execution_lag
    assert (equity[:waiting] == WANTED.capital).all()
    expected = 1_000_000.0 * np.cumprod(1.0 + path.returns)
    assert np.abs(equity[waiting:] - expected).max() < 0.005
    fills = content(undisturbed)["paper_fills"]
    assert {row[2] for row in fills} == {"rebalance", "stop", "delisting"}


def test_orders_are_filled_at_the_next_close(model: Model, undisturbed: Path) -> None:
    dates = [str(d) for d in model.panel.dates]
    orders = content(undisturbed)["paper_orders"]
    for decided, _, reason, _, _, status, done, _ in orders:
        if status == "filled":
            assert dates.index(done) - dates.index(decided) == (reason == "rebalance")
    assert {row[5] for row in orders} == {"filled", "not filled"}
    assert content(undisturbed)["paper_ledger"][0][2] == dates[START - 1]


def test_two_at_once_book_each_session_once(
    model: Model, undisturbed: Path, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.db"
    book(model, path, START)
    children = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            try:
                book(model, path, START + DAYS)
                os._exit(0)
            except BaseException:  # noqa: BLE001
                os._exit(1)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
    assert content(path) == content(undisturbed)


def test_a_late_stop_is_an_order_first(tmp_path: Path) -> None:
    panel = random_panel(4, sessions=160, every=21, delistings=0, holes=0.0)
    rules = BacktestSettings(stop_lag=1)
    late = model_on(panel, rules, Candidate(np.array([1.0, 0.0, 0.0]), 0.0, 0.08, 0.2))
    path = tmp_path / "ledger.db"
    book(late, path, 30)
    book(late, path, 160)
    dates = [str(d) for d in panel.dates]
    stops = [row for row in content(path)["paper_orders"] if row[2] == "stop"]
    filled = [row for row in stops if row[5] == "filled"]
    assert filled
    assert all(dates.index(row[6]) == dates.index(row[0]) + 1 for row in filled)


def refused(model: Model, path: Path, stop: int, wanted: Wanted = WANTED) -> ExoError:
    with pytest.raises(ExoError) as caught:
        book(model, path, stop, wanted)
    return caught.value


def test_refuses_what_the_ledger_was_not_opened_with(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    book(model, path, START)
    assert "opened with a capital of 1,000,000.00, not 5.00" in str(
        refused(model, path, START + 1, Wanted(capital=5.0))
    )
    assert "for fractional shares" in str(refused(model, path, START + 1, Wanted(fractional=False)))
    settings = replace(model.session.settings, backtest=replace(RULES, commission_bps=1.0))
    session = SimpleNamespace(market=model.session.market, panel=model.panel, settings=settings)
    other = replace(model, session=cast(Session, cast(Any, session)))
    message = str(refused(other, path, START + 1))
    assert "opened with backtest.commission_bps 5.0, the settings say 1.0" in message
    assert len(content(path)["paper_sessions"]) == 1


def test_data_that_lack_a_held_name(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    book(model, path, START)
    book(model, path, START + 2)
    renamed = tuple(f"X{symbol}" for symbol in model.panel.symbols)
    panel = replace(model.panel, symbols=renamed)
    other = model_on(panel, RULES, model.candidate)
    assert "has no price in the data" in str(refused(other, path, START + 3))


def test_data_without_the_last_session(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    book(model, path, START)
    lost = refused(model, path, START - 5)
    assert f"is booked up to {model.panel.dates[START - 1]}, but the data end on" in str(lost)
    settings = model.session.settings
    until_then = replace(settings, data=replace(settings.data, end="2018-03-16"))
    model.session.settings = until_then  # type: ignore[misc]
    assert book(model, path, START - 5) == []  # as wanted: nothing to do
    shifted = replace(model.panel, dates=model.panel.dates + np.arange(1, START + DAYS + 1) * 2)
    other = model_on(shifted, RULES, model.candidate)
    assert "is none of the data" in str(refused(other, path, START + 3))


def test_files_that_are_no_ledger(model: Model, tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("no database at all, but a text that is long enough to be read as one" * 20)
    assert "is not an SQLite database" in str(refused(model, text, START))
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE studies (x)")
    connection.commit()
    connection.close()
    assert "is a database, but no paper ledger" in str(refused(model, other, START))
    assert "is a folder" in str(refused(model, tmp_path, START))
    assert "cannot be made" in str(refused(model, text / "ledger.db", START))
    empty = tmp_path / "empty.db"
    empty.touch()
    assert len(book(model, empty, START)) == 1
    with pytest.raises(ExoError, match="must be above 0"):
        Wanted(capital=0.0)


def test_a_locked_ledger(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    book(model, path, START)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    storage = replace(model.session.settings.storage, busy_timeout_s=0.05)
    settings = replace(model.session.settings, storage=storage)
    impatient = until(model, START + 1)
    session = SimpleNamespace(
        market=impatient.session.market, panel=impatient.panel, settings=settings
    )
    impatient = replace(impatient, session=cast(Session, cast(Any, session)))
    with pytest.raises(ExoError, match="another process") as caught:
        list(step(impatient, path, WANTED))
    assert caught.value.exit_code == ExitCode.LOCKED
    holder.close()
    assert len(content(path)["paper_sessions"]) == 1


def test_another_factor_file_counts_from_its_first_decision(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    book(model, path, START)
    file = FactorFile(metadata={}, factors={}, hyperparameters={"cash_pct": 0.5})
    candidate = Candidate(np.array([0.0, 1.0, 0.0]), 0.5, 0.2, 0.1)
    other = replace(model, file=file, candidate=candidate)
    book(other, path, START + 30)
    hashes = [row[4] for row in content(path)["paper_decisions"]]
    assert hashes == [model.file.content_hash] + [file.content_hash] * (len(hashes) - 1)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ("DROP TABLE paper_fills", "there is no table paper_fills"),
        ("ALTER TABLE paper_fills DROP COLUMN repriced", "paper_fills has no column repriced"),
        ("UPDATE paper_orders SET shares = 'x', status = 'open'", "the open order of .* is 'x'"),
        ("DELETE FROM paper_ledger", "paper_ledger has 0 rows"),
        ("UPDATE paper_ledger SET rules = '{'", "rules is no JSON object"),
        ("UPDATE paper_ledger SET rules = '[]'", "rules is no JSON object"),
        ("DELETE FROM paper_sessions", "paper_sessions is empty"),
        ("UPDATE paper_sessions SET date = 'junk' WHERE date = {last}", "has the date 'junk'"),
        ("DELETE FROM paper_sessions WHERE date = {last}", "goes on to"),
        ("UPDATE paper_sessions SET cash = 'abc' WHERE date = {last}", "cash on .* is 'abc'"),
        (
            "UPDATE paper_sessions SET equity = 1e9 WHERE date = {last}",
            "the equity on .* is 1000000",
        ),
        ("DELETE FROM paper_positions WHERE date = {last}", "cash and positions are"),
        ("UPDATE paper_positions SET shares = -5 WHERE date = {last}", "shares of .* are -5"),
    ],
)
def test_an_edited_ledger_is_refused_and_left_alone(
    model: Model, tmp_path: Path, edit: str, told: str
) -> None:
    path = tmp_path / "ledger.db"
    book(model, path, START)
    book(model, path, START + 12)
    execute(path, edit.replace("{last}", "(SELECT MAX(date) FROM paper_sessions)"))
    before = content(path)
    with pytest.raises(ExoError, match=f"damaged or edited: .*{told}"):
        book(model, path, START + 20)
    assert content(path) == before


@pytest.mark.parametrize("deed", ["removed", "moved", "replaced"])
def test_a_ledger_that_goes_away_is_noticed_and_copied(
    model: Model, tmp_path: Path, deed: str
) -> None:
    path = tmp_path / "a" / "ledger.db"
    book(model, path, START)
    sessions = step(until(model, START + 20), path, WANTED)
    for _ in range(5):
        next(sessions)
    if deed == "removed":
        path.unlink()
    else:
        path.rename(tmp_path / "moved.db")
    if deed == "replaced":
        path.write_bytes(b"")
    with pytest.raises(ExoError, match="while it was being written") as caught:
        next(sessions)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    [saved] = path.parent.glob("*.recovered.db")
    assert str(saved) in caught.value.hint
    book(model, saved, START + 20)
    whole = tmp_path / "whole.db"
    book(model, whole, START)
    book(model, whole, START + 20)
    assert content(saved) == content(whole)
