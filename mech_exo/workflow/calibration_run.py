"""What can be seen on the user's own data: `exo calibrate`."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mech_exo.calibration.calibration import CalibrationPlan, Estimate, calibrate, with_placebos
from mech_exo.calibration.calibration_record import CalibrationRecord
from mech_exo.calibration.judged_study import StudyInputs
from mech_exo.calibration.premia import best_covered, signs_of
from mech_exo.errors import ExoError
from mech_exo.objective.inputs import Inputs
from mech_exo.system.typed_fields import check_fields
from mech_exo.tuning.request import DEFAULT_TRIALS
from mech_exo.verdict.benchmark_series import read_benchmark
from mech_exo.verdict.detection import conditions_key, conditions_of
from mech_exo.verdict.subject import study_subject
from mech_exo.verdict.windows import walk_forward_windows
from mech_exo.workflow.factor_list import factors_of_study
from mech_exo.workflow.incumbent import warm_starts
from mech_exo.workflow.log import Log, PythonLog
from mech_exo.workflow.session import InputRequest, Session, open_session
from mech_exo.workflow.study_settings import as_searched
from mech_exo.workforce.cluster import Cluster
from mech_exo.workforce.workforce import Workforce

if TYPE_CHECKING:
    from mech_exo.factor_file.document import Parameter
    from mech_exo.tuning.problem import Problem
    from mech_exo.tuning.replicates import Progress

NULL_STUDIES = 100
SHARE_OF_EACH = 4  # null studies for one with each true ratio
RATIOS = (0.5, 1.0, 1.5, 2.0)
RATIOS_IN_WORDS = "0.5,1,1.5,2 for example."
LEAST_RATIO, LARGEST_RATIO = 0.05, 10.0
PLACEBOS = 19
FEWEST_PLACEBOS = 2  # with one no verdict could be a PASS


@dataclass(frozen=True, kw_only=True)
class CalibrationRequest:
    """What `exo calibrate` is asked for.

    Attributes
    ----------
    inputs
        Settings, objective and data.
    study_file
        Where finished studies and the result are kept.
    study_name
        As many trials as this study has, by its rule; None: what the settings say.
    studies
        On noise; a quarter of them, at least one, with each true ratio.
    ratios
        True annual information ratios, ascending; counted in thousandths.
    factor
        Where the premium is; None: the one with a score of most names.
    trials
        Of each study, at the most; None: the study's, or the settings'.
    placebos
        Of each study.
    n_jobs
        None: one for each core.
    cluster
        Whose workers do the studies instead; None: processes of this machine.
    """

    study_file: Path
    inputs: InputRequest = field(default_factory=InputRequest)
    study_name: str | None = None
    studies: int = NULL_STUDIES
    ratios: tuple[float, ...] = RATIOS
    factor: str | None = None
    trials: int | None = None
    placebos: int = PLACEBOS
    n_jobs: int | None = None
    cluster: Cluster | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        fewest = {"studies": 1, "trials": 1, "placebos": FEWEST_PLACEBOS, "n_jobs": 1}
        for name, least in fewest.items():
            count = getattr(self, name)
            if count is not None and count < least:
                raise ExoError(f"{name} is {count}, must be at least {least}.")
        _check_ratios(self.ratios)
        exact = tuple(sorted(round(float(ratio), 3) for ratio in self.ratios))
        object.__setattr__(self, "ratios", exact)
        if len(set(exact)) < len(exact):
            raise ExoError("a true ratio is named twice.", hint=RATIOS_IN_WORDS)


def _check_ratios(ratios: tuple[object, ...]) -> None:
    for ratio in ratios or (None,):
        number = isinstance(ratio, float | int) and not isinstance(ratio, bool)
        if not (number and LEAST_RATIO <= ratio <= LARGEST_RATIO):  # type: ignore[operator]
            raise ExoError(
                f"a true ratio is {ratio!r}, must be a number from {LEAST_RATIO:g} to "
                f"{LARGEST_RATIO:g}.",
                hint=RATIOS_IN_WORDS,
            )


class SearchRule(NamedTuple):
    """When each search ends, and what it begins with."""

    trials: int | None
    patience: int | None
    warm_start: "tuple[Mapping[str, Parameter], ...]"


def calibrate_data(
    request: CalibrationRequest, log: Log | None = None, progress: "Progress | None" = None
) -> CalibrationRecord:
    """How often luck passes on these data, and what they can show: `exo calibrate`.

    The result is kept in the study file, where `exo validate` finds it.

    Raises
    ------
    ExoError
        Exit code 2 for a factor that is none, and for data or settings that cannot be judged; 3
        for a study without a feasible trial; 130 on Ctrl-C (finished studies are kept).
    """
    log = log or PythonLog()
    inputs, listed = request.inputs, None
    if request.study_name is not None:
        named = request.study_file, request.study_name
        inputs, listed = as_searched(inputs, *named, log), factors_of_study(*named)
    session = open_session(inputs, log, listed)
    session.try_apart()
    return calibrate_session(session, request, log, progress)


def calibrate_session(
    session: Session,
    request: CalibrationRequest,
    log: Log,
    progress: "Progress | None" = None,
) -> CalibrationRecord:
    """As `calibrate_data`, of inputs that are open."""
    from mech_exo.tuning.kept_calibrations import keep_calibration

    plan = _plan(session, request)
    workforce = Workforce(request.n_jobs, request.cluster)
    inputs = plan.inputs
    repeated = _in_words(inputs)
    log.note(
        f"calibrating {plan.null} studies on noise, and {plan.skilled} each with a true ratio of "
        f"{', '.join(f'{r:g}' for r in plan.ratios)} in {plan.factor}; {repeated}"
    )

    def announce(estimate: Estimate) -> None:
        log.note(f"estimate   {_estimated(estimate)}")

    record = calibrate(
        plan, request.study_file, workforce=workforce, announce=announce, progress=progress
    )
    judged = Inputs(
        settings=session.settings,
        objective=session.objective,
        market=session.market,
        panel=session.panel,
    )
    conditions = conditions_of(judged, inputs.trials, inputs.patience)
    keep_calibration(request.study_file, conditions_key(conditions), conditions, record.as_dict())
    return record


def _plan(session: Session, request: CalibrationRequest) -> CalibrationPlan:
    settings = session.settings
    if session.holdout is None:
        raise ExoError(
            "without a holdout no verdict is a PASS, so there is nothing to calibrate.",
            hint="Set holdout.fraction above 0.",
        )
    walk_forward_windows(session.in_sample, settings.verdict)  # too little data is said now
    problem = _problem(session)
    factor, sign = _factor(session, request.factor, signs_of(problem.space))
    trials, patience, start = _search_rule(session, request, problem)
    path = settings.verdict.benchmark
    inputs = StudyInputs(
        panel=session.panel,
        settings=settings,
        objective=session.objective,
        trials=trials,
        patience=patience,
        warm_start=start,
        market=session.market if session.spec.reads_market else None,
        benchmark=None if path is None else read_benchmark(path, session.panel.dates),
    )
    return CalibrationPlan(
        inputs=with_placebos(inputs, request.placebos),
        factor=factor,
        sign=sign,
        ratios=request.ratios,
        null=request.studies,
        skilled=max(1, request.studies // SHARE_OF_EACH),
    )


def _problem(session: Session) -> "Problem":
    from mech_exo.objective.exposures import market_for
    from mech_exo.tuning.preflight import check_sampler
    from mech_exo.tuning.weight_search import WeightSearch

    market = market_for(session.spec, session.market, session.split)
    search = WeightSearch(session.settings, session.objective, session.in_sample, market)
    problem = search.problem()
    check_sampler(problem, session.settings.tuning.sampler)
    return problem


def _factor(session: Session, wanted: str | None, signs: Mapping[str, float]) -> tuple[str, float]:
    """The factor with the premium, and its sign."""
    from mech_exo.objective.exposures import extend_panel

    panel = session.panel
    if session.spec.factors:
        panel = extend_panel(panel, session.market, session.spec, session.settings)
    known = tuple(name for name in panel.factor_names if name in signs)
    if wanted is None:
        chosen = best_covered(panel, known)
        return chosen, signs[chosen]
    if wanted in known:
        return wanted, signs[wanted]
    near = difflib.get_close_matches(wanted, known, n=1)
    if wanted in panel.factor_names:
        message = f"the objective file gives {wanted!r} no weight, so that no search could find it."
    else:
        message = f"there is no factor {wanted!r}."
    did_you = f"Did you mean {near[0]!r}? " if near and near[0] != wanted else ""
    raise ExoError(message, hint=f"{did_you}Factors: {', '.join(known)}.")


def _search_rule(session: Session, request: CalibrationRequest, problem: "Problem") -> SearchRule:
    """The study's, or the settings'."""
    from mech_exo.tuning.preflight import fit_warm_start, try_once
    from mech_exo.tuning.records import read_study

    settings = session.settings
    if request.study_name is not None:
        study = read_study(request.study_file, request.study_name)
        subject = study_subject(settings, session.objective, session.panel, session.market, study)
        return SearchRule(request.trials or subject.trials, subject.patience, subject.warm_start)
    fixed = request.trials or settings.verdict.search_trials
    patience = None if settings.verdict.search_trials else settings.tuning.patience
    trials = fixed or (None if patience else DEFAULT_TRIALS)
    space = try_once(problem, settings.tuning.seed)
    start = fit_warm_start(warm_starts(session, None), space).vectors
    return SearchRule(trials, patience, start)


def _in_words(inputs: StudyInputs) -> str:
    ends = [] if inputs.trials is None else [f"{inputs.trials} trials"]
    if inputs.patience is not None:
        ends.append(f"{inputs.patience} trials without a better one end a search")
    verdict = inputs.settings.verdict
    return f"{', '.join(ends)}, {verdict.placebos} placebos, {verdict.windows} windows"


def _estimated(estimate: Estimate) -> str:
    low, high = estimate.study
    kept = f" ({estimate.kept} are kept from before)" if estimate.kept else ""
    least, most = (_duration(s) for s in estimate.seconds)
    return (
        f"a study takes {low:.1f} s, or {high:.1f} s with its placebos; {estimate.studies} are left"
        f"{kept}: {least} to {most} with {estimate.jobs} process{'es' * (estimate.jobs > 1)}"
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{math.ceil(seconds / 60)} min"
