"""The numeric axes of a space, for those who look at its points without a sampler."""

from collections.abc import Callable
from typing import Any

from optuna.distributions import CategoricalDistribution

from mech_exo.tuning.asking import draw_once
from mech_exo.tuning.cube import Cube


def numeric_axes(suggest: Callable[[Any], Any], seed: int) -> Cube:
    """The unit cube of the float and integer parameters that `suggest` asks for when tried."""
    _, space = draw_once(suggest, seed)
    return Cube(
        {n: d for n, d in space.items() if not isinstance(d, CategoricalDistribution)}, "validate"
    )
