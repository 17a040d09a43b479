"""The paper account walked over a panel, in memory and in full precision."""

from collections.abc import Iterator

from mech_exo.paper.paper_account import Fill, PaperAccount, PaperDecision, PaperSession
from mech_exo.paper.quotes import Prices
from mech_exo.portfolio.model import Model
from mech_exo.portfolio.target import decide


def walk(
    model: Model, *, fractional: bool = True
) -> Iterator[tuple[int, PaperAccount, list[Fill]]]:
    """Position, account and fills of every session from the first execution on."""
    panel, rules = model.panel, model.session.settings.backtest
    prices = Prices(model.session.market, panel)
    rows = {int(d) + rules.execution_lag: row for row, d in enumerate(panel.rebalance)}
    account = PaperAccount(1_000_000.0)
    for t in range(min(rows), len(panel.dates)):
        due = None
        if t in rows:
            weights = decide(panel, model.candidate, rows[t])
            named = {panel.symbols[n]: float(w) for n, w in enumerate(weights) if w > 0.0}
            due = PaperDecision("", "", named, model.candidate.stop_loss_pct, "")
        session = PaperSession(account, prices.at(t), rules, fractional=fractional)
        account = session.run(due)
        yield t, account, session.fills
