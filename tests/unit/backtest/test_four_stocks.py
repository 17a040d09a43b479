"""The market of four stocks in docs/conventions.md, by hand."""

import re
from pathlib import Path

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.trades import trades_of
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import Mandate
from mech_exo.data.panel import Panel
from tests.unit.backtest import reference
from tests.unit.backtest.markets import panel_of

PAGE = Path(__file__).parents[3] / "docs/conventions.md"
RULES = BacktestSettings(commission_bps=100.0, slippage_bps=0.0, borrow_cost=0.0252)
CANDIDATE = Candidate(np.ones(1), 0.0, 0.3, 0.5, mandate=Mandate(side="long_short"))
AFTER = [1.0 / 1.01, 0.99995 / 1.01, 0.9665975 / 1.01, 0.959075 / 1.005 / 1.01]


def market() -> Panel:
    returns = np.zeros((5, 4))
    returns[2] = 0.1, 0.0, 0.2, -0.1
    returns[3, 2] = 0.1
    scores = np.array([[4.0, 3.0, 2.0, 1.0], [4.0, 1.0, 2.0, 3.0]])[:, :, None]
    return panel_of(returns, scores, [0, 3])


def test_the_kernel_and_the_loop_do_what_the_hand_does() -> None:
    panel = market()
    result = Kernel(panel, RULES, decisions=True).run(CANDIDATE)
    loop = reference.run_long_short(panel, RULES, CANDIDATE)
    assert (1.0 + result.returns).cumprod() == pytest.approx(AFTER, abs=1e-14)
    assert (1.0 + np.array(loop.returns)).cumprod() == pytest.approx(AFTER, abs=1e-14)
    assert result.holdings == pytest.approx(0.25 * np.array([[1, 1, -1, -1], [1, -1, -1, 1]]))
    p = result.positions
    assert [*zip(p.exit_date, p.exit_name, p.exit_reason, strict=True)] == [(2, 2, "stop")]
    y = 0.959075 / 1.005
    assert result.traded == pytest.approx([(1 + 0.33 * 1) / 1.01, (0.75 + 0.5 * y) / 0.966575])
    assert result.exposure == pytest.approx([0.0, 0.0, 0.3 / 0.9665975, 0.0], abs=1e-15)
    assert result.short_exposure[2] == pytest.approx(0.225 / 0.9665975)
    assert result.gross_exposure[2] == pytest.approx(0.75 / 0.9665975)


def test_its_trades() -> None:
    panel = market()
    kernel = Kernel(panel, RULES, decisions=True)
    trades = trades_of(kernel.run(CANDIDATE), panel.returns, kernel.schedule.executed)
    rows = [*zip(trades.date.tolist(), trades.name.tolist(), trades.reason, strict=True)]
    first = [(1, n, "rebalance") for n in range(4)]
    assert rows == [*first, (3, 2, "stop"), *((4, n, "rebalance") for n in range(4))]
    before = np.array(
        [0, 0, 0, 0, -0.33 / 0.9698975, *np.array([0.275, 0.25, 0, -0.225]) / 0.966575]
    )
    # less what is paid for borrowing on that day
    assert trades.before == pytest.approx(before, rel=1e-4)
    assert trades.after[-4:] == pytest.approx([0.25, -0.25, -0.25, 0.25])


def test_the_page_shows_these_figures() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| \d \|", line)]
    shown = [[cell.strip() for cell in row.split("|")][-3:-1] for row in rows]
    returns = np.diff(np.append(1.0, AFTER)) / np.append(1.0, AFTER[:-1])
    expected = [
        [f"{v:.6f}", f"{r:.4%}".replace("-", "−").replace("%", " %")]
        for v, r in zip(AFTER, returns, strict=True)
    ]
    assert shown == expected
