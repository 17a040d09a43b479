"""What is judged: one candidate, the data and the search that it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

from mech_exo.config.settings import Settings
from mech_exo.data.check.endings import survivors
from mech_exo.data.check.examined import Examined
from mech_exo.data.check.finding import Finding
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import WEIGHT
from mech_exo.objective.inputs import Inputs
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.objective.space import Space
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.verdict.benchmark_series import read_benchmark
from mech_exo.verdict.hedge import Hedge

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile, Parameter
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord


Against = Literal["universe", "cash", "series"]

QUICK_SHARE = 0.5
"""Of the rebalances in sample, on which a quick verdict tunes its one time."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Subject(Inputs):
    """A candidate under judgement, and the inputs as the study used them.

    Attributes
    ----------
    origin
        In words: "trial 42 of study factor_opt", "factors/optimized.yml".
    params
        Of the candidate.
    trials, patience
        Of the search, to be repeated: how many at the most (None: until the patience ends it), and
        how many without a better one end it (None: none do).
    looked_at
        N: every trial of the study in any state and epoch.
    study
        The study; None for a factor file whose study is not at hand.
    quick
        Whether the verdict is a quick one (`quickly`).
    """

    origin: str
    params: "Mapping[str, Parameter]"
    trials: int | None
    patience: int | None = None
    looked_at: int
    study: "StudyRecord | None" = None
    quick: bool = False

    def quickly(self) -> Self:
        """The subject of a quick verdict: one re-tuning, on the first half, and no placebos."""
        settings = self.settings
        shorter = replace(
            settings.verdict, windows=1, train_share=max(QUICK_SHARE, settings.verdict.train_share)
        )
        return replace(self, settings=replace(settings, verdict=shorter), quick=True)

    @cached_property
    def benchmark(self) -> FloatArray | None:
        """[T] the user's benchmark; None: the equal-weighted universe."""
        path = self.settings.verdict.benchmark
        return None if path is None else read_benchmark(path, self.panel.dates)

    @cached_property
    def against(self) -> Against:
        """What the candidate is measured against: `series` is `verdict.benchmark`."""
        if self.settings.verdict.benchmark is not None:
            return "series"
        space = Space.of(self.spec, self.panel, self.settings)
        return space.candidate(self.params).mandate.measured_against

    @cached_property
    def hedge(self) -> Hedge | None:
        """Premia that are not counted as skill; None without `verdict.hedge`."""
        path = self.settings.verdict.hedge
        return None if path is None else Hedge.read(path, self.panel)

    @cached_property
    def survivors(self) -> Finding | None:
        """What the data check says of a universe that hardly anyone leaves; None if names do."""
        return next(survivors(Examined(self.market, self.settings)), None)

    @property
    def repetition(self) -> str:
        """How the search is repeated, in words."""
        most = "" if self.trials is None else f"{self.trials} trials"
        if self.patience is None:
            return most
        rule = f"{self.patience} without a better one end it"
        return f"{most} at the most; {rule}" if most else rule

    @property
    def warm_start(self) -> "tuple[Mapping[str, Parameter], ...]":
        """The study's first trials that were given and know nothing of the data: equal weights.

        The incumbent factor file, which may have been tuned on these very data, is left out of
        repeated searches: the real one would have it and its placebos could not.
        """
        if self.study is None or self.study.epoch is None:
            return ()
        given = self.study.attributes.get("warm_start") or {}
        vectors: Sequence[Mapping[str, Parameter]] = given.get(str(self.study.epoch.number), ())
        return tuple(v for v in vectors if _equal_weights(v))


def study_subject(
    settings: Settings,
    objective: ObjectiveFile,
    panel: Panel,
    market: Market,
    study: "StudyRecord",
    trial: "TrialRecord | None" = None,
) -> Subject:
    """A study's best trial, or the given one.

    Raises
    ------
    ExoError
        Exit code 3 without a feasible trial; for a study of several objectives unless a trial is
        given.
    """
    chosen = trial or study.best()
    if chosen is None:
        if len(study.directions) > 1:
            raise ExoError(
                f"study {study.name!r} has several objectives and no single best trial.",
                hint="Export one of its front with --trial and judge the file: --factors FILE.",
            )
        raise ExoError(
            f"study {study.name!r}, current fingerprint: {study.without_feasible()}.",
            hint="Loosen the thresholds of the objective file, or add trials."
            if any(t.state == "COMPLETE" for t in study.current)
            else "",
            exit_code=ExitCode.NO_FEASIBLE_TRIAL,
        )
    rule = _rule(settings, study, len(study.current))
    subject = Subject(
        origin=f"trial {chosen.number} of study {study.name}",
        settings=settings,
        objective=objective,
        panel=panel,
        market=market,
        params=chosen.params,
        trials=rule[0],
        patience=rule[1],
        looked_at=len(study.trials),
        study=study,
    )
    _check_same_study(subject, study)
    return subject


def file_subject(
    label: str,
    settings: Settings,
    objective: ObjectiveFile,
    panel: Panel,
    market: Market,
    file: "FactorFile",
    study: "StudyRecord | None" = None,
) -> Subject:
    """The portfolio of a factor file.

    The number of trials is the study's, or that which the file states.

    Raises
    ------
    ExoError
        If neither says how many trials were searched.
    """
    stated = file.metadata.get("total_trials")
    looked_at = len(study.trials) if study is not None else stated
    if not looked_at:
        raise ExoError(
            f"{label}: metadata.total_trials is missing, so the search behind it is unknown.",
            hint="Judge the study itself: exo validate --study-name NAME.",
        )
    current = len(study.current) if study is not None else int(looked_at)
    spec = ObjectiveSpec.compile(objective.source, objective.label)
    space = Space.of(spec, panel, settings)
    rule = _rule(settings, study, current)
    return Subject(
        origin=label,
        settings=settings,
        objective=objective,
        panel=panel,
        market=market,
        params=space.with_data(file.params),
        trials=rule[0],
        patience=rule[1],
        looked_at=int(looked_at),
        study=study,
    )


def _rule(
    settings: Settings, study: "StudyRecord | None", trials: int
) -> tuple[int | None, int | None]:
    """When the repeated searches end, as the study's did: trials and patience of a Subject.

    A study whose patience was exhausted might have gone on to its goal, and so may they.
    """
    from mech_exo.tuning.stopping import rule_of
    from mech_exo.tuning.tally import Tally

    rule = None if study is None else rule_of(study)
    if settings.verdict.search_trials or study is None or rule is None:
        return settings.verdict.search_trials or max(1, trials), None
    ended_so = Tally.of(study).exhausts(rule.patience)
    return rule.goal if ended_so else max(1, trials), rule.patience


def _check_same_study(subject: Subject, study: "StudyRecord") -> None:
    """Refuse to judge a study by other data, settings or code than it was tuned with."""
    from mech_exo.objective.exposures import market_for
    from mech_exo.tuning.fingerprint import difference
    from mech_exo.tuning.weight_search import WeightSearch

    if study.epoch is None:
        raise ExoError(f"study {study.name!r} was not made by exo and cannot be judged.")
    search = WeightSearch(
        subject.settings,
        subject.objective,
        subject.in_sample,
        market_for(subject.spec, subject.market, subject.split),
    )
    problem = search.problem()
    now = search.components(problem, problem.space)
    differing = difference(study.epoch.components, now, search.undivided)
    if study.directions != problem.directions:
        differing.append(f"directions: {study.directions} → {problem.directions}")
    if differing:
        raise ExoError(
            f"study {study.name!r} was tuned under another fingerprint: "
            + "; ".join(differing)
            + ".",
            hint="Take it with the settings, data, objective file and exo that it was tuned with; "
            "or tune it again with this one (--accept-changes, or another --study-name).",
        )


def _equal_weights(vector: "Mapping[str, Parameter]") -> bool:
    weights = {value for name, value in vector.items() if name.startswith(WEIGHT)}
    return len(weights) == 1
