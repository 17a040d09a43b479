"""Samplers, one in a file of its own: `tuning/samplers/NAME.py` holds the class whose name is NAME.

The class says what it is: how a factor file calls it, whether its trials may be pruned, whether it
draws a fixed list of parameters. Nobody else compares names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mech_exo.config.settings import TuningSettings
    from mech_exo.objective.evaluation import Direction
    from mech_exo.tuning.cube import Ranges
    from mech_exo.tuning.samplers.base import Sampler
    from mech_exo.tuning.told_trials import ToldTrials


def sampler_class(name: str) -> type[Sampler]:
    """The class of the sampler that `tuning.sampler` calls `name`."""
    from mech_exo.tuning.samplers.base import Sampler

    found = vars(import_module(f"mech_exo.tuning.samplers.{name}")).values()
    classes = [c for c in found if isinstance(c, type) and issubclass(c, Sampler)]
    return next(c for c in classes if vars(c).get("name") == name)


def make_sampler(
    settings: TuningSettings, space: Ranges, directions: tuple[Direction, ...], history: ToldTrials
) -> Sampler:
    """The sampler that `tuning.sampler` names.

    `space` is what the objective file suggested when it was tried; samplers that need all
    parameters beforehand (`fixed_space`) draw exactly these.
    """
    return sampler_class(settings.sampler).made(settings, space, directions, history)
