"""What an ask costs, and whether a long study stays quick and small.

python benchmarks/asking.py             TPE's ask at 100, 1,000 and 5,000 trials, against Optuna's
                                        own, in turn; processor time, medians
python benchmarks/asking.py --long      one search of 10,000 trials: the cost of a trial in the
                                        asking process at 1,000 and at the end, and its memory

The space is that of the shipped objective file (twelve parameters), the values a bowl with three
constraints.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as a study has it
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.tuning import suggest_twelve
from mech_exo.config.settings import TuningSettings
from mech_exo.tuning.asking import Asker
from mech_exo.tuning.preflight import try_once
from mech_exo.tuning.problem import Problem
from mech_exo.tuning.study_record import TrialRecord

LENGTHS = (100, 1_000, 5_000)
ASKS = 15  # of each, in turn
LONG = 10_000


def asker_with(trials: int) -> Asker:
    """An asker that knows as many trials, all asked of it."""
    problem = Problem(suggest_twelve, dict)  # type: ignore[arg-type]
    settings = TuningSettings(seed=3)
    asker = Asker(problem, settings, try_once(problem, settings.seed))
    for _ in range(trials):
        follow(asker)
    return asker


def follow(asker: Asker) -> float:
    """Ask the next trial, and add what came of it; seconds of processor time of the asking."""
    begun = time.process_time()
    suggestion = asker.ask(asker.known)
    took = time.process_time() - begun
    x = [float(v) for v in suggestion.params.values() if isinstance(v, float)]
    violations = tuple(value - 0.5 for value in x[:3])
    asker.add(
        TrialRecord(
            suggestion.index,
            "COMPLETE",
            suggestion.params,
            suggestion.distributions,
            (-sum(v * v for v in x),),
            violations,
        ).canonical()
    )
    return took


def optuna_study(asker: Asker) -> Any:
    """The same trials in a study of Optuna's own, in memory."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=3, multivariate=True, constant_liar=False)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    x = optuna.distributions.FloatDistribution(-1.0, 1.0)
    for record in asker.finished:
        trial = optuna.trial.create_trial(
            params=dict(record.params),
            distributions=dict.fromkeys(record.params, x),
            value=record.values[0],
            system_attrs={"constraints": list(record.constraints or ())},
        )
        study.add_trial(trial)
    return study


def ask_ratio(trials: int) -> tuple[float, float]:
    """Milliseconds of an ask at so many trials, exo's and Optuna's."""
    import optuna

    asker = asker_with(trials)
    study = optuna_study(asker)
    ours, theirs = [], []
    for _ in range(ASKS if trials < 5_000 else 5):
        ours.append(follow(asker))
        begun = time.process_time()
        trial = study.ask()
        suggest_twelve(trial)
        theirs.append(time.process_time() - begun)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    return 1e3 * statistics.median(ours), 1e3 * statistics.median(theirs)


def long_search(trials: int = LONG) -> None:
    """Print what a trial costs at 1,000 and at the end, and the bytes that each leaves behind."""
    asker = asker_with(0)
    times = [follow(asker) for _ in range(trials)]
    early, late = (statistics.median(times[at - 200 : at]) for at in (1_000, trials))
    tracemalloc.start()
    kept = asker_with(2_000)
    held = tracemalloc.get_traced_memory()[0] / kept.known
    tracemalloc.stop()
    print(
        f"an ask at 1,000 trials: {1e3 * early:.2f} ms, at {trials:,}: {1e3 * late:.2f} ms "
        f"(x {late / early:.2f}); {held / 1e3:.1f} kB a trial"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--long", action="store_true")
    if parser.parse_args().long:
        long_search()
        return
    print("trials  exo ms  Optuna ms  ratio")
    for trials in LENGTHS:
        ours, theirs = ask_ratio(trials)
        print(f"{trials:6}  {ours:6.2f}  {theirs:9.1f}  {theirs / ours:5.1f}", flush=True)


if __name__ == "__main__":
    main()
