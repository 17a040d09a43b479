"""Figures of a portfolio under a run's own rules, in and out of sample."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from mech_exo.backtest.comparison import universe_metrics
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.space import RANGES, Space
from mech_exo.system.memory import give_back_freed
from mech_exo.verdict.holdout import HoldoutLedger, portfolio_hash
from mech_exo.workflow.figures import Portfolio

if TYPE_CHECKING:
    from mech_exo.config.settings import Settings
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import Parameter
    from mech_exo.objective.spec import ObjectiveSpec

Params = Mapping[str, "Parameter"]


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

    @cached_property
    def evaluators(self) -> tuple[Evaluator, ...]:
        """In sample and, if there is one, on the holdout."""
        made = tuple(
            Evaluator(self._spec, part, self._settings, self._market)
            for part in (self._in_sample, self._holdout)
            if part is not None
        )
        give_back_freed()
        return made

    def let_go(self) -> None:
        """Give back the memory of its backtests; they are prepared again when one is asked for."""
        if "evaluators" in vars(self):
            _ = self.space  # takes no memory, and is asked for without a backtest
            del self.evaluators
            give_back_freed()

    @cached_property
    def space(self) -> Space:
        """The objective file's space."""
        return self.evaluators[0].space

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

    def portfolio(self, label: str, params: Params, ledger: HoldoutLedger, by: str) -> Portfolio:
        """The portfolio of these parameters and its figures.

        Where there is a holdout, that is a look at it, which is entered first.

        Parameters
        ----------
        by
            What looks, for the ledger ("optuna-run: trial 42 of study factor_opt").
        """
        look, looks, held = 0, 0, None
        if self._holdout is not None:
            from mech_exo.tuning.looks import distinct, rank

            held = self.evaluators[1].run(params)
            entered = ledger.enter(self.evaluators[1], params, held, by)
            look = rank(entered, portfolio_hash(self.space, params))
            looks = distinct(entered)
        inside = self.evaluators[0].run(params, keep_holdings=True)
        return Portfolio(
            label=label,
            weights=self.weights(params),
            hyperparameters=self.hyperparameters(params),
            in_sample=inside.metrics(),
            out_of_sample=None if held is None else held.metrics(),
            look=look,
            looks=looks,
            occupancy=inside.occupancy,
            parameters=self.space.arguments(params),
        )

    def universe(self, params: Params) -> Portfolio:
        """The equal-weighted tradable universe at these parameters' invested share.

        No look: it is what portfolios are measured against, and nobody can choose it.
        """
        figures = [universe_metrics(evaluator.run(params)) for evaluator in self.evaluators]
        return Portfolio(
            label="universe",
            weights={},
            hyperparameters={"cash_pct": self.space.candidate(params).cash_pct},
            in_sample=figures[0],
            out_of_sample=figures[1] if len(figures) > 1 else None,
        )
