"""A run, from the request to the stored study.

The user's function is tried first, before a file is made or a lock taken. Then: lock, open, enter
the epoch of the fingerprint, check that the stored trials would be asked again, go on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.system.interrupts import Interrupts
from mech_exo.tuning.asked_again import check_reproduced, made_with
from mech_exo.tuning.asking import Asker
from mech_exo.tuning.cube import Ranges, to_json
from mech_exo.tuning.data_findings import with_findings
from mech_exo.tuning.engine import Engine, EpochSpan
from mech_exo.tuning.epochs import enter_epoch
from mech_exo.tuning.events import EndedEarly, Listener, StudyOpened, Waiting, ignore
from mech_exo.tuning.fingerprint import difference, fingerprint_of
from mech_exo.tuning.plan import Ending, Preview, Search, StudyOutcome
from mech_exo.tuning.preflight import check_sampler, fit_warm_start, try_once
from mech_exo.tuning.recovery import confirm_stored
from mech_exo.tuning.request import SearchRequest
from mech_exo.tuning.run_times import with_run
from mech_exo.tuning.samplers import sampler_class
from mech_exo.tuning.stopping import with_rule
from mech_exo.tuning.study_lock import check_study_free, study_lock
from mech_exo.tuning.study_record import StudyRecord
from mech_exo.tuning.study_store import StudyStore
from mech_exo.tuning.tally import Tally

WARM_START = "warm_start"  # study attribute: vectors by epoch
MADE_WITH = "made_with"  # study attribute: package versions by epoch


def run_study(request: SearchRequest, search: Search, listener: Listener = ignore) -> StudyOutcome:
    """Search as requested.

    Raises
    ------
    ExoError
        A mistake in the objective file, another fingerprint, a locked or broken study file, a
        full disk, stored trials that cannot be reproduced. What was finished by then is stored.
    """
    space = try_once(search.problem, search.settings.tuning.seed)
    check_sampler(search.problem, search.settings.tuning.sampler)
    with ExitStack() as stack:
        interrupts = stack.enter_context(Interrupts())
        try:
            store = stack.enter_context(_opened(request, search, stack, listener))
            session = _Session(request, search, store, space)
        except KeyboardInterrupt:
            raise ExoError(
                f"Interrupted by {interrupts.requested} before the first trial.",
                exit_code=ExitCode.INTERRUPTED,
            ) from None
        outcome = session.run(listener, interrupts)
    confirm_stored(request.study_file, outcome.study)
    return outcome


def preview_study(request: SearchRequest, search: Search) -> Preview:
    """What `run_study` would begin with; nothing is run, written or locked.

    Raises
    ------
    ExoError
        As `run_study` up to the first trial; a study that another run holds, unless the request
        is to wait for it.
    """
    busy = ""
    space = try_once(search.problem, search.settings.tuning.seed)
    check_sampler(search.problem, search.settings.tuning.sampler)
    try:
        check_study_free(request.study_file, request.study_name)
    except ExoError as error:
        if not (request.wait and error.exit_code is ExitCode.LOCKED):
            raise
        busy = error.message
    with StudyStore.rehearse(request.study_file, search.settings.storage) as store:
        return _Session(request, search, store, space).preview(busy)


def _opened(
    request: SearchRequest, search: Search, stack: ExitStack, listener: Listener
) -> StudyStore:
    lock = study_lock(
        request.study_file,
        request.study_name,
        wait=request.wait,
        on_wait=lambda words: listener(Waiting(words)),
    )
    stack.enter_context(lock)
    return StudyStore.open(request.study_file, search.settings.storage, create=True)


class _Session:
    """A study, locked and opened, in the epoch of the search."""

    def __init__(
        self, request: SearchRequest, search: Search, store: StudyStore, space: Ranges
    ) -> None:
        self._request, self._search = request, search
        self._store, self._space = store, space
        problem = search.problem
        self._created = request.study_name not in store.names()
        if self._created:
            store.create_study(
                request.study_name,
                problem.directions,
                objective_names=problem.objective_names,
                constraint_names=problem.constraint_names,
            )
        study = store.select(request.study_name)
        self._notes = list(problem.notes)
        self._components = search.components({n: to_json(d) for n, d in space.items()})
        if self._enters_new(study) and (request.accept_changes or not study.epochs):
            self._begin_epoch_with_start(study)
        enter_epoch(
            store,
            self._components,
            problem.directions,
            objective_names=problem.objective_names,
            constraint_names=problem.constraint_names,
            accept_changes=request.accept_changes,
            undivided=search.undivided,
        )
        self._study = store.load()
        try:
            check_reproduced(self._asker(), self._study, _kept(self._study, MADE_WITH))
        except ExoError:
            if not request.accept_changes:
                raise
            self._begin_epoch_with_start(self._study)
            store.begin_epoch(self._components)
            self._study = store.load()
        if found := with_findings(self._study, search.data_findings):
            store.set_attributes(found)

    def run(self, listener: Listener, interrupts: Interrupts) -> StudyOutcome:
        """Ask, evaluate and store up to the goal."""
        asker, tally = self._asker(), Tally.of(self._study)
        opened = self._opened(asker)
        finished = opened.finished
        listener(opened)
        begun, ending = time.monotonic(), tally.ending(opened.goal, opened.patience)
        if ending is None:
            self._store.set_attributes(
                with_run(self._study, datetime.now(UTC))
                | with_rule(self._study, opened.patience, opened.goal)
            )
            try:
                ending = self._evaluate(asker, tally, opened, listener, interrupts)
            except KeyboardInterrupt:
                ending = "signal"
        if ending in ("patience", "timeout"):
            listener(EndedEarly(_why(ending, opened)))
        study = self._store.load()
        return StudyOutcome(
            study=study,
            added=len(study.current) - finished,
            ended=ending,
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
        patience = self._search.settings.tuning.patience
        return StudyOpened(
            study_name=self._request.study_name,
            study_file=self._request.study_file,
            created=self._created,
            finished=finished,
            goal=self._request.goal(finished, patience),
            jobs=self._request.workforce.at_most(window),
            window=window,
            sampler=asker.sampler.name,
            pruner=self._search.settings.tuning.pruner if asker.prunes else "none",
            notes=tuple(self._notes),
            patience=patience,
            timeout=self._request.timeout_seconds,
        )

    def _evaluate(
        self,
        asker: Asker,
        tally: Tally,
        opened: StudyOpened,
        listener: Listener,
        interrupts: Interrupts,
    ) -> Ending:
        assert self._study.epoch is not None
        size = opened.jobs
        if opened.goal is not None:
            size = min(size, opened.goal - asker.known)
        with self._request.workforce.executor(self._search.problem.evaluator, size) as executor:
            engine = Engine(
                asker,
                executor,
                self._store.append,
                epoch=EpochSpan(self._study.epoch.number, self._study.epoch.first_trial),
                goal=opened.goal,
                patience=opened.patience,
                timeout=opened.timeout,
                tally=tally,
                listener=listener,
                interrupts=interrupts,
            )
            return engine.run()

    def _asker(self) -> Asker:
        start: Sequence[Mapping[str, Parameter]] = _kept(self._study, WARM_START) or ()
        asker = Asker(self._search.problem, self._search.settings.tuning, self._space, start)
        for record in self._study.current:
            asker.add(record)
        return asker

    def _begin_epoch_with_start(self, study: StudyRecord) -> None:
        """Store what the next epoch begins with; before it begins, so that no kill divides them."""
        key = str(len(study.epochs))
        wanted = self._search.warm_start if self._search.settings.tuning.warm_start else ()
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
        return bool(difference(study.epoch.components, self._components, self._search.undivided))

    def _note_jobs(self, window: int) -> None:
        if self._request.cluster is None and self._request.n_jobs > window:
            what = sampler_class(self._search.settings.tuning.sampler).window_setting
            self._notes.append(
                f"{self._request.n_jobs} jobs wanted, {window} used: the {what} is {window}, "
                "and no more trials are in flight"
            )


def _why(ending: Ending, opened: StudyOpened) -> str:
    if ending == "patience":
        return f"no better feasible trial in the last {opened.patience}: the search ends here"
    return f"the {opened.timeout:g} s for the search are over"


def _kept(study: StudyRecord, name: str) -> Any:
    assert study.epoch is not None
    return study.attributes.get(name, {}).get(str(study.epoch.number))
