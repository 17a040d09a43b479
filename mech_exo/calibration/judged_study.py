"""One whole study on one panel, tuned and judged as `exo optuna-run --validate` would."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.verdict.decision import Decision, Parts, decide
from mech_exo.verdict.evidence import Evidence, SkillTest, join, nothing, skill_test
from mech_exo.verdict.holdout import holdout_evidence
from mech_exo.verdict.payloads import PLACEBO, WINDOW
from mech_exo.verdict.placebo import PlaceboSearch, compare
from mech_exo.verdict.repeated_searches import RepeatedSearches, Repeater
from mech_exo.verdict.summing_up import parts_of
from mech_exo.verdict.walkforward import WalkForward, walk
from mech_exo.verdict.windows import walk_forward_windows

if TYPE_CHECKING:
    from mech_exo.factor_file.document import Parameter


@dataclass(frozen=True, eq=False, kw_only=True)
class StudyInputs:
    """What a study and its verdict depend on.

    Attributes
    ----------
    panel
        All dates, the holdout included.
    settings
        Their `tuning.seed` is that of the search and of its placebos.
    trials, patience, warm_start
        Of the search, as in `RepeatedSearches`.
    market
        All dates; where the objective file reads it.
    benchmark
        [T] returns to measure against; None: the equal-weighted universe.
    """

    panel: Panel
    settings: Settings
    objective: ObjectiveFile
    trials: int | None
    patience: int | None = None
    warm_start: "tuple[Mapping[str, Parameter], ...]" = ()
    market: Market | None = None
    benchmark: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class JudgedStudy:
    """A study and the verdict on it, which knows of no look at the holdout but this one.

    Attributes
    ----------
    params
        Of the portfolio that the search ended with; None without a complete trial.
    feasible
        Whether that satisfies the constraints: else there is nothing that could pass.
    placebo
        None where it was spared.
    holdout
        Its test; None without a holdout.
    outside
        All that lies out of sample, joined.
    parts, decision
        What decides, and the verdict without reservations. Where the placebo search was spared,
        with the best p-value that it could have had.
    """

    params: "Mapping[str, Parameter] | None"
    feasible: bool
    placebo: PlaceboSearch | None
    walk_forward: WalkForward
    holdout: SkillTest | None
    outside: Evidence
    parts: Parts
    decision: Decision

    @property
    def passes(self) -> bool:
        """Whether there is a portfolio, and its verdict is PASS."""
        return self.feasible and self.decision.overall == "PASS"


def judge_study(inputs: StudyInputs, *, sparing: bool = False) -> JudgedStudy:
    """Tune on the dates in sample, and judge the winner by the verdict's own rules.

    A function of its arguments alone: the same bits in any process.

    Parameters
    ----------
    sparing
        Leave the placebo search out where no p-value of it could make the verdict a PASS. Whether
        it passes is the same; most studies without skill then take a third of the time.

    Raises
    ------
    ExoError
        Too little data for the walk-forward.
    """
    settings, panel = inputs.settings, inputs.panel
    split, count = panel.split(settings.holdout.fraction), settings.verdict.placebos
    repeater = _repeater(inputs, split)
    found = repeater.found
    walked, joined = _walked(inputs, repeater, split)
    held = _held(inputs, repeater, split) if split < len(panel.dates) else None
    test = None if held is None else skill_test(held)
    outside = joined if held is None else join([joined, held])

    looked = None if test is None else (test, test.p)

    def parts_with(p: float) -> Parts:
        return parts_of(p, walked.test, looked, outside)

    placebo, parts = None, parts_with(1.0 / (count + 1))
    if not sparing or decide(parts, settings.verdict).overall == "PASS":
        placebo = compare([repeater.replicate(PLACEBO, j) for j in range(count + 1)])
        parts = parts_with(placebo.p)
    return JudgedStudy(
        params=None if found is None else found.params,
        feasible=found is not None and found.feasible,
        placebo=placebo,
        walk_forward=walked,
        holdout=test,
        outside=outside,
        parts=parts,
        decision=decide(parts, settings.verdict),
    )


def _spec(inputs: StudyInputs) -> ObjectiveSpec:
    return ObjectiveSpec.compile(inputs.objective.source, inputs.objective.label)


def _market(inputs: StudyInputs) -> Market | None:
    return inputs.market if _spec(inputs).reads_market else None


def _repeater(inputs: StudyInputs, split: int) -> Repeater:
    inside, market = inputs.panel.between(0, split), _market(inputs)
    return RepeatedSearches(
        objective=inputs.objective,
        settings=inputs.settings,
        panel=inside,
        market=None if market is None else market.until(split),
        trials=inputs.trials,
        patience=inputs.patience,
        warm_start=inputs.warm_start,
        windows=walk_forward_windows(inside, inputs.settings.verdict),
        benchmark=None if inputs.benchmark is None else inputs.benchmark[:split],
    )()


def _walked(inputs: StudyInputs, repeater: Repeater, split: int) -> tuple[WalkForward, Evidence]:
    inside = inputs.panel.between(0, split)
    windows = walk_forward_windows(inside, inputs.settings.verdict)
    held = [repeater.replicate(WINDOW, window.number) for window in windows]
    return walk(windows, held, inside.dates, inside.periods_per_year)


def _held(inputs: StudyInputs, repeater: Repeater, split: int) -> Evidence:
    """What the winner showed on the holdout; nothing without a winner."""
    if repeater.found is None:
        return nothing(inputs.panel.periods_per_year)
    panel, settings = inputs.panel, inputs.settings
    held = panel.between(split, len(panel.dates))
    evaluator = Evaluator(_spec(inputs), held, settings, _market(inputs))
    params = repeater.found.params
    return holdout_evidence(evaluator, panel, split, settings, params, inputs.benchmark)
