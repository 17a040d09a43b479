"""The searches that the verdict repeats, as one worker does them."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from mech_exo.backtest.kernel_version import KERNEL_VERSION
from mech_exo.backtest.two_worlds import TwoWorlds
from mech_exo.config.settings import Settings, TuningSettings
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.evaluation import Evaluation
from mech_exo.objective.exposures import data_fingerprint, extend_panel, liquidity_part
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.system.parcel import Parcel
from mech_exo.verdict.decision import VERDICT_VERSION
from mech_exo.verdict.factor_skill import FactorBlocks, FactorSkill, factor_blocks, factor_skill
from mech_exo.verdict.flipping import block_signs, mirrored
from mech_exo.verdict.hedge import Hedge
from mech_exo.verdict.payloads import PLACEBO, pack
from mech_exo.verdict.ranking import holding_periods, panel_model
from mech_exo.verdict.stretch import Outcomes, Stretch
from mech_exo.verdict.subject import Subject
from mech_exo.verdict.windows import Window, walk_forward_windows

if TYPE_CHECKING:
    from mech_exo.factor_file.document import Parameter
    from mech_exo.tuning.problem import Problem
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord
    from mech_exo.workforce.evaluation_work import Suggestion


@dataclass(frozen=True, eq=False)
class RepeatedSearches:
    """All that a repeated search depends on; called in a worker process, it makes the worker.

    Attributes
    ----------
    objective
        The user's file.
    settings
        Of the study.
    panel, market
        In sample; the market only where the objective file needs it (`reads_market`).
    trials, patience
        Of each search, as the study had them: how many at the most (None: until the patience ends
        it), and how many without a better one end it (None: none do).
    warm_start
        Parameters of the first trials that know nothing of the data.
    windows
        Of the walk-forward.
    benchmark
        [T] returns to measure against; None: the equal-weighted universe.
    hedge
        Premia on the panel's dates that are not counted as skill; None without.
    """

    objective: ObjectiveFile
    settings: Settings
    panel: Panel
    market: Market | None
    trials: int | None
    patience: int | None
    warm_start: "tuple[Mapping[str, Parameter], ...]"
    windows: tuple[Window, ...]
    benchmark: FloatArray | None
    hedge: Hedge | None = None

    def factor_skill(self) -> FactorSkill:
        """What the factors say in sample, whatever a search makes of them."""
        return factor_skill(self.factor_blocks())

    def factor_blocks(self) -> FactorBlocks:
        """The information coefficients that it stands on."""
        panel = self.panel
        spec = ObjectiveSpec.compile(self.objective.source, self.objective.label)
        if spec.reads_market and self.market is not None:
            panel = extend_panel(panel, self.market, spec, self.settings)
        holding = holding_periods(panel, self.settings.backtest.execution_lag)
        drawn = tuple(f.name for f in spec.factors if f.parametrised)
        return factor_blocks(panel, Outcomes.of(panel).over(holding), holding, drawn)

    def __call__(self) -> "Repeater":
        """The worker; what all its replicates share is made before it is forked."""
        (repeater := Repeater(self)).prepare()
        return repeater


class Repeater:
    """Repeats the search on placebos and on the windows of the walk-forward.

    Part `placebo`, number j: on placebo j, number 0 being the real data. Part `window`, number k:
    on the training dates of window k, the winner held over its test dates.
    """

    def __init__(self, searches: RepeatedSearches) -> None:
        self._x = searches
        objective = searches.objective
        self._spec = ObjectiveSpec.compile(objective.source, objective.label)
        self._lag = searches.settings.backtest.execution_lag
        self._tuning: TuningSettings = searches.settings.tuning

    @cached_property
    def _model(self) -> tuple[FloatArray, FloatArray]:
        return panel_model(self._x.panel)

    @cached_property
    def _outcomes(self) -> Outcomes:
        return Outcomes.from_residual(self._model[1], self._x.panel, self._x.hedge)

    @cached_property
    def _real(self) -> Evaluator:
        return self.evaluator(self._x.panel)

    @cached_property
    def _worlds(self) -> TwoWorlds:
        """The real returns, and those of a placebo whose blocks are all turned round."""
        panel = self._x.panel
        return TwoWorlds(self._real.base, panel, mirrored(*self._model))

    @cached_property
    def _stretch(self) -> Stretch:
        """All dates in sample."""
        return Stretch(self._real, self._x.panel, self._lag, self._outcomes, self._x.benchmark)

    def prepare(self) -> None:
        """Make what all replicates share, and import what they import."""
        from mech_exo.tuning.memory_search import load

        load(self._tuning)
        import_module("scipy.special")  # for the evidence
        _ = self._problem, self._worlds, self._stretch

    def replicate(self, part: str, number: int) -> dict[str, Any]:
        """One search, as plain values."""
        begun = time.perf_counter()
        result = self._placebo(number) if part == PLACEBO else self._window(number)
        return {**result, "seconds": time.perf_counter() - begun}

    @cached_property
    def _problem(self) -> "Problem":
        """The study's: its suggestions do not depend on the data."""
        from mech_exo.tuning.weight_search import WeightSearch

        x = self._x
        problem = WeightSearch(x.settings, x.objective, x.panel, x.market).problem()
        if isinstance(problem.evaluator, Parcel):
            problem.evaluator.close()  # this process evaluates, on data of its own
        return problem

    def search(self, evaluator: Evaluator) -> "StudyRecord":
        """The study's search on the evaluator's data."""
        from mech_exo.tuning.memory_search import search

        return search(
            self._problem,
            _Unmeasured(evaluator),
            self._tuning,
            self._x.trials,
            patience=self._x.patience,
            warm_start=self._x.warm_start,
        )

    def evaluator(self, panel: Panel) -> Evaluator:
        """An evaluator of the study on a panel."""
        return Evaluator(self._spec, panel, self._x.settings, self._x.market)

    def placebo(self, signs: FloatArray) -> Evaluator:
        """The study's evaluator on the data that `flipped` makes of the signs [blocks].

        A holding period is a segment of the kernel, so that each has one sign.
        """
        holding = self._stretch.holding
        turned = np.zeros(len(self._real.base.schedule.executed), dtype=np.bool_)
        turned[: len(holding.block)] = signs[holding.block] < 0.0
        return self._real.on(self._worlds.kernel(turned))

    @cached_property
    def found(self) -> "TrialRecord | None":
        """What the search on the real data ends with."""
        return winner(self.search(self._real))

    def _placebo(self, number: int) -> dict[str, Any]:
        holding = self._stretch.holding
        signs = block_signs(holding.blocks, self._tuning.seed, number)
        evaluator = self.placebo(signs)
        best = winner(self.search(evaluator)) if number else self.found
        if best is None:
            return {"ratio": None, "rank_t": None, "hedged_t": None, "trial": None}
        stretch = self._stretch.on(evaluator)
        evidence = stretch.evidence(best.params, evaluator.run(best.params), signs[holding.block])
        return {
            "ratio": evidence.ratio,
            "rank_t": evidence.rank_t,
            **({} if self._x.hedge is None else {"hedged_t": evidence.hedged_t}),
            "value": best.values[0],
            "feasible": best.feasible,
            "trial": best.number,
        }

    def _window(self, number: int) -> dict[str, Any]:
        window = self._x.windows[number]
        evaluator = self.evaluator(self._x.panel.between(window.train_start, window.train_stop))
        best = winner(self.search(evaluator))
        tested = self._part(window.test_start, window.test_stop)
        if best is None:
            return {"params": None}
        learned = self._part(window.train_start, window.train_stop, evaluator)
        inside = learned.evidence(best.params, evaluator.run(best.params))
        outside = tested.evidence(best.params, tested.backtest(best.params))
        return {
            "params": dict(best.params),
            "feasible": best.feasible,
            "in_sample": inside.ratio,
            **pack(outside),
        }

    def _part(self, start: int, stop: int, evaluator: Evaluator | None = None) -> Stretch:
        panel = self._x.panel.between(start, stop)
        benchmark = None if self._x.benchmark is None else self._x.benchmark[start:stop]
        return Stretch(
            evaluator or self.evaluator(panel),
            panel,
            self._lag,
            self._outcomes.between(start, stop),
            benchmark,
        )


@dataclass(frozen=True)
class _Unmeasured:
    """Evaluates what a search needs, without the metrics."""

    evaluator: Evaluator

    def evaluate_all(self, trials: Sequence["Suggestion"]) -> list[Evaluation]:
        if any(trial.limits is not None for trial in trials):
            return [self.evaluator.evaluate(t.params, t.limits, measure=False) for t in trials]
        return self.evaluator.evaluate_all([trial.params for trial in trials])


def searches_of(subject: Subject) -> RepeatedSearches:
    """The repeated searches of a subject, in sample."""
    panel = subject.in_sample
    return RepeatedSearches(
        objective=subject.objective,
        settings=subject.settings,
        panel=panel,
        market=subject.market.until(subject.split) if subject.spec.reads_market else None,
        trials=subject.trials,
        patience=subject.patience,
        warm_start=subject.warm_start,
        windows=walk_forward_windows(panel, subject.settings.verdict),
        benchmark=None if subject.benchmark is None else subject.benchmark[: subject.split],
        hedge=None if subject.hedge is None else subject.hedge.between(0, subject.split),
    )


def searches_key(searches: RepeatedSearches) -> str:
    """SHA-256 over everything that a replicate depends on; not over how many there are."""
    plain = searches.settings.as_dict()
    for section in ("storage", "promote", "reoptimize", "notify", "verdict", "holdout"):
        del plain[section]
    plain["tuning"].pop("patience", None)  # that of the study counts, below
    benchmark = searches.benchmark
    spec = ObjectiveSpec.compile(searches.objective.source, searches.objective.label)
    content = {
        "versions": [KERNEL_VERSION, VERDICT_VERSION],
        "objective": searches.objective.sha256,
        "settings": plain,
        "data": data_fingerprint(searches.panel, searches.market, spec),
        **liquidity_part(searches.panel, searches.settings, spec),
        "trials": searches.trials,
        **({} if searches.patience is None else {"patience": searches.patience}),
        "warm_start": [sorted(v.items()) for v in searches.warm_start],
        "windows": [repr(w) for w in searches.windows],
        **({} if searches.hedge is None else {"hedge": searches.hedge.sha256}),
        "benchmark": None if benchmark is None else hashlib.sha256(benchmark.tobytes()).hexdigest(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def winner(study: "StudyRecord") -> "TrialRecord | None":
    """The trial that a search ends with.

    The best feasible one; without one the least violating; of several objectives the best by the
    first that is feasible. None without a complete trial.
    """
    if len(study.directions) > 1 and study.front():
        return min(study.front(), key=lambda t: (study.losses(t)[0], t.number))
    return study.best() or study.least_violating()
