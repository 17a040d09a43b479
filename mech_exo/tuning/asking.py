"""The one place that asks.

Trial i is asked when exactly the first `needs(i)` trials of its epoch have been told, in the order
of their numbers, and draws its random numbers from SeedSequence(seed, i). So neither the speed of
the workers, nor their number, nor a kill and a resumption can change a suggestion.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution

from mech_exo.config.settings import TuningSettings
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.cube import Ranges, to_json
from mech_exo.tuning.given_trial import GivenTrial, KnownRanges
from mech_exo.tuning.problem import Problem
from mech_exo.tuning.pruning import MedianLimits
from mech_exo.tuning.samplers import pruner_of, sampler_class
from mech_exo.tuning.samplers.base import Needs
from mech_exo.tuning.study_record import TrialRecord
from mech_exo.tuning.told_trials import ToldTrials
from mech_exo.workforce.evaluation_work import Suggestion


class Asker:
    """Asks trials by their position in the epoch.

    Parameters
    ----------
    problem
        Its `suggest` is called once a trial.
    settings
        Sampler, seed, window, pruner.
    space
        What `suggest` asked for when it was tried.
    warm_start
        Parameters of trials 0, 1, …, already within the space.
    """

    def __init__(
        self,
        problem: Problem,
        settings: TuningSettings,
        space: Ranges,
        warm_start: Sequence[Mapping[str, Parameter]] = (),
    ) -> None:
        self._suggest = problem.suggest
        self._seed = settings.seed
        self._warm_start = tuple(warm_start)
        self._history = ToldTrials()
        needs = Needs(settings, space, problem.directions, self._history)
        self.sampler = sampler_class(settings.sampler).made(needs)
        self._ranges = KnownRanges(space)
        self._texts = {name: to_json(d) for name, d in space.items()}
        self._conditional = bool(problem.conditional)
        self._fixed = self.sampler.fixed_space
        pruner = pruner_of(settings, len(problem.directions))
        self._pruner = MedianLimits() if pruner == "median" else None
        self._records: list[TrialRecord] = []
        self._told = 0
        self._directions = problem.directions

    @property
    def known(self) -> int:
        """Number of finished trials that have been added."""
        return len(self._records)

    @property
    def finished(self) -> Sequence[TrialRecord]:
        """The trials that have been added, in number order."""
        return self._records

    @property
    def prunes(self) -> bool:
        """Whether trials may be pruned."""
        return self._pruner is not None

    def add(self, record: TrialRecord) -> None:
        """Add the next finished trial, in number order; it is told when its turn comes."""
        self._records.append(record)

    def ready(self, index: int) -> bool:
        """Whether trial `index` can be asked."""
        return self.sampler.needs(index) <= len(self._records)

    def ask(self, index: int) -> Suggestion:
        """Trial `index`; asked in increasing order."""
        needs = self.sampler.needs(index)
        if not self._told <= needs <= len(self._records):
            raise ValueError(f"trial {index} cannot be asked: {self._told} told, {needs} needed")
        while self._told < needs:
            self._tell(self._told)
        self.sampler.reseed(np.random.SeedSequence(self._seed, spawn_key=(index,)))
        params, distributions = self._asked(index)
        return Suggestion(
            index=index,
            params={n: v + 0.0 if isinstance(v, float) else v for n, v in params.items()},
            distributions={n: self._text(n, d) for n, d in distributions.items()},
            limits=self._pruner.limits() if self._pruner else None,
        )

    def _asked(self, index: int) -> tuple[Mapping[str, Any], Mapping[str, BaseDistribution]]:
        """Parameters and ranges of trial `index`."""
        given = self._given(index)
        guess = given or ({} if self._conditional else self.sampler.evenly())
        if guess.keys() == self._ranges.space.keys():
            trial = GivenTrial(guess, index, self._ranges)
            with contextlib.suppress(ValueError):  # for another parameter; below it is named
                self._suggest(trial)
                if trial.asked_all if given else trial.asked_in_order:
                    return trial.params, trial.distributions
        self._history.next_index = index
        self._history.next_fixed = given
        self._study.sampler = self.sampler.drawing()
        self._suggest(self._study.ask())
        if self._fixed:
            self._check_fixed(self._history.asked_space)
        return self._history.asked_params, self._history.asked_space

    @cached_property
    def _study(self) -> optuna.Study:
        """Of Optuna, where it draws."""
        return _study(self._history, self.sampler.optuna, self._directions)

    def _text(self, name: str, distribution: BaseDistribution) -> str:
        if distribution is self._ranges.space.get(name):
            return self._texts[name]
        return to_json(distribution)

    def _tell(self, index: int) -> None:
        record = self._records[index]
        self._history.tell(index, record)
        self.sampler.learn(record)
        if self._pruner:
            self._pruner.learn(record)
        self._told += 1

    def _given(self, index: int) -> Mapping[str, Any]:
        point = self.sampler.point(index)
        if index < len(self._warm_start):
            return {**point, **self._warm_start[index]}
        return point

    def _check_fixed(self, asked: Mapping[str, BaseDistribution]) -> None:
        space = self._ranges.space
        if asked == space:
            return
        for name in [*asked, *space]:
            if asked.get(name) != space.get(name):
                raise ExoError(
                    f"--sampler {self.sampler.name} needs the same parameters with the same ranges "
                    f"in every trial; the objective file's {name!r} differs between trials.",
                    hint="Use --sampler tpe.",
                )


def draw_once(
    suggest: Callable[[Any], Any], seed: int
) -> tuple[dict[str, Parameter], dict[str, BaseDistribution]]:
    """Parameters and ranges of one random candidate, drawn on a throw-away study."""
    history = ToldTrials()
    study = _study(history, optuna.samplers.RandomSampler(seed=seed % 2**32), ("maximize",))
    suggest(study.ask())
    return history.asked_params, history.asked_space


def _study(
    history: ToldTrials, sampler: optuna.samplers.BaseSampler, directions: tuple[Direction, ...]
) -> optuna.Study:
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # this study is nobody's news
    try:
        history.create_new_study(
            [optuna.study.StudyDirection[d.upper()] for d in directions], study_name="asking"
        )
    finally:
        optuna.logging.set_verbosity(verbosity)
    return optuna.Study("asking", history, sampler=sampler, pruner=optuna.pruners.NopPruner())
