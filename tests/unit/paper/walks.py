"""The paper account walked over a panel, in memory and in full precision."""

from collections.abc import Iterator

from mech_exo.paper.paper_account import Fill, PaperAccount, PaperDecision, PaperSession
from mech_exo.paper.quotes import Prices
from mech_exo.portfolio.decision_terms import FREE_TERMS
from mech_exo.portfolio.model import Model
from mech_exo.portfolio.target import decide


def walk(
    model: Model, *, fractional: bool = True
) -> Iterator[tuple[int, PaperAccount, list[Fill]]]:
    """Position, account and fills of every session from the first execution on."""
    panel, rules = model.panel, model.session.settings.backtest
    prices = Prices(model.session.market, panel)
    rows = {int(d) + rules.execution_lag: row for row, d in enumerate(panel.rebalance)}
    account, terms = PaperAccount(1_000_000.0), FREE_TERMS
    for t in range(min(rows), len(panel.dates)):
        due = None
        if t in rows:
            decided = decide(panel, model.candidate, rows[t], rules)
            named = {panel.symbols[n]: float(w) for n, w in enumerate(decided.weights) if w}
            stop = model.candidate.stop_loss_pct
            due = PaperDecision("", "", named, stop, "", decided.terms)
        session = PaperSession(account, prices.at(t), rules, fractional=fractional, terms=terms)
        account = session.run(due)
        terms = due.terms if due else terms
        yield t, account, session.fills
