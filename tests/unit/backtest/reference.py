"""docs/conventions.md as a plain daily loop: the oracle of the kernel.

Written from that page, for reading, and independent of the kernel's code: dictionaries, one name
and one day at a time.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import BoolArray, FloatArray, Panel

Choice = tuple[list[int], float]  # names, weight of each


@dataclass
class Position:
    value: float
    growth: float = 1.0  # price since the stop's reference, 1 at the reference
    hit: bool = False  # a stop waits for the next close


@dataclass
class Path:
    first: int
    returns: list[float] = field(default_factory=list)
    exposure: list[float] = field(default_factory=list)
    traded: list[float] = field(default_factory=list)
    holdings: list[FloatArray] = field(default_factory=list)
    exits: list[tuple[int, int, str]] = field(default_factory=list)


def run(panel: Panel, rules: BacktestSettings, candidate: Candidate) -> Path:
    def choose(row: int) -> Choice:
        return choose_best(panel, candidate, row)

    return simulate(panel, rules, choose, candidate.stop_loss_pct)


def run_benchmark(panel: Panel, rules: BacktestSettings, cash_pct: float) -> Path:
    def choose(row: int) -> Choice:
        names = [i for i in range(len(panel.symbols)) if panel.tradable[row, i]]
        return names, (1.0 - cash_pct) / len(names) if names else 0.0

    return simulate(panel, rules, choose, math.inf)


def score(weights: FloatArray, known_scores: FloatArray) -> float | None:
    """Composite score of a name, on the grid; None if too little of it is known.

    In fractions, so exact for weights of any size.
    """
    exact = [Fraction(float(w)) for w in weights]
    known = Fraction(0)
    composite = Fraction(0)
    for w, z in zip(exact, known_scores, strict=True):
        if not math.isnan(z):
            known += abs(w)
            composite += w * Fraction(float(z))
    if known == 0 or known < Fraction(0.5 * (1.0 - 1e-12)) * sum(map(abs, exact)):
        return None
    return round(composite / known * 2**30) / 2.0**30


def rank(panel: Panel, candidate: Candidate, row: int) -> list[tuple[float, str, int]]:
    """Names from the best on: score (negative), symbol, position."""
    ranked = []
    for i, symbol in enumerate(panel.symbols):
        if panel.tradable[row, i]:
            s = score(candidate.weights, panel.exposures[row, i])
            if s is not None:
                ranked.append((-s, symbol, i))
    return sorted(ranked)


def number_of_positions(candidate: Candidate) -> int:
    return math.ceil((1.0 - candidate.cash_pct) / candidate.position_size_pct - 1e-9)


def choose_best(panel: Panel, candidate: Candidate, row: int) -> Choice:
    n = number_of_positions(candidate)
    names = [i for _, _, i in rank(panel, candidate, row)[:n]]
    if not names:
        return [], 0.0
    return names, min(candidate.position_size_pct, (1.0 - candidate.cash_pct) / len(names))


def tie_decides(panel: Panel, candidate: Candidate, row: int) -> bool:
    """Whether the last name chosen and the first left out have the same score."""
    n, ranked = number_of_positions(candidate), rank(panel, candidate, row)
    return 0 < n < len(ranked) and ranked[n - 1][0] == ranked[n][0]


def self_financing(cost: float, weight: float, chosen: list[int], held: dict[int, float]) -> float:
    """x of x = 1 − c·Σ|w·x − h|, by bisection."""

    def excess(x: float) -> float:
        names = set(chosen) | set(held)
        trades = sum(
            abs((weight * x if i in chosen else 0.0) - held.get(i, 0.0)) for i in sorted(names)
        )
        return x - 1.0 + cost * trades

    low, high = 0.0, 1.0
    for _ in range(70):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) < 0.0 else (low, middle)
    return high


def simulate(
    panel: Panel, rules: BacktestSettings, choose: Callable[[int], Choice], stop: float
) -> Path:
    cost = rules.cost
    priced: BoolArray = np.isfinite(panel.returns)
    sessions = len(panel.dates)
    executions = {
        int(d) + rules.execution_lag: row
        for row, d in enumerate(panel.rebalance)
        if d + rules.execution_lag < sessions
    }
    first = min(executions)
    path = Path(first)
    cash, positions = 1.0, dict[int, Position]()
    missing = dict[int, int]()  # sessions in a row without a price
    patience = max(1, round(rules.delist_after * panel.periods_per_year / 252))
    value = 1.0
    value_at_rebalance = 1.0
    for t in range(first, sessions):
        if value == 0.0:
            path.returns.append(0.0)
            path.exposure.append(0.0)
            if t in executions:
                path.traded.append(0.0)
                path.holdings.append(np.zeros(len(panel.symbols)))
            continue

        # 1. mark
        for i, p in positions.items():
            if priced[t, i]:
                p.value *= 1.0 + float(panel.returns[t, i])
                p.growth *= 1.0 + float(panel.returns[t, i])
                missing[i] = 0
            else:
                missing[i] += 1

        # 2. delist
        for i in sorted(positions):
            if missing[i] == patience:
                proceeds = positions.pop(i).value * (1.0 - rules.delisting_return)
                cash += proceeds * (1.0 - cost)
                path.traded[-1] += proceeds / value_at_rebalance
                path.exits.append((t, i, "delisting"))

        worth = cash + sum(p.value for p in positions.values())
        if worth <= 1e-12 * value:
            value, positions = 0.0, {}
            path.returns.append(-1.0)
            path.exposure.append(0.0)
            if t in executions:
                path.traded.append(0.0)
                path.holdings.append(np.zeros(len(panel.symbols)))
            continue

        before = set(positions)

        # 3. rebalance
        if t in executions:
            chosen, weight = choose(executions[t])
            chosen = [i for i in chosen if priced[t, i]]
            aside = {i: p for i, p in positions.items() if not priced[t, i]}
            rest = {i: p for i, p in positions.items() if priced[t, i]}
            liquid = cash + sum(p.value for p in rest.values())
            total = liquid + sum(p.value for p in aside.values())
            if liquid <= 1e-12 * total:
                chosen = []
            held = {i: p.value / liquid if liquid > 0.0 else 0.0 for i, p in rest.items()}
            x = self_financing(cost, weight, chosen, held)
            trades = sum(abs(weight * x - held.get(i, 0.0)) for i in chosen)
            trades += sum(h for i, h in held.items() if i not in chosen)
            value_at_rebalance = total
            path.traded.append(trades * liquid / total)
            positions = dict(aside)
            for i in chosen:
                positions[i] = rest.get(i, Position(0.0))
                positions[i].value = weight * x * liquid
                missing[i] = 0
            cash = x * liquid - sum(positions[i].value for i in chosen)
            after = x * liquid + sum(p.value for p in aside.values())
            row = np.zeros(len(panel.symbols))
            for i, p in positions.items():
                row[i] = p.value / after
            path.holdings.append(row)

        # 4. stop
        for i in sorted(before & set(positions)):
            p = positions[i]
            due = p.hit
            if p.growth <= 1.0 - stop + 1e-12:
                p.hit = True
            if (due if rules.stop_lag else p.hit) and priced[t, i]:
                cash += p.value * (1.0 - cost)
                path.traded[-1] += p.value / value_at_rebalance
                path.exits.append((t, i, "stop"))
                del positions[i]
        if t in executions and rules.stop_reference == "rebalance":
            for i, p in positions.items():
                if priced[t, i]:
                    p.growth = 1.0

        invested = sum(p.value for _, p in sorted(positions.items()))
        now = cash + invested
        path.returns.append(now / value - 1.0)
        path.exposure.append(invested / now)
        value = now
    return path
