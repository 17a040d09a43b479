"""What the user's function is handed as `trial`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from mech_exo.factor_file.document import WEIGHT, Parameter
from mech_exo.objective.distribution import Distribution, categorical, numeric
from mech_exo.objective.trace import SpaceError, TrialFailure

MOST_CHECKED = 4096  # a file may ask for another range in each trial


class SpaceRules(Protocol):
    """What a SpaceTrial asks of the space."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Known factors without data."""

    @property
    def checked(self) -> dict[tuple[Any, ...], Distribution]:
        """Ranges that were found to be good, by the words in which they are asked for."""

    def problem(self, name: str, distribution: Distribution) -> tuple[str, str] | None:
        """What is wrong with a parameter, and a hint."""


@dataclass(frozen=True)
class Suggested:
    """One run of the user's function.

    Attributes
    ----------
    params, distributions
        What was asked of the tuner's trial, in this order.
    fixed
        Weights of factors without data, answered with 0 and not asked.
    returned
        What the function returned; it has no meaning.
    """

    params: dict[str, Parameter]
    distributions: dict[str, Distribution]
    fixed: tuple[str, ...] = ()
    returned: Any = field(default=None, repr=False)


class SpaceTrial:
    """A tuner's trial, restricted to parameters that mean something.

    It has Optuna's three `suggest_…` methods and `params`; a weight of a factor without data is 0
    without being asked. Whatever else is asked of it is an AttributeError that says what there is.
    """

    def __init__(self, trial: Any, space: SpaceRules) -> None:
        self._trial = trial
        self._space = space
        self.distributions: dict[str, Distribution] = {}
        self._params: dict[str, Parameter] = {}
        self._fixed: list[str] = []

    @property
    def params(self) -> dict[str, Parameter]:
        """What was suggested so far."""
        return dict(self._params)

    @property
    def fixed(self) -> tuple[str, ...]:
        """Weights that were asked for although their factor has no data."""
        return tuple(self._fixed)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A number from `low` to `high`."""
        distribution = self._numeric("float", name, low, high, step, log)

        def ask() -> float:
            return float(self._trial.suggest_float(name, low, high, step=step, log=log))

        return float(self._ask(name, distribution, ask) or 0.0)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """A whole number from `low` to `high`."""
        distribution = self._numeric("int", name, low, high, step, log)

        def ask() -> int:
            return int(self._trial.suggest_int(name, low, high, step=step, log=log))

        return int(self._ask(name, distribution, ask) or 0)

    def suggest_categorical(self, name: str, choices: Any) -> Parameter:
        """One of `choices`."""
        distribution = self._good(name, categorical(self._name(name), choices))

        def ask() -> Parameter:
            chosen: Parameter = self._trial.suggest_categorical(name, list(distribution.choices))
            return chosen

        return self._ask(name, distribution, ask)

    def _numeric(
        self, kind: Literal["float", "int"], name: Any, low: Any, high: Any, step: Any, log: bool
    ) -> Distribution:
        """A range of numbers; one that every trial asks for is checked once."""
        # 1, 1.0 and True are equal, and not equally good
        words = (kind, name, low, high, step, log, type(low), type(high), type(step))
        checked = self._space.checked
        try:
            if words in checked:
                return checked[words]
        except TypeError:  # of something that has no hash, and is no number
            return numeric(kind, self._name(name), low, high, step, log)
        found = self._good(name, numeric(kind, self._name(name), low, high, step, log))
        if len(checked) == MOST_CHECKED:
            checked.clear()
        checked[words] = found
        return found

    def _good(self, name: str, distribution: Distribution) -> Distribution:
        problem = self._space.problem(name, distribution)
        if problem:
            raise SpaceError(*problem)
        return distribution

    @staticmethod
    def _name(name: Any) -> str:
        if not isinstance(name, str):
            raise SpaceError(f"a parameter's name is {name!r}, expected text")
        return name

    def _ask(
        self, name: str, distribution: Distribution, suggest: Callable[[], Parameter]
    ) -> Parameter:
        if name in self.distributions:
            return self._again(name, distribution)
        if name.removeprefix(WEIGHT) in self._space.missing and name.startswith(WEIGHT):
            if name not in self._fixed:
                self._fixed.append(name)
            return 0.0
        try:
            value = suggest()
        except Exception as error:
            raise TrialFailure(error) from error
        self.distributions[name] = distribution
        self._params[name] = value
        return value

    def _again(self, name: str, distribution: Distribution) -> Parameter:
        first = self.distributions[name]
        if first != distribution:
            raise SpaceError(
                f"{name!r} is suggested twice, as {first.describe()} and as "
                f"{distribution.describe()}",
                "One parameter has one range; give the second another name.",
            )
        return self._params[name]
