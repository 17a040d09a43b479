"""The studies of a calibration, as one worker does them: each on its own panel, with its own seeds.

A study depends on its part and number alone, so neither the number of jobs nor an interruption
changes one.
"""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.backtest.kernel_version import KERNEL_VERSION
from mech_exo.calibration.judged_study import StudyInputs, judge_study
from mech_exo.calibration.noise_factors import with_noise_factors
from mech_exo.calibration.premia import UnskilledMarket
from mech_exo.config.settings import Settings
from mech_exo.data.panel import Panel
from mech_exo.objective.exposures import data_fingerprint, extend_panel, liquidity_part
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.verdict.decision import VERDICT_VERSION

if TYPE_CHECKING:
    from mech_exo.tuning.replicates import Payload

CALIBRATION_VERSION = "1"  # of the panels that are made
CALIBRATION_KEY = 0x63616C69  # separates these random numbers from all others
NOISE = "noise"  # part of the studies without skill
THOUSAND = 1000  # a premium is numbered by its ratio in thousandths


@dataclass(frozen=True, eq=False, kw_only=True)
class SyntheticStudies:
    """All that a study of the calibration depends on; called in a worker, it makes the worker.

    Attributes
    ----------
    inputs
        The user's own; the settings have the number of placebos of each study.
    factor, sign
        Where the premium is, and whether high scores earn it (+1) or low ones (−1).
    strengths
        Ratio -> strength of the premium that gives it; empty where they are to be found.
    """

    inputs: StudyInputs
    factor: str
    sign: float
    strengths: dict[float, float]

    def __call__(self) -> "StudyMaker":
        """The worker."""
        return StudyMaker(self)

    def skill_part(self, ratio: float) -> str:
        """Part of the studies with a premium."""
        return f"{self.factor} at {ratio:g}"

    @property
    def premium_part(self) -> str:
        """Part of the strengths."""
        return f"premium of {self.factor}"

    @property
    def key(self) -> str:
        """SHA-256 over everything that a study depends on but its part and number."""
        x, plain = self.inputs, self.inputs.settings.as_dict()
        for section in ("storage", "promote", "reoptimize", "notify"):
            del plain[section]
        spec = ObjectiveSpec.compile(x.objective.source, x.objective.label)
        benchmark = x.benchmark
        content = {
            "versions": [KERNEL_VERSION, VERDICT_VERSION, CALIBRATION_VERSION],
            "objective": x.objective.sha256,
            "settings": plain,
            "data": data_fingerprint(x.panel, x.market, spec),
            **liquidity_part(x.panel, x.settings, spec),
            "trials": x.trials,
            "patience": x.patience,
            "warm_start": [sorted(v.items()) for v in x.warm_start],
            "benchmark": None
            if benchmark is None
            else hashlib.sha256(benchmark.tobytes()).hexdigest(),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class StudyMaker:
    """Makes and judges single studies.

    Part `noise`: the user's returns, and noise in the shape of the factors. A part of a ratio: the
    user's factors, returns without the skill of the past, and a premium of that ratio. Part of the
    premium: the strength that gives a ratio.
    """

    def __init__(self, studies: SyntheticStudies) -> None:
        self._x = studies
        self._parts = {studies.skill_part(r): s for r, s in studies.strengths.items()}
        objective = studies.inputs.objective
        self._spec = ObjectiveSpec.compile(objective.source, objective.label)

    @cached_property
    def _market(self) -> UnskilledMarket:
        x, panel = self._x.inputs, self._x.inputs.panel
        if x.market is not None and self._spec.factors:
            panel = extend_panel(panel, x.market, self._spec, x.settings)
        return UnskilledMarket(panel, x.settings.backtest)

    def replicate(self, part: str, number: int) -> "Payload":
        """One study, or one premium, as plain values."""
        begun, seeds = time.perf_counter(), study_seeds(self._x.inputs.settings, part, number)
        if part == self._x.premium_part:
            found = self._market.premium(
                self._x.factor, self._x.sign, number / THOUSAND, seeds.history
            )
            result: Payload = {"strength": found.strength, "ratio": found.ratio}
        else:
            result = self._judged(part, seeds)
        return {**result, "seconds": time.perf_counter() - begun}

    def _judged(self, part: str, seeds: "StudySeeds") -> "Payload":
        x = self._x.inputs
        panel = self._noise(seeds) if part == NOISE else self._paid(self._parts[part], seeds)
        tuning = replace(x.settings.tuning, seed=seeds.search)
        study = judge_study(
            replace(x, panel=panel, settings=replace(x.settings, tuning=tuning)), sparing=True
        )
        verdict = x.settings.verdict
        luck = study.placebo
        return {
            "passes": study.passes,
            "feasible": study.feasible,
            "walk_forward": study.parts.walk_forward,
            "holdout": study.parts.holdout,
            "placebo": None if luck is None else luck.p,
            "searches": 1 + verdict.windows + (0 if luck is None else verdict.placebos),
        }

    def _noise(self, seeds: "StudySeeds") -> Panel:
        """Noise in the place of the factors.

        What the objective file computes from prices itself stays as it is; there the residuals are
        turned round in random runs too, so that it knows nothing either.
        """
        panel = with_noise_factors(self._x.inputs.panel, seeds.history)
        if not self._spec.reads_market:
            return panel
        return replace(panel, returns=self._market.history(seeds.history).returns)

    def _paid(self, strength: float, seeds: "StudySeeds") -> Panel:
        history = self._market.history(seeds.history)
        paid = self._market.paid(history, self._x.factor, self._x.sign * strength)
        return replace(self._x.inputs.panel, returns=paid.returns)


@dataclass(frozen=True)
class StudySeeds:
    """Of one study.

    Attributes
    ----------
    search
        `tuning.seed`: one lucky seed for all studies would make the power look better than it is.
    history
        Of the noise or of the runs that are turned round; another one, since the placebos of a
        study are made with `search`, and one of them could turn the runs back.
    """

    search: int
    history: int


def study_seeds(settings: Settings, part: str, number: int) -> StudySeeds:
    """The seeds of a study, from the settings' own, its part and its number."""
    word = int.from_bytes(hashlib.sha256(part.encode()).digest()[:4], "big")
    key = (CALIBRATION_KEY, word, number)
    sequence = np.random.SeedSequence(settings.tuning.seed, spawn_key=key)
    search, history = sequence.generate_state(2).tolist()
    return StudySeeds(search, history)
