"""The rules of docs/objective.md, date by date and name by name, with no thought of speed."""

import math
import statistics
from dataclasses import dataclass

import numpy as np

from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.mandate import Mandate
from mech_exo.construction.room import Room


@dataclass
class Day:
    """One decision: what is known of the names that are ranked."""

    scores: dict[str, float]
    sector: dict[str, int]
    volatility: dict[str, float]
    beta: dict[str, float]
    size: dict[str, float]


def targets(
    scores: np.ndarray, data: DecisionData, room: Room, mandate: Mandate
) -> list[dict[str, float]]:
    """Name -> weight of each decision, without those of 0."""
    symbols = [str(s) for s in data.symbols]
    before: list[set[str]] = [set(), set()]
    found = []
    for g in range(len(scores)):
        ranked = [
            n for n in range(len(symbols)) if data.tradable[g, n] and scores[g, n] == scores[g, n]
        ]
        day = Day(
            {symbols[n]: float(scores[g, n]) for n in ranked},
            {symbols[n]: int(data.sectors[g, n]) for n in ranked},
            {symbols[n]: float(data.volatility[g, n]) for n in ranked},
            {symbols[n]: float(data.beta[g, n]) for n in ranked},
            {symbols[n]: float(data.size[g, n]) for n in ranked},
        )
        if mandate.neutralise:
            day.scores = residuals(day, mandate.neutralise)
        weights = built(day, before, room, mandate)
        if mandate.vol_target is not None:
            weights = scaled(weights, g, data, mandate)
        found.append({name: w for name, w in weights.items() if w})
    return found


def residuals(day: Day, of: tuple[str, ...]) -> dict[str, float]:
    names = sorted(day.scores)
    if not names:
        return {}
    groups = {n: day.sector[n] if "sector" in of else 0 for n in names}
    columns = [[float(groups[n] == s) for n in names] for s in sorted(set(groups.values()))]
    known = {
        "beta": day.beta,
        "size": {n: math.log(v) if v > 0 else math.nan for n, v in day.size.items()},
    }
    for kind in of:
        if kind == "sector":
            continue
        column = []
        for n in names:
            value = known[kind][n]
            if math.isnan(value):
                peers = [known[kind][m] for m in names if groups[m] == groups[n]]
                peers = [v for v in peers if not math.isnan(v)]
                value = statistics.fmean(peers) if peers else 0.0
            column.append(value)
        columns.append(column)
    x = np.array(columns).T
    y = np.array([day.scores[n] for n in names])
    left = y - x @ np.linalg.lstsq(x, y, rcond=1e-9)[0]
    return {n: round(float(v) * 2**30) / 2**30 for n, v in zip(names, left, strict=True)}


def built(day: Day, before: list[set[str]], room: Room, mandate: Mandate) -> dict[str, float]:
    order = sorted(day.scores, key=lambda n: (-day.scores[n], n))
    if mandate.side == "long":
        sides = [(1.0, order, min(room.invested, mandate.max_gross))]
    else:
        half = len(order) // 2
        gross = 1.0 if mandate.gross is None else mandate.gross
        budget = min(gross * room.invested, mandate.max_gross) / 2
        sides = [(1.0, order[:half], budget), (-1.0, order[::-1][:half], budget)]
    held = []
    for number, (sign, names, budget) in enumerate(sides):
        if mandate.max_sector_pct is not None:
            names = few_of_a_sector(names, day, mandate.max_sector_pct, budget, room.names)
        chosen = names[: room.names]
        if mandate.buffer:
            zone = names[: math.floor(room.names * (1 + mandate.buffer) + 1e-9)]
            stay = [n for n in zone if n in before[number]]
            fill = [n for n in names if n not in stay][: room.names - len(stay)]
            chosen = [n for n in names if n in stay or n in fill]
        before[number] = set(chosen)
        held.append((sign, share(chosen, sign, day, budget, room, mandate)))
    if len(held) == 2:
        smaller = min(sum(w.values()) for _, w in held)
        held = [
            (sign, {n: v * smaller / sum(w.values()) for n, v in w.items()} if smaller else {})
            for sign, w in held
        ]
    return {n: sign * v for sign, w in held for n, v in w.items()}


def few_of_a_sector(names: list[str], day: Day, most: float, budget: float, n: int) -> list[str]:
    limit = n if not budget else max(1, math.floor(min(n, most * n / budget + 1e-9)))
    kept: list[str] = []
    for name in names:
        if sum(day.sector[k] == day.sector[name] for k in kept) < limit:
            kept.append(name)
    return kept


def share(
    chosen: list[str], sign: float, day: Day, budget: float, room: Room, mandate: Mandate
) -> dict[str, float]:
    if not chosen:
        return {}
    if mandate.weighting == "equal":
        strength = dict.fromkeys(chosen, 1.0)
    elif mandate.weighting == "rank":
        strength = {n: float(len(chosen) - i) for i, n in enumerate(chosen)}
    elif mandate.weighting == "score":
        mean = sum(day.scores.values()) / len(day.scores)
        strength = {n: max(0.0, sign * (day.scores[n] - mean)) for n in chosen}
        if not any(strength.values()):
            strength = dict.fromkeys(chosen, 1.0)
    else:
        known = [day.volatility[n] for n in chosen if day.volatility[n] > 1e-8]
        usual = statistics.median(known) if known else 1.0
        strength = {
            n: 1 / (day.volatility[n] if day.volatility[n] > 1e-8 else usual) for n in chosen
        }
    if mandate.max_sector_pct is None:
        return fill_up(strength, budget, room.largest)
    return fill_sectors(strength, budget, room.largest, mandate.max_sector_pct, day)


def fill_up(strength: dict[str, float], budget: float, largest: float) -> dict[str, float]:
    full: set[str] = set()
    while True:
        free = {n: s for n, s in strength.items() if n not in full and s > 0}
        left = max(0.0, budget - largest * len(full))
        weights = {n: left * s / sum(free.values()) for n, s in free.items()}
        above = {n for n, w in weights.items() if w > largest * (1 + 1e-13)}
        if not above:
            return weights | dict.fromkeys(full, largest)
        full |= above


def fill_sectors(
    strength: dict[str, float], budget: float, largest: float, most: float, day: Day
) -> dict[str, float]:
    fixed: dict[str, float] = {}
    while True:
        free = {n: s for n, s in strength.items() if n not in fixed}
        weights = fill_up(free, budget - sum(fixed.values()), largest)
        totals: dict[int, float] = {}
        for n, w in weights.items():
            totals[day.sector[n]] = totals.get(day.sector[n], 0.0) + w
        above = {s for s, total in totals.items() if total > most * (1 + 1e-12)}
        if not above:
            return weights | fixed
        for n, w in weights.items():
            if day.sector[n] in above:
                fixed[n] = w * most / totals[day.sector[n]]


def scaled(
    weights: dict[str, float], g: int, data: DecisionData, mandate: Mandate
) -> dict[str, float]:
    assert mandate.vol_target is not None
    year = float(data.periods_per_year[0])
    length = max(3, round(252 * year / 252))
    t = int(data.rows[g])
    window = range(max(0, t - length + 1), t + 1)
    symbols = [str(s) for s in data.symbols]
    path = []
    for row in window:
        total = 0.0
        for name, w in weights.items():
            r = data.returns[row, symbols.index(name)]
            total += 0.0 if math.isnan(r) else w * float(r)
        path.append(total)
    if len(path) < max(3, length / 4) or not weights:
        return weights
    volatility = statistics.stdev(path) * math.sqrt(year)
    if not volatility > 1e-8:
        return weights
    gross = sum(abs(w) for w in weights.values())
    factor = min(mandate.vol_target / volatility, mandate.max_gross / gross)
    return {n: w * factor for n, w in weights.items()}
