"""What a user's own `construct` costs beyond its own time.

    python benchmarks/construct.py [--candidates 15]

500 stocks x ten years, monthly. Prints the milliseconds of the function by itself, of a backtest of
the built-in rule after it, and of a backtest with it; and the last over the sum of the others. They
run in turn, so that each finds the processor's caches as the one before has left them: the function
fills them with its own arrays. Processor time, medians.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.kernel import SIZES, candidates, market
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.mandate import Mandate
from mech_exo.construction.user_construct import Construct
from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError
from mech_exo.system.memory import keep_freed

REPEATS = 5


def construct(scores: FloatArray, ctx: DecisionData, params: Mapping[str, Any]) -> FloatArray:
    """The n best calm names, by score over volatility, none above the largest position."""
    n = int((1.0 - params["cash_pct"]) / params["position_size_pct"]) + 1
    largest = params["position_size_pct"]
    volatility = np.where(np.isnan(ctx.volatility), np.inf, ctx.volatility)
    typical = np.median(volatility, axis=1, keepdims=True)
    calm = volatility < params["calm"] * typical
    ranked = ~np.isnan(scores) & calm & ctx.tradable
    key = np.where(ranked, scores, -np.inf)
    last = np.partition(key, -n, axis=1)[:, -n, None]
    chosen = ranked & (key >= last)
    lowest = np.where(chosen, scores, np.inf).min(axis=1, keepdims=True)
    strength = np.where(chosen, scores - lowest + 0.1, 0.0)
    strength = np.where(chosen, strength / volatility, 0.0)
    total = strength.sum(axis=1, keepdims=True)
    weights = strength / np.where(total > 0.0, total, 1.0)
    weights *= 1.0 - params["cash_pct"]
    np.minimum(weights, largest, out=weights)
    spare = 1.0 - params["cash_pct"] - weights.sum(axis=1, keepdims=True)
    room = np.where(chosen, largest - weights, 0.0)
    whole = room.sum(axis=1, keepdims=True)
    weights += room * np.clip(spare / np.where(whole > 0.0, whole, 1.0), 0.0, 1.0)
    return weights


@dataclass(frozen=True)
class ConstructCost:
    """Milliseconds of the function, of a backtest by the built-in rule, and of one by it."""

    own: float
    plain: float
    together: float

    @property
    def ratio(self) -> float:
        """A backtest with the function, over the function and a backtest one after the other."""
        return self.together / (self.own + self.plain)


def construct_cost(count: int) -> ConstructCost:
    """Time the three, candidate by candidate in turn."""
    keep_freed()  # as a search does
    kernel = Kernel(market(*SIZES["M"], 21), BacktestSettings(), decisions=True)
    decisions = kernel.decisions
    assert decisions is not None
    user = Construct(construct, "construct", stepwise=False, mistake=lambda e: ExoError(str(e)))
    times = np.empty((count, REPEATS, 3))
    for i, candidate in enumerate(candidates(count)):
        mandate = Mandate(construct=user, params={"calm": 1.2})
        asked = replace(candidate, mandate=mandate)
        scores = kernel.legs.selector.composite(candidate)
        given = {
            "calm": 1.2,
            "cash_pct": candidate.cash_pct,
            "position_size_pct": candidate.position_size_pct,
        }
        for j in range(REPEATS):
            marks = [time.process_time()]
            construct(scores, decisions, given)
            marks.append(time.process_time())
            kernel.run(candidate)
            marks.append(time.process_time())
            kernel.run(asked)
            marks.append(time.process_time())
            times[i, j] = 1e3 * np.diff(marks)
    return ConstructCost(*np.median(times, axis=(0, 1)).tolist())


def main() -> None:
    """Print the three, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--candidates", type=int, default=15)
    cost = construct_cost(parser.parse_args().candidates)
    print(
        f"construct alone {cost.own:.2f} ms, built-in backtest {cost.plain:.2f} ms, "
        f"backtest with construct {cost.together:.2f} ms: {cost.ratio:.2f} times the sum"
    )


if __name__ == "__main__":
    main()
