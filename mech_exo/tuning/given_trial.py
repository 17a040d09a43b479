"""A trial whose parameters are decided before the objective file asks for them."""

from collections.abc import Mapping
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FixedTrial

from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.cube import Ranges

MOST_KNOWN = 4096  # a file may ask for another range in each trial


class KnownRanges:
    """The ranges of a space, known again by the words in which they are asked for.

    A range is made and compared once, not in each trial.
    """

    def __init__(self, space: Ranges) -> None:
        self.space = dict(space)
        self._known: dict[tuple[Any, ...], BaseDistribution] = {}

    def numeric(
        self, kind: type[BaseDistribution], name: str, low: Any, high: Any, step: Any, log: bool
    ) -> BaseDistribution:
        """The range of a number; the space's own object where it is that of the space."""
        words = (kind, name, low, high, step, log)
        known = self._known.get(words)
        if known is None:
            known = kind(low, high, log=log, step=step)  # type: ignore[call-arg]
            if known == self.space.get(name):
                known = self.space[name]
            if len(self._known) == MOST_KNOWN:
                self._known.clear()
            self._known[words] = known
        return known

    def categorical(self, name: str, choices: Any) -> BaseDistribution:
        """The range of a choice. `True` and 1 are equal words, so that it is made each time."""
        asked = CategoricalDistribution(choices)
        return self.space[name] if asked == self.space.get(name) else asked


class GivenTrial(FixedTrial):
    """A FixedTrial of Optuna that knows the ranges of a space, and no others.

    Parameters
    ----------
    params
        One value within its range for every parameter of the space.

    Raises
    ------
    ValueError
        When another parameter or another range is asked for.
    """

    def __init__(self, params: Mapping[str, Parameter], number: int, ranges: KnownRanges) -> None:
        super().__init__(dict(params), number)
        self._ranges = ranges

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """The given number."""
        asked = self._ranges.numeric(FloatDistribution, name, low, high, step, log)
        return float(self._suggest(name, asked))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """The given whole number."""
        asked = self._ranges.numeric(IntDistribution, name, low, high, step, log)
        return int(self._suggest(name, asked))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """The given choice."""
        return self._suggest(name, self._ranges.categorical(name, choices))

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        if distribution is not self._ranges.space.get(name):
            raise ValueError(f"{name!r} is not asked for as it is given")
        self._distributions[name] = distribution
        value = self._suggested_params[name] = self._params[name]
        return value

    @property
    def asked_all(self) -> bool:
        """Whether the whole space was asked for, and nothing else."""
        return self._distributions == self._ranges.space

    @property
    def asked_in_order(self) -> bool:
        """Whether the space was asked for in its own order."""
        return self.asked_all and list(self._distributions) == list(self._ranges.space)
