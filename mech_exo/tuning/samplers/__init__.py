"""Samplers, one in a file of its own: `tuning/samplers/NAME.py` holds the class whose name is NAME.

The class says what it is: how a factor file calls it, whether its trials may be pruned, whether it
draws a fixed list of parameters. Nobody else compares names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mech_exo.config.settings import TuningSettings
    from mech_exo.tuning.samplers.base import Sampler


def sampler_class(name: str) -> type[Sampler]:
    """The class of the sampler that `tuning.sampler` calls `name`."""
    from mech_exo.tuning.samplers.base import Sampler

    found = vars(import_module(f"mech_exo.tuning.samplers.{name}")).values()
    classes = [c for c in found if isinstance(c, type) and issubclass(c, Sampler)]
    return next(c for c in classes if vars(c).get("name") == name)


def pruner_of(settings: TuningSettings, objectives: int) -> str:
    """The pruner that a search really has.

    None with a sampler that cannot do with trials that ended early, and none of several objectives,
    which leave no one value to compare.
    """
    prunes = objectives == 1 and sampler_class(settings.sampler).prunable
    return settings.pruner if prunes else "none"
