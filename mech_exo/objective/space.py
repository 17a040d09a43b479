"""The search space: which parameters the user's file suggests, and what they mean."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.doc_pages import see_page
from mech_exo.config.portfolio_settings import PortfolioSettings
from mech_exo.config.settings import HyperparameterSettings, Settings
from mech_exo.data.lookbacks import WINDOWS, bounds_of
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import WEIGHT, Parameter
from mech_exo.objective.computed_factors import ComputedFactor, computed_factors, factor_of
from mech_exo.objective.distribution import Distribution
from mech_exo.objective.exposures import Factor
from mech_exo.objective.mandates import RULES, SECTIONS, Mandates, lacking
from mech_exo.objective.ranges import Allowed, Limits, in_words, within
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.objective.trial import SpaceTrial, Suggested

RANGES: dict[str, Allowed] = {
    "cash_pct": Limits(0.0, True, 1.0, False),
    "stop_loss_pct": Limits(0.0, False, 1.0, True),
    "position_size_pct": Limits(0.0, False, 1.0, True),
}
LARGEST_WEIGHT = 1e6  # beyond it a score does not fit the grid on which scores are ranked


@dataclass(frozen=True, eq=False)
class Space:
    """The user's space over one panel.

    Attributes
    ----------
    factor_names
        [K] factors that have data, in the order of a candidate's weights: the panel's, then the
        file's own that the panel does not hold yet.
    missing
        Known factors without data: their weight is 0 and no parameter.
    computed
        Built-in factors whose windows may be suggested.
    portfolio
        What the settings say of the portfolio.
    lacking
        Kinds of data that are not there (`mandates.lacking`), which a rule may need.
    """

    spec: ObjectiveSpec
    factor_names: tuple[str, ...]
    missing: tuple[str, ...]
    defaults: HyperparameterSettings
    computed: tuple[ComputedFactor, ...] = ()
    portfolio: PortfolioSettings = field(default_factory=PortfolioSettings)
    lacking: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: ObjectiveSpec, panel: Panel, settings: Settings) -> "Space":
        """The space of a file on a panel, extended by the file's own factors or not.

        Raises
        ------
        ExoError
            For a rule of `portfolio` that cannot hold on these data or beside the file's construct.
        """
        own = tuple(f.name for f in spec.factors if f.name not in panel.factor_names)
        missing = tuple(name for name in panel.missing_factors if name not in own)
        computed = computed_factors(panel, settings.factors, _arguments(spec))
        space = cls(
            spec,
            panel.factor_names + own,
            missing,
            settings.hyperparameters,
            computed,
            settings.portfolio,
            lacking(panel),
        )
        space.mandates.check()
        return space

    def suggest(self, trial: Any) -> Suggested:
        """Draw one candidate: the user's function on `trial` (`suggest_float`, …).

        Raises
        ------
        ExoError
            For a mistake in the user's function and for a parameter that means nothing, with the
            line. What `trial` raises itself passes as it is.
        """
        wrapped = SpaceTrial(trial, self)
        returned = self.spec.suggest(wrapped)
        return Suggested(wrapped.params, wrapped.distributions, wrapped.fixed, returned)

    def problem(self, name: str, distribution: Distribution) -> tuple[str, str] | None:
        """What is wrong with suggesting `name` so, and a hint; None if nothing is."""
        if name not in self._limits:
            return self._meaningless(name)
        if name in self.windows:
            problem = self._window_problem(name, distribution)
            if problem:
                return problem
        values = distribution.choices or (distribution.low, distribution.high)
        wrong = [v for v in values if not within(v, self._limits[name])]  # None among them
        if not wrong:
            return self.mandates.problem(name, distribution)
        return f"{name!r} can be {wrong[0]!r}, must be {in_words(self._limits[name])}", ""

    def _window_problem(self, name: str, distribution: Distribution) -> tuple[str, str] | None:
        if distribution.kind == "float":
            return f"{name!r} is a float, must be a whole number", "Use trial.suggest_int."
        if self.spec.windowed:
            return None
        return (  # no worker of the study has the prices then
            f"the name {name!r} is put together where it cannot be seen",
            f"Write it as it is: trial.suggest_int({name!r}, …).",
        )

    @cached_property
    def checked(self) -> dict[tuple[Any, ...], Distribution]:
        """Ranges that were found to be good, by the words in which they were asked for."""
        return {}

    @cached_property
    def _limits(self) -> dict[str, Allowed]:
        """Every name that means something -> its limits; None: whatever its factor takes."""
        weights = [WEIGHT + name for name in self.factor_names + self.missing]
        largest = Limits(-LARGEST_WEIGHT, True, LARGEST_WEIGHT, True)
        windows = {name: _window_limits(name) for name in self.windows}
        own = dict.fromkeys(_arguments(self.spec))
        known = self.mandates.allowed | own | windows
        return known | dict.fromkeys(weights, largest) | RANGES

    @cached_property
    def mandates(self) -> Mandates:
        """How parameters and settings make a mandate."""
        return Mandates(self.spec, self.portfolio, _arguments(self.spec), self.lacking)

    @cached_property
    def windows(self) -> dict[str, int]:
        """Windows that may be suggested -> their values where they are not."""
        return {name: value for f in self.computed for name, value in f.defaults.items()}

    def candidate(self, params: Mapping[str, Parameter]) -> Candidate:
        """The candidate that `params` name; a pure function of them.

        Weights stand in the order of `factor_names`, 0 where `params` has none; hyperparameters
        that it leaves out come from the settings. The weight of a known factor without data
        counts as 0 (`without_data` names those).

        Raises
        ------
        ExoError
            For a name that means nothing in this space or a value outside its range.
        """
        for name, value in params.items():
            if name not in self._limits:
                message, hint = self._meaningless(name)
                raise ExoError(f"{self.spec.label}: {message}.", hint=hint)
            if not within(value, self._limits[name]):
                raise ExoError(f"{name!r} is {value!r}, must be {in_words(self._limits[name])}.")
        weights = [float(params.get(WEIGHT + n) or 0.0) + 0.0 for n in self.factor_names]
        trading = {n: float(params.get(n, getattr(self.defaults, n)) or 0.0) for n in RANGES}
        mandate = self.mandates.mandate(params)
        return Candidate(weights=np.array(weights, dtype=np.float64), mandate=mandate, **trading)

    def meaningful(self, params: Mapping[str, Parameter]) -> dict[str, Parameter]:
        """Those of a foreign file's parameters that mean something here."""
        return {name: value for name, value in params.items() if name in self._limits}

    def with_data(self, params: Mapping[str, Parameter]) -> dict[str, Parameter]:
        """All but the weights of known factors without data, which count as 0.

        Unlike `meaningful` it leaves what means nothing here, for `candidate` to refuse.
        """
        idle = {WEIGHT + name for name in self.missing}
        return {name: value for name, value in params.items() if name not in idle}

    def without_data(self, params: Mapping[str, Parameter]) -> tuple[str, ...]:
        """Factors to which `params` gives a weight other than 0 although they have no data."""
        return tuple(name for name in self.missing if params.get(WEIGHT + name))

    def arguments(self, params: Mapping[str, Parameter]) -> dict[str, dict[str, Parameter]]:
        """Factor -> the arguments that `params` give it (for the factor file).

        Of the file's factors; of built-in ones where a window is suggested or set.
        """
        own = {f.name: f.arguments(params) for f in self.spec.factors if f.parametrised}
        stated = (f for f in self.computed if f.stated or f.named_by(params))
        return own | {f.name: f.arguments(params) for f in stated}

    def to_compute(self, params: Mapping[str, Parameter]) -> dict[Factor, dict[str, Parameter]]:
        """Factor -> arguments of those whose scores under `params` the panel does not hold."""
        own: dict[Factor, dict[str, Parameter]] = {
            f: f.arguments(params) for f in self.spec.factors if f.parametrised
        }
        windows = {f: f.arguments(params) for f in self.computed}
        return own | {f: given for f, given in windows.items() if given != f.defaults}

    def _meaningless(self, name: str) -> tuple[str, str]:
        near = difflib.get_close_matches(name, self._limits, n=1, cutoff=0.7)
        hint = f"Did you mean {near[0]!r}?" if near else ""
        if name.startswith(WEIGHT):
            factors = ", ".join(self.factor_names + self.missing)
            return (
                f"{name!r}: there is no factor {name.removeprefix(WEIGHT)!r}",
                hint or f"Factors: {factors}.",
            )
        built_in = factor_of(name)
        if built_in in self.factor_names and _arguments(self.spec).isdisjoint(WINDOWS):
            return (
                f"{name!r} is the window of {built_in}, which the data give: nothing is computed",
                "Leave the window out, or rename the column (data.factors: columns).",
            )
        return (
            f"{name!r} is neither a weight (weight_<factor>) nor one of {', '.join(RANGES)}, and "
            f"no factor takes it{'' if self.spec.construct is None else ', nor does construct'}",
            (name not in SECTIONS and hint) or self._where_it_belongs(name),
        )

    def _where_it_belongs(self, name: str) -> str:
        if name in SECTIONS:
            rules = ", ".join(rule for rule in RULES if rule in self.mandates.allowed)
            return (
                f"{SECTIONS[name]}.{name} is a setting that holds for all trials. "
                f"Rules of the portfolio that a trial can draw: {rules}."
            )
        if self.spec.construct is None:
            return f"Give a factor the argument {name} ({see_page('objective')})."
        return f"Read it in construct, as params[{name!r}], or give a factor the argument {name}."


def _arguments(spec: ObjectiveSpec) -> set[str]:
    """Parameters that a factor of the file takes."""
    return {parameter for factor in spec.factors for parameter in factor.defaults}


def _window_limits(name: str) -> Limits:
    low, high = bounds_of(name)
    return Limits(low, True, high, True, whole=True)
