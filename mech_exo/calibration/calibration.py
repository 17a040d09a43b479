"""The whole calibration: premia of the wanted ratios, studies with and without, what they show."""

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.calibration.calibration_record import CalibrationRecord, SkilledStudies
from mech_exo.calibration.judged_study import StudyInputs
from mech_exo.calibration.power_curve import detection_floor
from mech_exo.calibration.premia import Premium, UnskilledMarket
from mech_exo.calibration.synthetic_studies import NOISE, THOUSAND, SyntheticStudies
from mech_exo.verdict.detection import PassRate
from mech_exo.workforce.workforce import Workforce

if TYPE_CHECKING:
    from mech_exo.tuning.replicate_store import ReplicateStore
    from mech_exo.tuning.replicates import Payload, Progress

Payloads = dict[tuple[str, int], "Payload"]


@dataclass(frozen=True, eq=False, kw_only=True)
class CalibrationPlan:
    """What is calibrated, and by how many studies.

    Attributes
    ----------
    inputs
        The user's own; the settings have the number of placebos of each study.
    factor, sign
        Where the premium is, and whether high scores earn it (+1) or low ones (−1).
    ratios
        True ratios, ascending.
    null, skilled
        Studies on noise, and with each of the ratios.
    """

    inputs: StudyInputs
    factor: str
    sign: float
    ratios: tuple[float, ...]
    null: int
    skilled: int

    def studies(self, strengths: dict[float, float]) -> SyntheticStudies:
        """The studies, with premia of these strengths."""
        return SyntheticStudies(
            inputs=self.inputs, factor=self.factor, sign=self.sign, strengths=strengths
        )

    def tasks(self, studies: SyntheticStudies) -> list[tuple[str, int]]:
        """All studies, in turn, so that a part of the work is a part of each."""
        counts = {NOISE: self.null} | {studies.skill_part(r): self.skilled for r in self.ratios}
        places = [
            ((i + 0.5) / count, part, i) for part, count in counts.items() for i in range(count)
        ]
        return [(part, i) for _, part, i in sorted(places, key=lambda place: place[0])]


@dataclass(frozen=True)
class Estimate:
    """What the studies that are left will take.

    Attributes
    ----------
    studies, kept
        How many are left, and how many are kept from an earlier call.
    jobs
        Processes.
    study
        Seconds of a study whose placebo search is spared, and of one whose is not.
    """

    studies: int
    kept: int
    jobs: int
    study: tuple[float, float]

    @property
    def seconds(self) -> tuple[float, float]:
        """From the least to the most, for all that is left."""
        share = math.ceil(self.studies / self.jobs)
        return self.study[0] * share, self.study[1] * share


def calibrate(
    plan: CalibrationPlan,
    study_file: Path,
    *,
    workforce: Workforce,
    announce: Callable[[Estimate], None],
    progress: "Progress | None" = None,
) -> CalibrationRecord:
    """Make, tune and judge all studies of a plan.

    Parameters
    ----------
    study_file
        Where finished studies are kept and found.
    workforce
        Who does the studies; the result does not depend on it.
    announce
        Told what the studies will take, after the first.
    progress
        Told of every finished study.

    Raises
    ------
    ExoError
        Too little data for a walk-forward, no premium of a wanted ratio; exit code 130 on Ctrl-C,
        after which the same call goes on from what was finished.
    """
    from mech_exo.tuning.replicate_store import ReplicateStore

    with closing(ReplicateStore(study_file, plan.studies({}).key)) as store:
        premia = _premia(plan, store, workforce)
        studies = plan.studies({r: p.strength for r, p in premia.items()})
        payloads = _judged(plan, studies, store, workforce, announce, progress)
        store.check()
    return _record(plan, studies, premia, payloads)


def _premia(
    plan: CalibrationPlan, store: "ReplicateStore", workforce: Workforce
) -> dict[float, Premium]:
    from mech_exo.tuning.replicates import run_replicates

    studies = plan.studies({})
    tasks = {ratio: (studies.premium_part, round(THOUSAND * ratio)) for ratio in plan.ratios}
    found = run_replicates(studies, list(tasks.values()), workforce=workforce, store=store)
    for task in tasks.values():
        _check(task, found[task], ("strength", "ratio"))
    return {
        ratio: Premium(plan.factor, plan.sign, found[task]["strength"], found[task]["ratio"])
        for ratio, task in tasks.items()
    }


def _judged(
    plan: CalibrationPlan,
    studies: SyntheticStudies,
    store: "ReplicateStore",
    workforce: Workforce,
    announce: Callable[[Estimate], None],
    progress: "Progress | None",
) -> Payloads:
    from mech_exo.tuning.replicates import run_replicates

    tasks = plan.tasks(studies)
    kept = store.finished().keys() & set(tasks)
    left = [task for task in tasks if task not in kept]
    if left:  # the first says what all will take
        first = run_replicates(studies, left[:1], workforce=workforce, store=store)[left[0]]
        _check(left[0], first, ("seconds", "searches"))
        announce(_estimate(plan, first, len(left) - 1, len(kept), workforce.processes))
    payloads = run_replicates(studies, tasks, workforce=workforce, store=store, progress=progress)
    for task in tasks:
        _check(task, payloads[task], ("seconds", "searches"), ("passes", "feasible"))
    return payloads


def _estimate(
    plan: CalibrationPlan, first: Mapping[str, Any], left: int, kept: int, jobs: int
) -> Estimate:
    search = first["seconds"] / first["searches"]
    verdict = plan.inputs.settings.verdict
    spared = 1 + verdict.windows
    return Estimate(left, kept, jobs, (search * spared, search * (spared + verdict.placebos)))


def _record(
    plan: CalibrationPlan,
    studies: SyntheticStudies,
    premia: Mapping[float, Premium],
    payloads: Payloads,
) -> CalibrationRecord:
    def rate(part: str, count: int) -> PassRate:
        return PassRate.of(sum(payloads[part, i]["passes"] for i in range(count)), count)

    skilled = tuple(
        SkilledStudies(ratio, premia[ratio], rate(studies.skill_part(ratio), plan.skilled))
        for ratio in plan.ratios
    )
    inputs, verdict = plan.inputs, plan.inputs.settings.verdict
    return CalibrationRecord(
        source=inputs.panel.source,
        level=rate(NOISE, plan.null),
        skilled=skilled,
        floor=detection_floor(plan.ratios, [s.rate for s in skilled], verdict.power),
        wanted_level=verdict.level,
        placebos=verdict.placebos,
        windows=verdict.windows,
        trials=inputs.trials,
        patience=inputs.patience,
        held=UnskilledMarket(inputs.panel, inputs.settings.backtest).held,
        seconds=math.fsum(p["seconds"] for p in payloads.values()),
    )


def with_placebos(inputs: StudyInputs, placebos: int) -> StudyInputs:
    """The inputs with this number of placebos in each study."""
    verdict = replace(inputs.settings.verdict, placebos=placebos)
    return replace(inputs, settings=replace(inputs.settings, verdict=verdict))


def _check(
    task: tuple[str, int],
    payload: Mapping[str, Any],
    numbers: tuple[str, ...],
    truths: tuple[str, ...] = (),
) -> None:
    """Raise an ExoError for a kept study that somebody has edited."""
    from mech_exo.tuning.refusals import damaged_replicate

    found = [payload.get(name) for name in numbers]
    whole = all(isinstance(v, float | int) and not isinstance(v, bool) for v in found)
    if not whole or not all(isinstance(payload.get(name), bool) for name in truths):
        raise damaged_replicate(*task)
