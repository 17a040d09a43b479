"""One trial: from parameters to value, constraints and metrics. What a worker holds."""

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.result import BacktestResult
from mech_exo.backtest.rules import Candidate
from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.objective.computed import ComputedFactor
from mech_exo.objective.constraints import CONSTRAINTS, Run, own_distances
from mech_exo.objective.criteria import Direction, directions
from mech_exo.objective.distribution import Parameter
from mech_exo.objective.evaluation import Evaluation
from mech_exo.objective.exposures import extend_panel, known
from mech_exo.objective.kernels import Ground, Kernels
from mech_exo.objective.rehearsal import Rehearsal
from mech_exo.objective.space import Space
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.system.blas_threads import one_blas_thread

FLAT = "no Sharpe: returns are constant"

# Mistakes of a program rather than of a candidate.
_MISTAKES = (NameError, AttributeError, TypeError, ImportError, SystemExit)


class Evaluator:
    """Evaluates candidates on one panel, in one process.

    Parameters
    ----------
    spec
        The compiled file.
    panel
        What the candidates are judged on (in sample, for trials), as it was built.
    settings
        Costs, timing, defaults of hyperparameters, `tuning.objectives`.
    market
        Needed if the file has factors of its own or may suggest a window; they see it up to the
        panel's last date only.

    Raises
    ------
    ExoError
        For a mistake in the file's factors, an unknown metric, or data that cannot be backtested.
    ValueError
        If the market is needed and not given.
    """

    def __init__(
        self, spec: ObjectiveSpec, panel: Panel, settings: Settings, market: Market | None = None
    ) -> None:
        if spec.reads_market and market is None:
            raise ValueError(f"{spec.label} needs the market")
        ground = None
        if market is not None:
            seen = known(market, panel)
            panel = extend_panel(panel, seen, spec, settings)
            ground = Ground(panel, seen)
        self._set_up(
            Space.of(spec, panel, settings), settings, Kernel(panel, settings.backtest), ground
        )

    def _set_up(
        self, space: Space, settings: Settings, kernel: Kernel, ground: Ground | None
    ) -> None:
        one_blas_thread()
        self.space = space
        self.spec = space.spec
        self.settings = settings
        self.objectives = settings.tuning.objectives
        self.directions: tuple[Direction, ...] = directions(self.objectives)
        self.own_constraints: tuple[str, ...] | None = None  # known once the file was rehearsed
        self._kernels = Kernels(kernel, space.spec, settings, ground)

    @property
    def constraint_names(self) -> tuple[str, ...]:
        """Built-in constraints that the file sets, then its own, as the rehearsal named them."""
        return (*self.spec.limits, *(self.own_constraints or ()))

    def parts(self) -> "EvaluatorParts":
        """What makes an equal Evaluator in another process."""
        kernels = self._kernels
        return EvaluatorParts(
            source=self.spec.source,
            label=self.spec.label,
            settings=self.settings,
            factor_names=self.space.factor_names,
            missing=self.space.missing,
            computed=self.space.computed,
            own_constraints=self.own_constraints,
            arrays=kernels.base.arrays(),
            ground=kernels.ground if self._computes else None,
        )

    @property
    def _computes(self) -> bool:
        """Whether a trial may need scores that the panel does not hold."""
        return self.spec.windowed or any(f.parametrised for f in self.spec.factors)

    def candidate(self, params: Mapping[str, Parameter]) -> Candidate:
        """The candidate that `params` name; see `Space.candidate`."""
        return self.space.candidate(params)

    def kernel(self, params: Mapping[str, Parameter]) -> Kernel:
        """The kernel that runs `params`: the same for all, unless factors take some of them."""
        return self._kernels.of(self.space.to_compute(params))

    def run(
        self, params: Mapping[str, Parameter], *, keep_holdings: bool = False
    ) -> BacktestResult:
        """The whole backtest of a trial, for reports and for `exo verify`."""
        candidate = self.space.candidate(params)  # refuses what no kernel could be made of
        return self.kernel(params).run(candidate, keep_holdings=keep_holdings)

    def evaluate(
        self,
        params: Mapping[str, Parameter],
        limits: Mapping[int, float] | None = None,
        *,
        measure: bool = True,
    ) -> Evaluation:
        """Backtest one trial and judge it; the same bits for the same arguments, always.

        A portfolio whose returns are constant (all cash) fails, whatever the objective: cash is
        never a best trial. So does one whose objective raises or is not a finite number.

        Parameters
        ----------
        limits
            Checkpoint -> value; the trial is pruned there if the best of its values so far is
            worse. A checkpoint without a value (NaN, an objective that raises on a short path)
            prunes nothing. None: the objective is not computed at checkpoints at all.
        measure
            Whether to compute the metrics; a search needs only value and constraints, and the
            benchmark behind the active return takes a fifth of a trial.

        Raises
        ------
        ExoError
            For parameters that are not of this space.
        """
        candidate = self.space.candidate(params)
        try:
            kernel = self.kernel(params)
        except ExoError as error:  # a factor that cannot be computed so
            return Evaluation("fail", reason=str(error.message))
        watch = _Watch(self, limits) if limits is not None and len(self.directions) == 1 else None
        result = kernel.run(candidate, watch)
        intermediate = watch.values if watch else {}
        if result.stopped_at is not None and watch:
            values: tuple[float, ...] = (watch.values[max(watch.values)],)
            why = watch.reason
        else:
            values, why = self.judge(result)
            if not values:
                return Evaluation("fail", intermediate=intermediate, reason=why)
        constraints, wrong = self._constraints(candidate, result)
        if wrong:
            return Evaluation("fail", intermediate=intermediate, reason=wrong)
        return Evaluation(
            "complete" if result.stopped_at is None else "pruned",
            values,
            constraints,
            result.metrics() if measure else {},
            intermediate,
            why,
        )

    def judge(self, result: BacktestResult) -> tuple[tuple[float, ...], str]:
        """Objective values of a result, or () and the reason why it has none."""
        if math.isnan(result.metric("sharpe")):
            return (), FLAT
        if self.objectives:
            metrics = result.metrics()
            values = tuple(metrics[name] + 0.0 for name in self.objectives)
            undefined = [n for n, v in zip(self.objectives, values, strict=True) if v != v]
            return (
                ((), f"{undefined[0]} is not defined for this result")
                if undefined
                else (values, "")
            )
        returned, wrong = _returned(self.spec, self.spec.objective, result)
        wrong = wrong or _not_a_value(returned)
        return ((), wrong) if wrong else ((float(returned) + 0.0,), "")

    def rehearse(self) -> Rehearsal:
        """Try the whole file once before the first trial.

        Raises
        ------
        ExoError
            For a mistake in any function of the file, with its line, and for an objective that
            gives the same result two values. One that merely has no value for the one candidate
            tried (whatever else it raises) is left to the trials.
        """
        rehearsal = self.space.rehearse()
        fresh = ObjectiveSpec.compile(self.spec.source, self.spec.label)  # as each process does
        if replace(self.space, spec=fresh).rehearse().distributions != rehearsal.distributions:
            raise ExoError(
                f"{self.spec.label}: the search space is another one each time the file is run.",
                hint="It must not be drawn at random.",
            )
        result = self.run(rehearsal.params)
        self.own_constraints = self._named(result, fresh)
        if self.objectives or math.isnan(result.metric("sharpe")):
            return rehearsal
        _seal(result)
        first = _tried(self.spec, result)
        for again in (_tried(self.spec, result), _tried(fresh, result)):
            if again == first:
                continue
            raise ExoError(
                f"{self.spec.label}: objective {first} and then {again} for the same result.",
                hint="It must depend on the result alone: draw no random numbers, keep no state.",
            )
        return rehearsal

    def _named(self, result: BacktestResult, fresh: ObjectiveSpec) -> tuple[str, ...]:
        """The names of the file's own constraints, which must be the same for every trial.

        Raises
        ------
        ExoError
            If it has none to say for the first candidate, or others when it is asked again.
        """
        own, wrong = _own_distances(self.spec, result)
        if wrong:
            raise ExoError(
                f"{self.spec.label}: {wrong}.",
                hint="Return the same names for every result; NaN where a value is undefined.",
            )
        for spec in (self.spec, fresh):
            again, _ = _own_distances(spec, result)
            if repr(again) != repr(own):  # NaN is what it was
                raise ExoError(
                    f"{self.spec.label}: constraints returned {own} and then {again} for the same "
                    "result.",
                    hint="It must depend on the result alone: draw no random numbers, keep no "
                    "state.",
                )
        return tuple(own)

    def _constraints(
        self, candidate: Candidate, result: BacktestResult
    ) -> tuple[tuple[float, ...], str]:
        """Distances in the order of `constraint_names`, or () and the reason why there are none."""
        built_in = tuple(
            CONSTRAINTS[name].distance(limit, Run(candidate, result))
            for name, limit in self.spec.limits.items()
        )
        if not self.spec.own_constraints:
            return built_in, ""
        own, wrong = _own_distances(self.spec, result)
        if not wrong and self.own_constraints not in (None, tuple(own)):
            expected = ", ".join(self.own_constraints or ())
            wrong = f"constraints returned {', '.join(own) or 'none'}, at first {expected}"
        return ((), wrong) if wrong else ((*built_in, *own.values()), "")


class _Watch:
    """Follows a run from checkpoint to checkpoint and ends it below the limit."""

    def __init__(self, evaluator: Evaluator, limits: Mapping[int, float]) -> None:
        self.values: dict[int, float] = {}
        self.reason = ""
        self._evaluator = evaluator
        self._limits = limits
        self._sign = 1.0 if evaluator.directions[0] == "maximize" else -1.0

    def __call__(self, step: int, result: BacktestResult) -> bool:
        values, _ = self._evaluator.judge(result)
        if values:
            self.values[step] = values[0]
        if step not in self._limits or not self.values:
            return False
        sign, limit = self._sign, self._limits[step]
        best = sign * max(sign * value for value in self.values.values())
        if not sign * best < sign * limit:
            return False
        self.reason = f"pruned at {result.dates[-1]}: {best!r}, the limit is {limit!r}"
        return True


@dataclass(frozen=True, eq=False)
class EvaluatorParts:
    """An Evaluator as plain values: pickled once, its arrays shared, called in each process."""

    source: bytes
    label: str
    settings: Settings
    factor_names: tuple[str, ...]
    missing: tuple[str, ...]
    computed: tuple[ComputedFactor, ...]
    own_constraints: tuple[str, ...] | None
    arrays: dict[str, NDArray[Any]]
    ground: Ground | None

    def __call__(self) -> Evaluator:
        """The Evaluator; the file is compiled from its bytes, never read again."""
        spec = ObjectiveSpec.compile(self.source, self.label)
        settings = self.settings
        space = Space(
            spec, self.factor_names, self.missing, settings.hyperparameters, self.computed
        )
        evaluator = Evaluator.__new__(Evaluator)
        kernel = Kernel.from_arrays(self.arrays, settings.backtest)
        evaluator._set_up(space, settings, kernel, self.ground)
        evaluator.own_constraints = self.own_constraints
        return evaluator


def _seal(result: BacktestResult) -> None:
    """Keep the user's objective from changing what the constraints are computed from."""
    for array in (result.dates, result.returns, result.traded):
        array.flags.writeable = False


def _returned(
    spec: ObjectiveSpec, function: Callable[[BacktestResult], Any], result: BacktestResult
) -> tuple[Any, str]:
    """What a function of the objective file returns for a result, or None and why nothing."""
    _seal(result)
    try:
        with np.errstate(all="ignore"):
            return function(result), ""
    except MemoryError:  # the machine's failure, not the candidate's
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is the reason
        return None, spec.reason(error)


def _own_distances(spec: ObjectiveSpec, result: BacktestResult) -> tuple[dict[str, float], str]:
    """What the file's own constraints say of a result, or {} and the reason why nothing."""
    returned, wrong = _returned(spec, spec.constraints, result)
    if wrong:
        return {}, wrong
    own, wrong = own_distances(returned)
    return own, f"constraints {wrong}" if wrong else ""


def _tried(spec: ObjectiveSpec, result: BacktestResult) -> str:
    """What the objective does with a result, in words that are equal for equal outcomes."""
    with np.errstate(all="ignore"):
        try:
            returned = spec.objective(result)
        except _MISTAKES as error:
            raise spec.mistake(error) from error
        except Exception as error:  # noqa: BLE001 - the candidate's, and a trial's reason
            return f"raised {type(error).__name__}"
    if not isinstance(returned, numbers.Real) or isinstance(returned, bool):
        raise ExoError(f"{spec.label}: {_not_a_value(returned)}.", hint="Return one number.")
    return f"returned {returned}"


def _not_a_value(returned: Any) -> str:
    """Why what an objective returned is no value; '' if it is one."""
    if isinstance(returned, bool) or not isinstance(returned, numbers.Real):
        shown = "None" if returned is None else f"{returned!r:.60} ({type(returned).__name__})"
        return f"objective returned {shown}, expected a number"
    try:
        number = float(returned)
    except OverflowError:
        return "objective returned a number too large"
    return "" if math.isfinite(number) else f"objective returned {number}"
