"""Samplers by name, each in a file of its own; `base.py` is what the engine asks of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mech_exo.config.settings import TuningSettings
    from mech_exo.tuning.cube import Space
    from mech_exo.tuning.samplers.base import Sampler
    from mech_exo.tuning.study_record import Direction
    from mech_exo.tuning.told_trials import ToldTrials


def make_sampler(
    settings: TuningSettings, space: Space, directions: tuple[Direction, ...], history: ToldTrials
) -> Sampler:
    """The sampler that `tuning.sampler` names.

    `space` is what the objective file suggested when it was tried; samplers that need all
    parameters beforehand (cmaes, qmc) draw exactly these.
    """
    match settings.sampler:
        case "tpe":
            from mech_exo.tuning.samplers.tpe import TPE

            return TPE(settings.window, space, directions, history)
        case "cmaes":
            from mech_exo.tuning.samplers.cmaes import CMAES

            return CMAES(settings.population, space, directions, settings.seed)
        case "nsga2":
            from mech_exo.tuning.samplers.nsga2 import NSGA2

            return NSGA2(settings.population)
        case "qmc":
            from mech_exo.tuning.samplers.qmc import QMC

            return QMC(settings.window, space, settings.seed)
        case "random":
            from mech_exo.tuning.samplers.random import Random

            return Random(settings.window)
        case "gp":
            from mech_exo.tuning.samplers.gp import GP

            return GP(settings.window)
