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
from mech_exo.construction.mandate import PLAIN, Mandate
from mech_exo.data.panel import BoolArray, FloatArray, Panel

Choice = tuple[list[int], float]  # names, weight of each
Targets = dict[int, float]  # name, signed share of what can be traded


@dataclass
class Depth:
    """Daily volatility and average daily traded value [M, N] at the decisions; NaN: unknown."""

    volatility: FloatArray
    adv: FloatArray

    def known(self, row: int, i: int) -> tuple[float, float] | None:
        """Both as they were last known of a name."""
        for r in range(row, -1, -1):
            volatility, adv = float(self.volatility[r, i]), float(self.adv[r, i])
            if math.isfinite(volatility) and math.isfinite(adv) and adv > 0.0:
                return volatility, adv
        return None


@dataclass
class Position:
    value: float  # below 0: sold short
    side: float = 1.0
    growth: float = 1.0  # price since the stop's reference, 1 at the reference
    hit: bool = False  # a stop waits for the next close


@dataclass
class Path:
    first: int
    returns: list[float] = field(default_factory=list)
    exposure: list[float] = field(default_factory=list)
    short: list[float] = field(default_factory=list)
    traded: list[float] = field(default_factory=list)
    holdings: list[FloatArray] = field(default_factory=list)
    exits: list[tuple[int, int, str]] = field(default_factory=list)


def run(panel: Panel, rules: BacktestSettings, candidate: Candidate) -> Path:
    def choose(row: int) -> Targets:
        names, weight = choose_best(panel, candidate, row)
        return dict.fromkeys(names, weight)

    return simulate(panel, rules, choose, candidate.stop_loss_pct)


def run_long_short(panel: Panel, rules: BacktestSettings, candidate: Candidate) -> Path:
    def choose(row: int) -> Targets:
        ranked = [i for _, _, i in rank(panel, candidate, row)]
        n = min(number_of_positions(candidate), len(ranked) // 2)
        gross = candidate.mandate.gross or 1.0
        weight = min(
            candidate.position_size_pct, gross / 2 * (1.0 - candidate.cash_pct) / max(n, 1)
        )
        return dict.fromkeys(ranked[:n], weight) | dict.fromkeys(ranked[len(ranked) - n :], -weight)

    return simulate(panel, rules, choose, candidate.stop_loss_pct, candidate.mandate)


def run_targets(
    panel: Panel,
    rules: BacktestSettings,
    target: FloatArray,
    candidate: Candidate,
    depth: Depth | None = None,
) -> Path:
    def choose(row: int) -> Targets:
        return {i: float(w) for i, w in enumerate(target[row]) if w}

    return simulate(panel, rules, choose, candidate.stop_loss_pct, candidate.mandate, depth)


def run_benchmark(panel: Panel, rules: BacktestSettings, cash_pct: float) -> Path:
    def choose(row: int) -> Targets:
        names = [i for i in range(len(panel.symbols)) if panel.tradable[row, i]]
        return {i: (1.0 - cash_pct) / len(names) for i in names}

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


def self_financing(
    liquid: float, targets: Targets, held: Targets, paid: Callable[[int, float], float]
) -> float | None:
    """The largest y of y = L − Σ cost of |w·y − h| from 0 to L; None if there is none above 0.

    L less the costs is concave in y: it is not above y at L, and rises over it once at most. By
    thirds to where it is furthest above y, and from there by halves.
    """
    names = sorted(set(targets) | set(held))

    def excess(y: float) -> float:
        return y - liquid + sum(paid(i, targets.get(i, 0.0) * y - held.get(i, 0.0)) for i in names)

    low, high = 0.0, liquid
    while excess(low) > 0.0 and high > 1e-15 * liquid + low:
        third = (high - low) / 3.0
        if excess(low + third) <= excess(high - third):
            high -= third
        else:
            low += third
    if excess(low) > 0.0:
        return None
    high = liquid
    for _ in range(70):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) < 0.0 else (low, middle)
    return high


@dataclass
class Simulation:
    """One portfolio, session by session."""

    panel: Panel
    rules: BacktestSettings
    choose: Callable[[int], Targets]
    stop: float
    mandate: Mandate
    depth: Depth | None
    cash: float = 1.0
    value: float = 1.0  # at the close before
    base: float = 1.0  # before the last rebalance
    decision: int = 0  # whose trades were the last
    positions: dict[int, Position] = field(default_factory=dict)
    missing: dict[int, int] = field(default_factory=dict)  # sessions in a row without a price

    def __post_init__(self) -> None:
        panel, rules = self.panel, self.rules
        self.priced: BoolArray = np.isfinite(panel.returns)
        self.patience = max(1, round(rules.delist_after * panel.periods_per_year / 252))
        fee = (rules.borrow_cost or 0.0) - (rules.short_rebate or 0.0)
        self.fee = fee / panel.periods_per_year
        self.executions = {
            int(d) + rules.execution_lag: row
            for row, d in enumerate(panel.rebalance)
            if d + rules.execution_lag < len(panel.dates)
        }
        self.path = Path(min(self.executions))

    def paid(self, name: int, value: float) -> float:
        """Cost of trading a value, in the last decision's market."""
        cost = self.rules.cost * abs(value)
        if self.rules.impact and self.depth and value:
            volatility, adv = self.depth.known(self.decision, name) or (0.0, 1.0)
            money = abs(value) * (self.rules.capital or 0.0)
            cost += self.rules.impact * volatility * math.sqrt(money / adv) * abs(value)
        return cost

    @property
    def worth(self) -> float:
        return self.cash + sum(p.value for _, p in sorted(self.positions.items()))

    def run(self) -> Path:
        for t in range(self.path.first, len(self.panel.dates)):
            if self.value == 0.0:
                self.close(t, 0.0)
                continue
            self.mark(t)
            self.delist(t)
            if self.worth <= 1e-12 * self.value:
                self.close(t, -1.0)
                continue
            before = {i: p.side for i, p in self.positions.items()}
            trades, holdings = self.rebalance(t) if t in self.executions else (0.0, None)
            stopped = self.stop_out(t, before)
            now = self.worth
            if now <= 1e-12 * self.value:  # what was traded at this close has ruined it
                self.close(t, -1.0)
                continue
            if holdings is not None:
                self.path.holdings.append(holdings)
                self.path.traded.append(trades)
            for i, sold in stopped:
                self.path.traded[-1] += sold / self.base
                self.path.exits.append((t, i, "stop"))
            invested = [p.value for _, p in sorted(self.positions.items())]
            self.path.returns.append(now / self.value - 1.0)
            self.path.exposure.append(sum(invested) / now)
            self.path.short.append(-sum(min(v, 0.0) for v in invested) / now)
            self.value = now
        return self.path

    def close(self, t: int, last: float) -> None:
        """A close at which nothing is left."""
        self.value, self.positions = 0.0, {}
        self.path.returns.append(last)
        self.path.exposure.append(0.0)
        self.path.short.append(0.0)
        if t in self.executions:
            self.path.traded.append(0.0)
            self.path.holdings.append(np.zeros(len(self.panel.symbols)))

    def mark(self, t: int) -> None:
        for i, p in self.positions.items():
            self.cash -= self.fee * max(-p.value, 0.0)
            if self.priced[t, i]:
                p.value *= 1.0 + float(self.panel.returns[t, i])
                p.growth *= 1.0 + float(self.panel.returns[t, i])
                self.missing[i] = 0
            else:
                self.missing[i] += 1

    def delist(self, t: int) -> None:
        for i in sorted(self.positions):
            if self.missing[i] == self.patience:
                proceeds = self.positions.pop(i).value * (1.0 - self.rules.delisting_return)
                self.cash += proceeds - self.paid(i, proceeds)
                self.path.traded[-1] += abs(proceeds) / self.base
                self.path.exits.append((t, i, "delisting"))

    def rebalance(self, t: int) -> tuple[float, FloatArray]:
        """Value traded over the value before, and the shares after it."""
        self.decision = self.executions[t]
        wanted = {i: w for i, w in self.choose(self.decision).items() if self.priced[t, i]}
        limited = self.rules.impact or self.mandate.max_adv_share is not None
        if limited and self.depth:
            wanted = {i: w for i, w in wanted.items() if self.depth.known(self.decision, i)}
        aside = {i: p for i, p in self.positions.items() if not self.priced[t, i]}
        rest = {i: p for i, p in self.positions.items() if self.priced[t, i]}
        total = self.worth
        liquid = total - sum(p.value for _, p in sorted(aside.items()))
        if self.mandate.max_adv_share is not None and self.depth and liquid > 0.0:
            for i, w in wanted.items():
                _, adv = self.depth.known(self.decision, i) or (0.0, 0.0)
                most = self.mandate.max_adv_share * adv / (liquid * (self.rules.capital or 0.0))
                wanted[i] = math.copysign(min(abs(w), most), w)
        after = self.traded_to(wanted, rest, liquid) if liquid > 1e-12 * total else None
        if after is None:  # nothing to buy with: what has a price is closed
            after = dict[int, float]()
        held = {i: p.value for i, p in rest.items()}
        changes = {i: after.get(i, 0.0) - held.get(i, 0.0) for i in set(after) | set(held)}
        self.cash -= sum(changes[i] + self.paid(i, changes[i]) for i in sorted(changes))
        self.positions = dict(aside)
        for i, value in after.items():
            old = rest.get(i)
            side = math.copysign(1.0, value)
            self.positions[i] = old if old and old.side == side else Position(0.0, side)
            self.positions[i].value = value
            self.missing[i] = 0
        row = np.zeros(len(self.panel.symbols))
        for i, p in self.positions.items():
            row[i] = p.value / self.worth if self.worth else 0.0
        self.base = total
        return sum(abs(changes[i]) for i in sorted(changes)) / total, row

    def traded_to(
        self, wanted: Targets, rest: dict[int, Position], liquid: float
    ) -> dict[int, float] | None:
        """Values of the positions after trading; None if nothing is left to trade with."""
        held = {i: p.value for i, p in rest.items()}
        still, band = {}, self.mandate.no_trade_band
        for i, w in wanted.items():
            h = held.get(i, 0.0) / liquid
            if band and h * w > 0.0 and abs(h - w) <= band:
                still[i] = held[i]
        moving = {i: w for i, w in wanted.items() if i not in still}
        others = {i: v for i, v in held.items() if i not in still}
        y = self_financing(liquid, moving, others, self.paid)
        if y is None or y <= 0.0:
            return None
        return {i: w * y for i, w in moving.items()} | still

    def stop_out(self, t: int, before: dict[int, float]) -> list[tuple[int, float]]:
        """Carry out the stops of what was held before this close and still is, on its side."""
        stopped = []
        for i in sorted(self.positions):
            p = self.positions[i]
            if before.get(i) != p.side:
                continue
            due = p.hit
            if p.side * (p.growth - 1.0) <= -self.stop + 1e-12:
                p.hit = True
            if (due if self.rules.stop_lag else p.hit) and self.priced[t, i]:
                self.cash += p.value - self.paid(i, p.value)
                stopped.append((i, abs(p.value)))
                del self.positions[i]
        if t in self.executions and self.rules.stop_reference == "rebalance":
            for i, p in self.positions.items():
                if self.priced[t, i]:
                    p.growth = 1.0
        return stopped


def simulate(
    panel: Panel,
    rules: BacktestSettings,
    choose: Callable[[int], Targets],
    stop: float,
    mandate: Mandate = PLAIN,
    depth: Depth | None = None,
) -> Path:
    return Simulation(panel, rules, choose, stop, mandate, depth).run()
