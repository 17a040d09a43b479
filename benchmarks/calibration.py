"""Does the verdict keep its level, and what does it see?

Makes markets whose truth is known (`benchmarks/worlds.py`), tunes each as `exo optuna-run` does,
judges it as `exo validate` does, and prints, for each world, the share of studies that PASS, with
its interval, and of those in which each part alone shows p ≤ 5 %.

    python benchmarks/calibration.py                       a few minutes; what CI runs
    python benchmarks/calibration.py --full --jobs 2 --out calibration.jsonl
                                                           the table of docs/verdict.md, ~1 hour
    python benchmarks/calibration.py --worlds skill-1.0 --studies 60 --placebos 99 --out more.jsonl
    python benchmarks/calibration.py --real examples/us_large.yml --studies 100 --out real.jsonl

`--real` takes the prices of a settings file, a hundred of its names at a time, and noise in the
place of its factors. `--seeds own` gives each study a sampler seed of its own: with the usual one
for all, a first draw that happens to lie near the truth flatters every study alike. `--side
long_short` judges dollar-neutral portfolios.

Results are appended to --out study by study; the same command goes on where it was interrupted.
Exit code 1 if the false PASS rate of a null, but for styles that wander for a year or years, is
above what a true rate of 5 % would show with 95 % chance.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.worlds import WORLDS, World, choose, real_panel
from mech_exo.calibration.judged_study import StudyInputs, judge_study
from mech_exo.calibration.noise_factors import with_noise_factors
from mech_exo.config.settings import Settings
from mech_exo.data.demo import demo_true_weights
from mech_exo.data.panel import Panel
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.verdict.detection import PassRate
from mech_exo.verdict.evidence import student_p

OBJECTIVE = Path(__file__).parents[1] / "research" / "obj_utils.py"
REAL_NAMES = 100
QUICK = {"noise": 16, "skill-2.0": 8}
FULL = {"null": 100, "survivors": 50, "premium": 40, "skill": 60, "decay": 60}
LARGER = {"noise": 200, "skill-1.0": 120}
UNHELD = ("seasons", "years")  # nulls whose level no test of these years holds


@dataclass(frozen=True)
class Case:
    """One study."""

    world: str
    number: int
    seeds: str
    placebos: int
    windows: int
    trials: int
    real: str = ""
    side: Literal["long", "long_short"] | None = None

    @property
    def key(self) -> str:
        stated = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(stated, sort_keys=True)


def judge(case: Case) -> dict[str, Any]:
    """Tune and judge one market."""
    begun = time.perf_counter()
    panel, seed = panel_of(case)
    base = Settings()
    settings = replace(
        base,
        tuning=replace(
            base.tuning,
            pruner="none",
            seed=seed if case.seeds == "own" else base.tuning.seed,
        ),
        verdict=replace(base.verdict, placebos=case.placebos, windows=case.windows),
        portfolio=replace(base.portfolio, side=case.side),
    )
    objective = ObjectiveFile(OBJECTIVE, OBJECTIVE.read_bytes(), "the shipped one", OBJECTIVE.name)
    study = judge_study(
        StudyInputs(panel=panel, settings=settings, objective=objective, trials=case.trials)
    )
    placebo, walked, held = study.placebo, study.walk_forward.test, study.holdout
    assert placebo is not None
    assert held is not None
    return {
        "key": case.key,
        "world": case.world,
        **against_truth(study.params or {}, panel, settings, objective),
        "placebo_return": placebo.p_ratio,
        "placebo": placebo.p,
        "walk_return": walked.skill.p,
        "walk": student_p(walked.rank_t, walked.blocks),
        "walk_robust": walked.p,
        "holdout_return": held.skill.p,
        "holdout": student_p(held.rank_t, held.blocks),
        "holdout_robust": held.p,
        "together": study.decision.p,
        "promise": study.decision.promise,
        "overall": study.decision.overall if study.feasible else "INCONCLUSIVE",
        "seconds": time.perf_counter() - begun,
    }


def panel_of(case: Case) -> tuple[Panel, int]:
    """The panel of a case, and its seed."""
    if case.real:
        seed = 10_000 + case.number
        whole = real_panel(Path(case.real))
        generator = np.random.default_rng([seed, 5])
        names = generator.choice(len(whole.symbols), REAL_NAMES, replace=False)
        return with_noise_factors(choose(whole, np.sort(names)), seed), seed
    world = WORLDS[case.world]
    seed = world.first_seed + case.number
    return world.make(seed), seed


def against_truth(
    params: Mapping[str, Any], panel: Panel, settings: Settings, objective: ObjectiveFile
) -> dict[str, float]:
    """Information ratio of the demo's true weights, and the cosine between them and those found."""
    spec = ObjectiveSpec.compile(objective.source, objective.label)
    true = {n: w for n, w in demo_true_weights().items() if n in panel.factor_names}
    small = {"cash_pct": 0.05, "stop_loss_pct": 1.0, "position_size_pct": 0.1}
    weights = {f"weight_{name}": weight for name, weight in true.items()}
    ideal = Evaluator(spec, panel, settings).run({**weights, **small})
    found = np.array([float(params.get(name, 0.0)) for name in weights])
    known = np.array(list(weights.values()))
    size = float(np.linalg.norm(found) * np.linalg.norm(known))
    cosine = float(found @ known) / size if size > 0.0 else math.nan
    return {"true_ratio": ideal.metric("information_ratio"), "cosine": cosine}


def run(cases: list[Case], jobs: int, out: Path | None) -> list[dict[str, Any]]:
    """Judge the cases that `out` does not hold yet; all results."""
    done: dict[str, dict[str, Any]] = {}
    if out is not None and out.exists():
        done = {r["key"]: r for r in map(json.loads, out.read_text().splitlines())}
    missing = [c for c in cases if c.key not in done]
    with ProcessPoolExecutor(jobs) as pool:
        futures = [pool.submit(judge, case) for case in missing]
        for number, future in enumerate(as_completed(futures), 1):
            result = future.result()
            done[result["key"]] = result
            if out is not None:
                with out.open("a") as file:
                    file.write(json.dumps(result) + "\n")
            if number % 20 == 0:
                print(f"{number}/{len(missing)} studies", flush=True)
    return [done[c.key] for c in cases if c.key in done]


COLUMNS = {
    "placebo": ("placebo_return", "placebo"),
    "walk-forward": ("walk_return", "walk", "walk_robust"),
    "holdout": ("holdout_return", "holdout", "holdout_robust"),
}


def table(results: list[dict[str, Any]], level: float = 0.05) -> str:
    """Markdown: a line for each world, shares in per cent."""
    head = ["world", "measured", "studies", *COLUMNS, "together", "**PASS** (95 %)", "FAIL"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name in dict.fromkeys(r["world"] for r in results):
        rows = [r for r in results if r["world"] == name]
        measured = sum(r["true_ratio"] for r in rows) / len(rows)
        cells = [words(name), f"{measured:.2f}", str(len(rows))]
        cells += [
            " / ".join(f"{100 * share(rows, part, level):.0f}" for part in parts)
            for parts in COLUMNS.values()
        ]
        cells.append(f"{100 * share(rows, 'together', level):.0f}")
        rate = PassRate.of(sum(r["overall"] == "PASS" for r in rows), len(rows))
        bounds = f"({100 * rate.low:.0f} to {100 * rate.high:.0f})"
        cells.append(f"**{100 * rate.share:.1f}** {bounds}")
        cells.append(f"{100 * sum(r['overall'] == 'FAIL' for r in rows) / len(rows):.0f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def words(name: str) -> str:
    """A world, for the table."""
    world: World | None = WORLDS.get(name)
    return name if world is None else f"{world.kind}: {world.words}"


def share(rows: list[dict[str, Any]], part: str, level: float) -> float:
    """Of the studies in which a part's p-value is at most the level."""
    seen = [float(r[part]) <= level + 1e-12 for r in rows]
    return sum(seen) / len(seen)


def false_pass_bound(studies: int, level: float = 0.05) -> int:
    """Largest number of false PASSes that a true rate of `level` shows with 95 % chance."""
    total, count = 0.0, 0
    while True:
        total += math.comb(studies, count) * level**count * (1 - level) ** (studies - count)
        if total >= 0.95:
            return count
        count += 1


def cases_of(options: argparse.Namespace) -> list[Case]:
    """What is to be judged, the worlds in turn, so that a part of the run shows all."""
    shape = (options.seeds, options.placebos, options.windows, options.trials)
    if options.real is not None:
        count = options.studies or 100
        real = "real returns, noise"
        return [Case(real, i, *shape, str(options.real), options.side) for i in range(count)]
    counts = {n: LARGER.get(n, FULL[w.kind]) for n, w in WORLDS.items()} if options.full else QUICK
    if options.worlds:
        counts = {n: counts.get(n, FULL[WORLDS[n].kind]) for n in options.worlds}
    if options.studies is not None:
        counts = dict.fromkeys(counts, options.studies)
    most = max(counts.values())
    return [
        Case(n, i, *shape, side=options.side)
        for i in range(most)
        for n, count in counts.items()
        if i < count
    ]


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--worlds", nargs="+", choices=list(WORLDS))
    parser.add_argument("--real", type=Path, help="settings file of real prices")
    parser.add_argument("--side", choices=["long_short"], help="`portfolio.side`")
    parser.add_argument("--studies", type=int, help="of each world")
    parser.add_argument("--seeds", choices=["one", "own"], default="one", help="of the sampler")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--placebos", type=int, default=19)
    parser.add_argument("--windows", type=int, default=6)
    parser.add_argument("--trials", type=int, default=40)
    options = parser.parse_args()
    results = run(cases_of(options), options.jobs, options.out)
    print(table(results))
    mean = sum(r["seconds"] for r in results) / max(1, len(results))
    print(f"\n{mean:.1f} s a study on one core")
    wrong = 0
    for name in dict.fromkeys(r["world"] for r in results):
        if name in UNHELD or (name in WORLDS and WORLDS[name].kind != "null"):
            continue
        rows = [r for r in results if r["world"] == name]
        passed, bound = sum(r["overall"] == "PASS" for r in rows), false_pass_bound(len(rows))
        print(f"{name}: {passed} of {len(rows)} PASS (a true rate of 5 % shows at most {bound})")
        wrong += passed > bound
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
