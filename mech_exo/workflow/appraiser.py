"""Figures of a portfolio under a run's own rules, in and out of sample."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from mech_exo.backtest.comparison import universe_metrics
from mech_exo.errors import ExoError
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.space import RANGES, Space
from mech_exo.system.memory import give_back_freed
from mech_exo.verdict.holdout import HoldoutLedger, portfolio_hash
from mech_exo.workflow.figures import Dates, Metrics, Portfolio

if TYPE_CHECKING:
    from mech_exo.backtest.capacity import Capacity
    from mech_exo.backtest.result import BacktestResult
    from mech_exo.config.settings import Settings
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import Parameter
    from mech_exo.objective.spec import ObjectiveSpec

Params = Mapping[str, "Parameter"]
T = TypeVar("T")


class Appraisee(NamedTuple):
    """A portfolio whose figures are asked for.

    Attributes
    ----------
    by
        What looks, for the ledger ("optuna-run: trial 42 of study factor_opt").
    spare
        Whether it is left out where it cannot be run, instead of ending the run.
    """

    label: str
    params: Params
    by: str
    spare: bool = False


class Appraised(NamedTuple):
    """Portfolios in the order in which they were asked for; the universe at the last one's cash.

    Attributes
    ----------
    failures
        Label of what was left out -> why.
    """

    portfolios: tuple[Portfolio, ...]
    universe: Portfolio
    failures: Mapping[str, str]


def _each(
    asked: Sequence[Appraisee], work: Callable[[Appraisee], T], failures: dict[str, str]
) -> dict[str, T]:
    """Label -> what `work` finds; a spare portfolio that fails is left out, with its reason."""
    found: dict[str, T] = {}
    for one in asked:
        try:
            found[one.label] = work(one)
        except ExoError as error:
            if not one.spare:
                raise
            failures[one.label] = error.message
    return found


def _dates(result: "BacktestResult") -> Dates:
    """Of the path that the figures are of."""
    return str(result.dates[0]), str(result.dates[-1])


class Appraiser:
    """Backtests a trial's parameters on the in-sample part and, alone, on the holdout.

    The holdout's path begins with its own first rebalance date; nothing is carried over.

    Parameters
    ----------
    in_sample, holdout
        Parts of one panel; None without a holdout.
    """

    def __init__(
        self,
        spec: "ObjectiveSpec",
        settings: "Settings",
        market: "Market",
        in_sample: "Panel",
        holdout: "Panel | None",
    ) -> None:
        self._spec, self._settings, self._market = spec, settings, market
        self._in_sample, self._holdout = in_sample, holdout
        self._prepared: tuple[Panel, Evaluator] | None = None

    @property
    def in_sample(self) -> Evaluator:
        """In sample; the other part's is let go."""
        return self._evaluator(self._in_sample)

    @property
    def last_part(self) -> Evaluator:
        """On the holdout if there is one, else in sample; the other part's is let go."""
        return self._evaluator(self._in_sample if self._holdout is None else self._holdout)

    def _evaluator(self, part: "Panel") -> Evaluator:
        if self._prepared is None or self._prepared[0] is not part:
            self.let_go()  # before the next: of a large panel, each is as large as the panel
            made = Evaluator(self._spec, part, self._settings, self._market)
            give_back_freed()
            self._prepared = part, made
        return self._prepared[1]

    def let_go(self) -> None:
        """Give back the memory of its backtest; it is prepared again when it is asked for."""
        if self._prepared is not None:
            _ = self.space  # takes no memory, and is asked for without a backtest
            self._prepared = None
            give_back_freed()

    @cached_property
    def space(self) -> Space:
        """The objective file's space."""
        return (self._prepared or (None, self.in_sample))[1].space

    @property
    def categories(self) -> dict[str, str]:
        """Factor -> category, those without data and the file's own included."""
        panel = self._in_sample
        known = dict(zip(panel.factor_names, panel.factor_categories, strict=True))
        own = {factor.name: factor.category for factor in self._spec.factors}
        return known | own | self._missing

    @property
    def _missing(self) -> dict[str, str]:
        return {n: self._in_sample.missing_factors[n] for n in self.space.missing}

    def weights(self, params: Params) -> dict[str, float]:
        """Factor -> weight, those without data included."""
        candidate = self.space.candidate(params)
        weights = dict(zip(self.space.factor_names, candidate.weights.tolist(), strict=True))
        return weights | dict.fromkeys(self.space.missing, 0.0)

    def hyperparameters(self, params: Params) -> dict[str, float]:
        """Those of the parameters, else of the settings."""
        candidate = self.space.candidate(params)
        return {name: float(getattr(candidate, name)) for name in RANGES}

    def appraise(self, asked: Sequence[Appraisee], ledger: HoldoutLedger | None) -> Appraised:
        """The portfolios of some parameters with their figures, and the universe beside the last.

        The last one, which a result is of, comes with its capacity.

        In sample first, then on the holdout: only one of them is held at a time. Where there is a
        holdout, each portfolio is a look at it, which is entered before its figures are known. The
        universe is no look: it is what portfolios are measured against, and nobody can choose it.

        Parameters
        ----------
        ledger
            None: none is needed, as each was seen there before and by nobody else.

        Raises
        ------
        ExoError
            Of a portfolio that cannot be run and is not spare.
        """
        failures: dict[str, str] = {}
        inside = _each(asked, self._inside, failures)
        portfolios = {label: portfolio for label, (portfolio, _) in inside.items()}
        last, candidate = asked[-1].label, self.space.candidate(asked[-1].params)
        capacity = self._capacity(asked[-1].params)
        portfolios[last] = replace(portfolios[last], capacity=capacity)
        universe = Portfolio(
            label=candidate.mandate.measured_against,
            weights={},
            hyperparameters={"cash_pct": candidate.cash_pct},
            in_sample=inside[last][1],
            out_of_sample=None,
        )
        if self._holdout is None:
            return Appraised(tuple(portfolios.values()), universe, failures)
        left = [one for one in asked if one.label in inside]
        seen = _each(left, lambda one: self._seen(one, ledger), failures)
        whole = (
            replace(
                portfolios[label],
                out_of_sample=held.metrics(),
                dates_out_of_sample=_dates(held),
                look=look,
                looks=looks,
            )
            for label, (held, look, looks) in seen.items()
        )
        universe = replace(universe, out_of_sample=universe_metrics(seen[last][0]))
        return Appraised(tuple(whole), universe, failures)

    def _inside(self, one: Appraisee) -> tuple[Portfolio, Metrics]:
        """What needs no holdout, and the figures of the universe beside it."""
        result = self.in_sample.run(one.params, keep_holdings=True)
        portfolio = Portfolio(
            label=one.label,
            weights=self.weights(one.params),
            hyperparameters=self.hyperparameters(one.params),
            in_sample=result.metrics(),
            out_of_sample=None,
            dates_in_sample=_dates(result),
            occupancy=result.occupancy,
            sides_apart=self._sides_apart(one.params, result),
            parameters=self.space.arguments(one.params),
            rules=self.space.mandates.block(one.params),
        )
        return portfolio, universe_metrics(result)

    def _sides_apart(self, params: Params, result: "BacktestResult") -> float | None:
        """Largest net exposure after an execution; None of a side alone, and of a construct."""
        if self.space.candidate(params).mandate.side != "long_short":
            return None
        return float(abs(result.holdings.sum(axis=1)).max())

    def _capacity(self, params: Params) -> "Capacity | None":
        from mech_exo.backtest.capacity import capacity_of

        kernel = self.in_sample.kernel(params)
        return capacity_of(kernel, self.space.candidate(params), self._in_sample)

    def _seen(
        self, one: Appraisee, ledger: HoldoutLedger | None
    ) -> tuple["BacktestResult", int, int]:
        """What the holdout shows, which look at it that is, and how many there were."""
        from mech_exo.tuning.looks import distinct, rank

        held = self.last_part.run(one.params)
        if ledger is None:
            return held, 0, 0
        entered = ledger.enter(self.last_part, one.params, held, one.by)
        return held, rank(entered, portfolio_hash(self.space, one.params)), distinct(entered)
