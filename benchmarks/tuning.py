"""How fast a study runs, against the bare sampler and against plain Optuna.

    python benchmarks/tuning.py [--trials 200 1000] [--sampler tpe cmaes] [--repeat 1]
                                [--folder DIR] [--plain-trials N] [--jobs 4]

In one run, interleaved: trials per second of exo (the main job, M-size panel, `--jobs` as `exo
optuna-run` has by default), of the bare sampler (in memory, null objective, same sampler and
window, three constraints), and of plain `study.optimize` on Optuna's default SQLite storage with
the same backtest, attributes and constraints, in the same folder. Then the speed-up of two jobs for
an objective of 50 ms, and the memory of a worker. Start-up is excluded and printed.

For cmaes the bare sampler is the `cmaes` library, asked and told; plain Optuna is Optuna's own
CmaEsSampler. `--plain-trials` shortens plain Optuna's run, which flatters it.

The last two columns are the processor time of the asking process, in ms a trial, for exo and the
bare sampler: on a machine that is busy with other things they compare better than the rates.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

JOBS_TRIALS = 60
SLEEP_SECONDS = 0.05
HEADER = "sampler  trials  exo/s  bare/s  plain/s  exo/bare  exo/plain  exo ms  bare ms"


@dataclass(frozen=True)
class Result:
    """What an evaluation gives."""

    state: Literal["complete", "pruned", "fail"]
    values: tuple[float, ...] = ()
    constraints: tuple[float, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    intermediate: Mapping[int, float] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Seconds:
    """Of the wall clock, and of the asking process's processor time."""

    wall: float
    busy: float


class Sleep:
    """An objective of 50 ms that uses no processor."""

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> Result:
        """Sleep, then a bowl."""
        del limits
        time.sleep(SLEEP_SECONDS)
        return Result("complete", (-sum(v * v for v in params.values()),), (0.0,))


class Memory:
    """Evaluates, and reports the worker's memory as a metric."""

    def __init__(self, parts: Callable[[], Any] | None) -> None:
        self.evaluator = parts() if parts else None

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> Result:
        """The trial, for its memory's sake."""
        if self.evaluator is not None:
            self.evaluator.evaluate(params, limits)
        status = Path("/proc/self/status").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in status if line.startswith("VmRSS"))
        return Result("complete", (0.0,), (0.0,), {"rss": float(kilobytes) / 1024})


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--sampler", nargs="+", default=["tpe", "cmaes"])
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--plain-trials", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--pruner", default="none")
    parser.add_argument("--jobs", type=int, default=4, help="of exo; the default is its own")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(Path(folder), options.pruner, options.jobs)
        print(bench.panel_line(), flush=True)
        print(HEADER, flush=True)
        for sampler in options.sampler:
            for trials in options.trials:
                bench.line(sampler, trials, options.repeat, options.plain_trials)
        print(bench.jobs_line(), flush=True)
        print(bench.memory_line(), flush=True)


class Bench:
    """The main job on an M-size panel: 500 names, 10 years, 9 factors, monthly."""

    def __init__(self, folder: Path, pruner: str, jobs: int) -> None:
        import optuna

        from mech_exo.config.load import load_settings
        from mech_exo.data.build import load_panel
        from mech_exo.objective.objective_file import find_objective

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.folder, self.count, self.jobs = folder, 0, jobs
        self.overrides = {"data.demo.symbols": 500, "data.demo.years": 10, "tuning.pruner": pruner}
        self.settings = load_settings(overrides=self.overrides, environment={})
        self.panel = load_panel(self.settings)
        self.objective = find_objective(ROOT / "research" / "obj_utils.py", ROOT, {})

    def panel_line(self) -> str:
        """What is backtested, and what one trial costs in this process."""
        from mech_exo.objective.rehearsal import rehearse

        evaluator = self.evaluator()
        params = rehearse(evaluator).params
        times = []
        for _ in range(30):
            begun = time.perf_counter()
            evaluator.evaluate(params, None)
            times.append(time.perf_counter() - begun)
        t, n = self.panel.returns.shape
        size = f"{n} names × {t} days × {len(self.panel.factor_names)} factors"
        took = 1e3 * statistics.median(times)
        return f"panel: {size}; one backtest: {took:.2f} ms; exo with {self.jobs} jobs"

    def line(self, sampler: str, trials: int, repeat: int, plain_trials: int | None) -> None:
        """Measure and print a line of the table."""
        exo, bare, plain = [], [], []
        for _ in range(repeat):
            exo.append(self.exo(sampler, trials))
            bare.append((bare_cmaes if sampler == "cmaes" else bare_tpe)(trials))
            plain.append(self.plain(sampler, plain_trials or trials))
        e, b = (trials / statistics.median(t.wall for t in kind) for kind in (exo, bare))
        p = statistics.median(plain)
        busy = [1e3 * statistics.median(t.busy for t in kind) / trials for kind in (exo, bare)]
        print(
            f"{sampler:7}  {trials:6}  {e:5.1f}  {b:6.1f}  {p:7.2f}  {e / b:8.2f}  {e / p:9.1f}"
            f"  {busy[0]:6.2f}  {busy[1]:7.2f}",
            flush=True,
        )

    def exo(self, sampler: str, trials: int) -> "Seconds":
        """A run of the main job."""
        from mech_exo.config.load import load_settings
        from mech_exo.tuning.events import StudyOpened
        from mech_exo.tuning.request import SearchRequest
        from mech_exo.tuning.runner import run_study
        from mech_exo.tuning.weight_search import WeightSearch

        overrides = {**self.overrides, "tuning.sampler": sampler}
        settings = load_settings(overrides=overrides, environment={})
        search = WeightSearch(settings, self.objective, self.panel).search()
        request = SearchRequest(
            study_name="benchmark", study_file=self._file(), n_jobs=self.jobs, n_trials=trials
        )
        begun = [0.0]

        def listen(event: object) -> None:
            if isinstance(event, StudyOpened):
                begun[0] = time.process_time()

        outcome = run_study(request, search, listen)
        busy = time.process_time() - begun[0]
        assert outcome.added == trials
        return Seconds(_seconds_of_trials(outcome.study), busy)

    def plain(self, sampler: str, trials: int) -> float:
        """Trials per second of `study.optimize` with the same backtest."""
        import optuna

        evaluator = self.evaluator()
        names = ("max_drawdown", "volatility", "weight_limit")

        def objective(trial: optuna.Trial) -> float:
            evaluator.space.suggest(trial)
            result = evaluator.evaluate(trial.params, None)
            for name, metric in list(result.metrics.items())[:10]:
                trial.set_user_attr(name, metric)
            for name, value in zip(names, result.constraints, strict=False):
                trial.set_constraint(name, value)
            if result.state == "fail":
                raise optuna.TrialPruned
            return float(result.values[0])

        study = optuna.create_study(
            storage=f"sqlite:///{self._file()}", direction="maximize", sampler=_plain(sampler)
        )
        begun = time.perf_counter()
        study.optimize(objective, n_trials=trials)
        return trials / (time.perf_counter() - begun)

    def jobs_line(self) -> str:
        """The speed-up of two jobs for an objective that takes 50 ms and no processor."""
        one, two = (self._sleeping(jobs) for jobs in (1, 2))
        return f"2 jobs on an objective of 50 ms: {one:.2f} s → {two:.2f} s, ×{one / two:.2f}"

    def memory_line(self) -> str:
        """What a worker holds beyond an interpreter that has imported the same."""
        empty, full = (self._memory(parts) for parts in (None, self.evaluator().parts()))
        return (
            f"a worker's memory (RSS): {full:.0f} MB, without panel {empty:.0f} MB, "
            f"beyond it {full - empty:.0f} MB"
        )

    def evaluator(self) -> Any:
        """The main job's evaluator, in this process."""
        from mech_exo.objective.evaluate import Evaluator
        from mech_exo.objective.spec import ObjectiveSpec

        spec = ObjectiveSpec.compile(self.objective.source, self.objective.label)
        return Evaluator(spec, self.panel, self.settings)

    def _sleeping(self, jobs: int) -> float:
        return _seconds_of_trials(self._job(Sleep, JOBS_TRIALS, jobs))

    def _memory(self, parts: Any) -> float:
        study = self._job(partial(Memory, parts), 30, 1)
        return max(float(trial.metrics["rss"]) for trial in study.trials)

    def _job(self, evaluator: Callable[[], Any], trials: int, jobs: int) -> Any:
        import tuning  # this file under a name that workers can import

        from mech_exo.tuning.plan import Search
        from mech_exo.tuning.problem import Problem
        from mech_exo.tuning.request import SearchRequest
        from mech_exo.tuning.runner import run_study

        if evaluator is Sleep:
            evaluator = tuning.Sleep
        elif isinstance(evaluator, partial):
            evaluator = partial(tuning.Memory, *evaluator.args)
        suggest = self.evaluator().space.suggest
        problem = Problem(suggest, evaluator)
        request = SearchRequest(
            study_name="job", study_file=self._file(), n_jobs=jobs, n_trials=trials
        )
        return run_study(request, Search(problem, dict, self.settings)).study

    def _file(self) -> Path:
        self.count += 1
        return self.folder / f"{self.count}.db"


def suggest_twelve(trial: Any) -> None:
    """As many parameters as the main job has."""
    for i in range(12):
        trial.suggest_float(f"x{i}", -1.0, 1.0)


def bare_tpe(trials: int, window: int = 4) -> Seconds:
    """TPE alone: in memory, a window of asks ahead of tells, three constraints."""
    import optuna

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=1, constant_liar=False)
    )
    flying: deque[optuna.Trial] = deque()
    begun, used = time.perf_counter(), time.process_time()
    for _ in range(trials):
        if len(flying) == window:
            _tell(study, flying.popleft())
        trial = study.ask()
        suggest_twelve(trial)
        flying.append(trial)
    for trial in flying:
        _tell(study, trial)
    return Seconds(time.perf_counter() - begun, time.process_time() - used)


def _tell(study: Any, trial: Any) -> None:
    x = list(trial.params.values())
    for i in range(3):
        trial.set_constraint(str(i), x[i] - 0.5)
    study.tell(trial, -sum(v * v for v in x))


def bare_cmaes(trials: int) -> Seconds:
    """The cmaes library alone, a population of 12."""
    import cmaes
    import numpy as np

    sampler = cmaes.CMA(
        mean=np.full(12, 0.5), sigma=0.25, bounds=np.tile([0.0, 1.0], (12, 1)), population_size=12
    )
    begun, used = time.perf_counter(), time.process_time()
    told = []
    for _ in range(trials):
        x = sampler.ask()
        told.append((x, float((x * x).sum())))
        if len(told) == 12:
            sampler.tell(told)
            told = []
    return Seconds(time.perf_counter() - begun, time.process_time() - used)


def _plain(sampler: str) -> Any:
    import optuna

    if sampler == "cmaes":
        return optuna.samplers.CmaEsSampler(seed=1)
    return optuna.samplers.TPESampler(seed=1, constant_liar=False)


def _seconds_of_trials(study: Any) -> float:
    """From the first trial's start to the last one's end: start-up is no part of it."""
    first = min(trial.started for trial in study.trials)
    last = max(trial.completed for trial in study.trials)
    return float((last - first).total_seconds())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
