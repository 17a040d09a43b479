"""A run, from the plan to the stored study.

The user's function is tried first, before a file is made or a lock taken. Then: lock, open, enter
the epoch of the fingerprint, check that the stored trials would be asked again, go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mech_exo.config import Settings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.interrupts import Interrupts
from mech_exo.tuning.asking import Asker
from mech_exo.tuning.cube import Space, to_json
from mech_exo.tuning.engine import Engine, EpochSpan, Tally
from mech_exo.tuning.epochs import enter_epoch
from mech_exo.tuning.events import Listener, StudyOpened, Waiting, ignore
from mech_exo.tuning.fingerprint import difference, fingerprint_of
from mech_exo.tuning.plan import Preview, StudyOutcome, StudyPlan, WarmStart
from mech_exo.tuning.preflight import check_sampler, fit_warm_start, try_once
from mech_exo.tuning.problem import Problem
from mech_exo.tuning.recovery import confirm_stored
from mech_exo.tuning.reproduce import check_reproduced, made_with
from mech_exo.tuning.runs import with_run
from mech_exo.tuning.study_lock import check_study_free, study_lock
from mech_exo.tuning.study_record import Parameter, StudyRecord
from mech_exo.tuning.study_store import StudyStore
from mech_exo.tuning.workers import Crew

WARM_START = "warm_start"  # study attribute: vectors by epoch
MADE_WITH = "made_with"  # study attribute: package versions by epoch


@dataclass(frozen=True)
class Job:
    """A run without the objective layer: a problem, and where its trials go.

    `components` gives the fingerprint's components for the space of parameters (name -> range in
    Optuna's JSON form), `undivided` the one hash of the data that older studies have. The rest is
    as in `StudyPlan`.
    """

    problem: Problem
    components: Callable[[Mapping[str, str]], Mapping[str, str]]
    study_name: str
    study_file: Path
    settings: Settings
    n_jobs: int = 1
    n_trials: int | None = None
    target_trials: int | None = None
    accept_changes: bool = False
    wait: bool = False
    warm_start: tuple[WarmStart, ...] = ()
    undivided: Callable[[], str] | None = None

    def goal(self, finished: int) -> int:
        """Trials of the epoch at which the run ends."""
        if self.target_trials is not None:
            return max(self.target_trials, finished)
        return finished + (self.n_trials or 0)


def run_study(plan: StudyPlan, listener: Listener = ignore) -> StudyOutcome:
    """Run a plan.

    Raises
    ------
    ExoError
        A mistake in the objective file, another fingerprint, a locked or broken study file, a
        full disk, stored trials that cannot be reproduced. What was finished by then is stored.
    """
    return run_job(job_of(plan), listener)


def preview_study(plan: StudyPlan) -> Preview:
    """What `run_study` would begin with; nothing is run, written or locked.

    Raises
    ------
    ExoError
        As `run_study` up to the first trial; a study that another run holds, unless the plan
        waits for it.
    """
    job, busy = job_of(plan), ""
    space = try_once(job.problem, job.settings.tuning.seed)
    check_sampler(job.problem, job.settings.tuning.sampler)
    try:
        check_study_free(job.study_file, job.study_name)
    except ExoError as error:
        if not (job.wait and error.exit_code is ExitCode.LOCKED):
            raise
        busy = error.message
    with StudyStore.rehearse(job.study_file, job.settings.storage) as store:
        return _Session(job, store, space).preview(busy)


def job_of(plan: StudyPlan) -> Job:
    """A plan without its objective layer."""
    from mech_exo.tuning.weight_search import components_for, problem_of, undivided_data

    problem = problem_of(plan)
    return Job(
        problem=problem,
        components=lambda space: components_for(plan, problem, space),
        study_name=plan.study_name,
        study_file=plan.study_file,
        settings=plan.settings,
        n_jobs=plan.n_jobs,
        n_trials=plan.n_trials,
        target_trials=plan.target_trials,
        accept_changes=plan.accept_changes,
        wait=plan.wait,
        warm_start=plan.warm_start,
        undivided=lambda: undivided_data(plan),
    )


def run_job(job: Job, listener: Listener = ignore) -> StudyOutcome:
    """Run a job; as `run_study`."""
    space = try_once(job.problem, job.settings.tuning.seed)
    check_sampler(job.problem, job.settings.tuning.sampler)
    with ExitStack() as stack:
        interrupts = stack.enter_context(Interrupts())
        try:
            store = stack.enter_context(_opened(job, stack, listener))
            session = _Session(job, store, space)
        except KeyboardInterrupt:
            raise ExoError(
                f"Interrupted by {interrupts.requested} before the first trial.",
                exit_code=ExitCode.INTERRUPTED,
            ) from None
        outcome = session.run(listener, interrupts)
    confirm_stored(job.study_file, outcome.study)
    return outcome


def _opened(job: Job, stack: ExitStack, listener: Listener) -> StudyStore:
    lock = study_lock(
        job.study_file,
        job.study_name,
        wait=job.wait,
        on_wait=lambda words: listener(Waiting(words)),
    )
    stack.enter_context(lock)
    return StudyStore.open(job.study_file, job.settings.storage, create=True)


class _Session:
    """A study, locked and opened, in the epoch of the job."""

    def __init__(self, job: Job, store: StudyStore, space: Space) -> None:
        self._job, self._store, self._space = job, store, space
        problem = job.problem
        self._created = job.study_name not in store.names()
        if self._created:
            store.create_study(
                job.study_name,
                problem.directions,
                objective_names=problem.objective_names,
                constraint_names=problem.constraint_names,
            )
        study = store.select(job.study_name)
        self._notes = list(problem.notes)
        self._components = job.components({n: to_json(d) for n, d in space.items()})
        if self._enters_new(study) and (job.accept_changes or not study.epochs):
            self._begin_epoch_with_start(study)
        enter_epoch(
            store,
            self._components,
            problem.directions,
            objective_names=problem.objective_names,
            constraint_names=problem.constraint_names,
            accept_changes=job.accept_changes,
            undivided=job.undivided,
        )
        self._study = store.load()
        try:
            check_reproduced(self._asker(), self._study, _kept(self._study, MADE_WITH))
        except ExoError:
            if not job.accept_changes:
                raise
            self._begin_epoch_with_start(self._study)
            store.begin_epoch(self._components)
            self._study = store.load()

    def run(self, listener: Listener, interrupts: Interrupts) -> StudyOutcome:
        """Ask, evaluate and store up to the goal."""
        asker, tally = self._asker(), Tally(self._job.problem.directions)
        for record in self._study.current:
            tally.add(record)
        opened = self._opened(asker)
        finished, goal = opened.finished, opened.goal
        listener(opened)
        begun, done = time.monotonic(), finished >= goal
        if not done:
            self._store.set_attributes(with_run(self._study, datetime.now(UTC)))
            try:
                done = self._evaluate(asker, tally, goal, listener, interrupts)
            except KeyboardInterrupt:
                done = False
        study = self._store.load()
        return StudyOutcome(
            study=study,
            added=len(study.current) - finished,
            interrupted=not done,
            elapsed_seconds=time.monotonic() - begun,
            notes=tuple(self._notes),
            fingerprint=fingerprint_of(self._components),
        )

    def preview(self, busy: str) -> Preview:
        """What `run` would begin with; `busy` says whom it would wait for."""
        return Preview(opened=self._opened(self._asker()), study=self._study, busy=busy)

    def _opened(self, asker: Asker) -> StudyOpened:
        finished, window = len(self._study.current), asker.sampler.window
        self._note_jobs(window)
        return StudyOpened(
            study_name=self._job.study_name,
            study_file=self._job.study_file,
            created=self._created,
            finished=finished,
            goal=self._job.goal(finished),
            jobs=min(self._job.n_jobs, window),
            window=window,
            sampler=asker.sampler.name,
            pruner=self._job.settings.tuning.pruner if asker.prunes else "none",
            notes=tuple(self._notes),
        )

    def _evaluate(
        self, asker: Asker, tally: Tally, goal: int, listener: Listener, interrupts: Interrupts
    ) -> bool:
        assert self._study.epoch is not None
        size = min(self._job.n_jobs, asker.sampler.window, goal - asker.known)
        with Crew(self._job.problem.evaluator, size) as crew:
            engine = Engine(
                asker,
                crew,
                self._store.append,
                epoch=EpochSpan(self._study.epoch.number, self._study.epoch.first_trial),
                goal=goal,
                tally=tally,
                listener=listener,
                interrupts=interrupts,
            )
            return engine.run()

    def _asker(self) -> Asker:
        start: Sequence[Mapping[str, Parameter]] = _kept(self._study, WARM_START) or ()
        asker = Asker(self._job.problem, self._job.settings.tuning, self._space, start)
        for record in self._study.current:
            asker.add(record)
        return asker

    def _begin_epoch_with_start(self, study: StudyRecord) -> None:
        """Store what the next epoch begins with; before it begins, so that no kill divides them."""
        key = str(len(study.epochs))
        wanted = self._job.warm_start if self._job.settings.tuning.warm_start else ()
        fitted = fit_warm_start(wanted, self._space)
        self._notes += fitted.notes
        for name, value in (
            (WARM_START, [dict(v) for v in fitted.vectors]),
            (MADE_WITH, made_with()),
        ):
            self._store.set_attributes({name: {**study.attributes.get(name, {}), key: value}})

    def _enters_new(self, study: StudyRecord) -> bool:
        if study.epoch is None or study.foreign:
            return True
        return bool(difference(study.epoch.components, self._components, self._job.undivided))

    def _note_jobs(self, window: int) -> None:
        if self._job.n_jobs > window:
            name = self._job.settings.tuning.sampler
            what = "generation (tuning.population)" if name in ("cmaes", "nsga2") else "--window"
            self._notes.append(
                f"{self._job.n_jobs} jobs wanted, {window} used: the {what} is {window}, "
                "and no more trials are in flight"
            )


def _kept(study: StudyRecord, name: str) -> Any:
    assert study.epoch is not None
    return study.attributes.get(name, {}).get(str(study.epoch.number))
