"""The backtest as a plain loop over days, vectorised over names: what the kernel is measured by.

It follows docs/conventions.md to the letter and is written as one would without a prepared kernel:
what depends on the panel alone is computed once and not measured.
"""

import numpy as np

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import FloatArray, IntArray, Panel


class DayLoop:
    """Backtests one candidate after the other, day by day."""

    def __init__(self, panel: Panel, rules: BacktestSettings) -> None:
        self.panel = panel
        self.rules = rules
        self.priced = np.isfinite(panel.returns)
        self.factor = np.where(self.priced, 1.0 + panel.returns, 1.0)
        sessions = np.arange(len(panel.dates))[:, None]
        last = np.maximum.accumulate(np.where(self.priced, sessions, -1), axis=0)
        self.delisted = (last >= 0) & (sessions - last == rules.delist_after)
        self.any_delisted = self.delisted.any(axis=1).tolist()
        executed = panel.rebalance + rules.execution_lag
        self.row = dict(zip(executed.tolist(), range(len(executed)), strict=True))
        self.first = int(executed[0])

    def choose(self, candidate: Candidate, row: int) -> tuple[IntArray, float]:
        """Positions of the names chosen at a decision, and the weight of each."""
        z = self.panel.exposures[row]
        known = np.isfinite(z)
        size = np.abs(candidate.weights)
        total = size.sum()
        share = known @ size
        ranked = self.panel.tradable[row] & (share >= 0.5 * total * (1.0 - 1e-12)) & (share > 0.0)
        names = np.flatnonzero(ranked)
        score = (np.where(known, z, 0.0) @ candidate.weights)[names] / share[names]
        order = np.argsort(-np.rint(score * 2.0**30), kind="stable")
        chosen = names[order[: candidate.positions]]
        weight = min(candidate.position_size_pct, candidate.invested / max(1, len(chosen)))
        return chosen, weight

    def run(self, candidate: Candidate) -> FloatArray:
        """Daily returns from the first execution date on."""
        rules, cost = self.rules, self.rules.cost
        factor, priced, row = self.factor, self.priced, self.row
        sessions, names = factor.shape
        entry = rules.stop_reference == "entry"
        limit = 1.0 - candidate.stop_loss_pct + 1e-12
        value = np.zeros(names)
        growth = np.full(names, np.inf)  # since the stop's reference; inf: not held
        pending = np.zeros(names, dtype=bool)
        cash, worth = 1.0, 1.0
        returns = np.zeros(sessions - self.first)
        for t in range(self.first, sessions):
            value *= factor[t]
            growth *= factor[t]
            if self.any_delisted[t]:
                gone = self.delisted[t]
                cash += value[gone].sum() * (1.0 - rules.delisting_return) * (1.0 - cost)
                value[gone], growth[gone], pending[gone] = 0.0, np.inf, False
            checked = growth
            if t in row:
                if cash + value.sum() <= 1e-12 * worth:
                    returns[t - self.first] = -1.0
                    return returns
                checked = growth.copy()
                cash = self._rebalance(candidate, t, value, growth, checked, cash, entry)
            hit = checked <= limit
            if rules.stop_lag:
                due = pending & priced[t] & np.isfinite(checked)
                pending = (pending | hit) & np.isfinite(checked)
                hit = due
            if hit.any():
                cash += value[hit].sum() * (1.0 - cost)
                value[hit], growth[hit], pending[hit] = 0.0, np.inf, False
            now = cash + value.sum()
            returns[t - self.first] = now / worth - 1.0
            if now <= 1e-12 * worth:
                returns[t - self.first] = -1.0
                return returns
            worth = now
        return returns

    def _rebalance(
        self,
        candidate: Candidate,
        t: int,
        value: FloatArray,
        growth: FloatArray,
        checked: FloatArray,
        cash: float,
        entry: bool,
    ) -> float:
        """Trade in place; leaves in `checked` the growth of names held before and after."""
        chosen, weight = self.choose(candidate, self.row[t])
        priced = self.priced[t]
        chosen = chosen[priced[chosen]]
        aside = ~priced & np.isfinite(growth)
        held = np.where(aside, 0.0, value)
        liquid = cash + held.sum()
        if liquid <= 1e-12 * (cash + value.sum()):
            chosen = chosen[:0]
        share = held / liquid if liquid > 0.0 else np.zeros_like(held)
        before = share[chosen]
        out = share.sum() - before.sum()
        x, last = 1.0, 0.0
        while abs(x - last) > 4e-16:
            last, x = x, 1.0 - self.rules.cost * (np.abs(weight * x - before).sum() + out)
        stay = aside.copy()
        stay[chosen] = True
        old = np.isfinite(growth)
        checked[~stay] = np.inf
        growth[~stay] = np.inf
        growth[chosen] = np.where(old[chosen] & entry, growth[chosen], 1.0)
        value[~aside] = 0.0
        value[chosen] = weight * x * liquid
        return float(liquid * x * (1.0 - weight * len(chosen)))
