"""Does tuning find the premia that a market really has?

python benchmarks/premia.py                       strong demo market (information ratio 4)
python benchmarks/premia.py --ratio 2             the shipped one
python benchmarks/premia.py --first-seed 100      other seeds of the search

For each seed a search of 300 trials, as `exo optuna-run` makes it, on the in-sample dates of the
demo market. Prints the cosine between the best feasible trial's weights and the true premia.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

OBJECTIVE = Path(__file__).parents[1] / "research" / "obj_utils.py"


def cosines(ratio: float, seeds: range, trials: int, market_seed: int) -> Iterator[float]:
    """Cosine of found and true weights, seed after seed of the search."""
    from mech_exo.config.settings import DataSettings, DemoSettings, Settings
    from mech_exo.data.build import build_panel
    from mech_exo.data.demo import demo_market, demo_true_weights
    from mech_exo.objective.objective_file import ObjectiveFile
    from mech_exo.system.parcel import Parcel
    from mech_exo.tuning.memory_search import search
    from mech_exo.tuning.weight_search import WeightSearch

    demo = replace(DemoSettings(), information_ratio=ratio, seed=market_seed)
    settings = Settings(data=DataSettings(demo=demo))
    market = demo_market(demo)
    panel = build_panel(market, settings)
    inside = panel.between(0, panel.split(settings.holdout.fraction))
    objective = ObjectiveFile(OBJECTIVE, OBJECTIVE.read_bytes(), "the shipped one", OBJECTIVE.name)
    problem = WeightSearch(settings, objective, inside).problem()
    assert isinstance(problem.evaluator, Parcel)
    evaluator = problem.evaluator.unpacked()()
    truth = demo_true_weights()
    for seed in seeds:
        best = search(problem, evaluator, replace(settings.tuning, seed=seed), trials).best()
        if best is None:
            yield 0.0
            continue
        weights = np.array([best.params[f"weight_{name}"] for name in truth], dtype=np.float64)
        true = np.array(list(truth.values()))
        yield float(weights @ true / np.linalg.norm(weights) / np.linalg.norm(true))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--ratio", type=float, default=4.0)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--market-seed", type=int, default=7)
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    found = []
    for seed, cosine in zip(
        seeds, cosines(options.ratio, seeds, options.trials, options.market_seed), strict=True
    ):
        found.append(cosine)
        print(f"seed {seed}: cosine {cosine:.3f}", flush=True)
    enough = sum(c >= 0.8 for c in found)
    print(
        f"information ratio {options.ratio:g}, {options.trials} trials: {enough} of {len(found)} "
        f"at 0.8 or above, median {np.median(found):.3f}, lowest {min(found):.3f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
