"""One trial: from parameters to value, constraints and metrics. What a worker holds."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from numpy.typing import NDArray

from mech_exo.backtest.bankruptcy import ruined_on
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.result import BacktestResult
from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.objective.checkpoints import Checkpoints
from mech_exo.objective.computed_factors import ComputedFactor
from mech_exo.objective.constraints import CONSTRAINTS, Run
from mech_exo.objective.criteria import directions
from mech_exo.objective.evaluation import Direction, Evaluation
from mech_exo.objective.exposures import extend_panel, known
from mech_exo.objective.kernels import Ground, Kernels
from mech_exo.objective.mandates import decides_with_data
from mech_exo.objective.space import Space
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.objective.user_functions import distances_of, not_a_value, returned_by
from mech_exo.system.blas_threads import one_blas_thread
from mech_exo.system.memory import keep_freed
from mech_exo.system.parcel import Parcel

Params = Mapping[str, Parameter]
FLAT = "no Sharpe: returns are constant"


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
            seen = known(market if spec.reads_market else market.closes, panel)
            panel = extend_panel(panel, seen, spec, settings)
            ground = Ground(panel, seen)
        needed = decides_with_data(settings, spec)
        kernel = Kernel(panel, settings.backtest, decisions=needed)
        self._set_up(Space.of(spec, panel, settings), settings, kernel, ground)

    def _set_up(
        self, space: Space, settings: Settings, kernel: Kernel, ground: Ground | None
    ) -> None:
        one_blas_thread()
        keep_freed()
        self.space = space
        self.spec = space.spec
        self.settings = settings
        self.objectives = settings.tuning.objectives
        self.directions: tuple[Direction, ...] = directions(self.objectives)
        self.own_constraints: tuple[str, ...] | None = None  # known after `rehearse`
        self._kernels = Kernels(kernel, space.spec, settings, ground)

    def on(self, kernel: Kernel) -> "Evaluator":
        """The evaluator of the same candidates on a kernel with other returns (`Kernel.on`)."""
        evaluator = Evaluator.__new__(Evaluator)
        vars(evaluator).update(vars(self), _kernels=self._kernels.on(kernel))
        return evaluator

    @property
    def constraint_names(self) -> tuple[str, ...]:
        """Built-in constraints that the file sets, then its own, as the rehearsal named them."""
        return (*self.spec.limits, *(self.own_constraints or ()))

    @property
    def base(self) -> Kernel:
        """The kernel of candidates none of whose parameters changes a factor's scores."""
        return self._kernels.base

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

    def candidate(self, params: Params) -> Candidate:
        """The candidate that `params` name; see `Space.candidate`."""
        return self.space.candidate(params)

    def kernel(self, params: Params) -> Kernel:
        """The kernel that runs `params`: the same for all, unless factors take some of them."""
        return self._kernels.of(self.space.to_compute(params))

    def run(self, params: Params, *, keep_holdings: bool = False) -> BacktestResult:
        """The whole backtest of a trial, for reports and for `exo verify`."""
        candidate = self.space.candidate(params)  # refuses what no kernel could be made of
        return self.kernel(params).run(candidate, keep_holdings=keep_holdings)

    def run_all(self, trials: Sequence[Params]) -> Iterator[BacktestResult | ExoError]:
        """The backtest of each, many in one pass; the error of one that cannot be computed so."""
        candidates = [*map(self.space.candidate, trials)]  # refuses what no kernel could be made of
        return self._kernels.run_all(candidates, [*map(self.space.to_compute, trials)])

    def evaluate(
        self,
        params: Params,
        limits: Mapping[int, float] | None = None,
        *,
        measure: bool = True,
    ) -> Evaluation:
        """Backtest one trial and judge it; the same bits for the same arguments, always.

        A portfolio whose returns are constant (all cash) fails, whatever the objective: cash is
        never a best trial. So does one that lost everything with target weights (`ruin`), and one
        whose objective raises or is not a finite number.

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
        watch = None
        if limits is not None and len(self.directions) == 1:
            watch = Checkpoints(partial(self.score, candidate), self.directions[0], limits)
        try:
            result = self.kernel(params).run(candidate, watch)
        except ExoError as error:
            return self._judged(candidate, error, watch, measure)
        return self._judged(candidate, result, watch, measure)

    def evaluate_all(self, trials: Sequence[Params]) -> list[Evaluation]:
        """What `evaluate` gives of each, without limits and metrics; many in one pass."""
        results = zip(map(self.space.candidate, trials), self.run_all(trials), strict=True)
        return [self._judged(candidate, result, None, False) for candidate, result in results]

    def _judged(
        self,
        candidate: Candidate,
        result: BacktestResult | ExoError,
        watch: Checkpoints | None,
        measure: bool,
    ) -> Evaluation:
        if isinstance(result, ExoError):  # a factor or a construct that cannot be computed so
            return Evaluation("fail", reason=str(result.message))
        intermediate = watch.values if watch else {}
        if result.stopped_at is not None and watch and not self.ruin(candidate, result):
            values: tuple[float, ...] = (watch.values[max(watch.values)],)
            why = watch.reason
        else:
            values, why = self.score(candidate, result)
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

    def ruin(self, candidate: Candidate, result: BacktestResult) -> str:
        """When a portfolio of target weights lost everything, as a reason; "" if it did not.

        The names of a plain mandate are bought with what there is. Only where something is owed can
        one name take all; after that a mean of the returns may still be above 0.
        """
        if candidate.mandate.plain and not self.settings.backtest.impact:
            return ""
        day = ruined_on(result.dates, result.returns)
        return "" if day is None else f"ruined on {day}: the portfolio lost all it was worth"

    def score(self, candidate: Candidate, result: BacktestResult) -> tuple[tuple[float, ...], str]:
        """Objective values of a result, or () and the reason why it has none."""
        if lost := self.ruin(candidate, result):
            return (), lost
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
        returned, wrong = returned_by(self.spec, self.spec.objective, result)
        wrong = wrong or not_a_value(returned)
        return ((), wrong) if wrong else ((float(returned) + 0.0,), "")

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
        own, wrong = distances_of(self.spec, result)
        if not wrong and self.own_constraints not in (None, tuple(own)):
            expected = ", ".join(self.own_constraints or ())
            wrong = f"constraints returned {', '.join(own) or 'none'}, at first {expected}"
        return ((), wrong) if wrong else ((*built_in, *own.values()), "")


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

    def packed(self) -> Parcel:
        """The parts in a parcel; each large array is moved there, and held here no more."""
        parcel = Parcel()
        for name, array in self.arrays.items():
            self.arrays[name] = parcel.hold(array)
        parcel.pack(self)
        return parcel

    def __call__(self) -> Evaluator:
        """The Evaluator; the file is compiled from its bytes, never read again."""
        spec = ObjectiveSpec.compile(self.source, self.label)
        settings = self.settings
        space = Space(
            spec,
            self.factor_names,
            self.missing,
            settings.hyperparameters,
            self.computed,
            settings.portfolio,
        )
        evaluator = Evaluator.__new__(Evaluator)
        kernel = Kernel.from_arrays(self.arrays, settings.backtest)
        evaluator._set_up(space, settings, kernel, self.ground)
        evaluator.own_constraints = self.own_constraints
        return evaluator
