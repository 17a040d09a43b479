"""The backtests behind a tear sheet, each made when it is first asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.objective.evaluate import Evaluator
from mech_exo.verdict.payloads import PLACEBO, WINDOW, check_payload
from mech_exo.verdict.repeated_searches import RepeatedSearches, searches_key, searches_of
from mech_exo.workflow.incumbent import incumbent_file
from mech_exo.workflow.track_record import TrackRecord, track_record

if TYPE_CHECKING:
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import Parameter
    from mech_exo.tuning.replicates import Payload
    from mech_exo.verdict.subject import Subject
    from mech_exo.verdict.windows import Window
    from mech_exo.workflow.session import Session


@dataclass(frozen=True, eq=False)
class HeldWindow:
    """What a re-tuning of the walk-forward found, on the dates that followed.

    Attributes
    ----------
    track
        None where nothing was found.
    feasible
        Whether what was held kept the constraints on the training dates.
    """

    window: "Window"
    params: "Mapping[str, Parameter] | None"
    feasible: bool
    track: TrackRecord | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Runs:
    """Backtests of one portfolio, and the repeated searches of its verdict.

    Figures on the holdout have been entered as a look before.

    Attributes
    ----------
    beside
        Whether config/factors.yml is compared with it.
    subject
        As a verdict judges it; None where the search behind it is not known.
    study_file, placebos_made
        Where the verdict's replicates are kept, and how many placebos it had; None without one.
    """

    session: "Session"
    params: "Mapping[str, Parameter]"
    label: str
    beside: bool
    subject: "Subject | None"
    study_file: Path | None
    placebos_made: int | None

    @cached_property
    def inside(self) -> TrackRecord:
        """The portfolio in sample."""
        return self._held(self.session.in_sample, self.params)

    @cached_property
    def whole(self) -> TrackRecord:
        """The portfolio on all dates, in one run, as `exo backtest --part all` has it."""
        return self._throughout(self.params)

    @cached_property
    def incumbent(self) -> TrackRecord | None:
        """config/factors.yml on all dates, where its figures stand beside."""
        file = incumbent_file(self.session.cwd) if self.beside else None
        if file is None:
            return None
        return self._throughout(self.session.appraiser.space.meaningful(file.params))

    @cached_property
    def searches(self) -> RepeatedSearches | None:
        """The searches that the verdict repeats; None where there is none to repeat."""
        return None if self.subject is None else searches_of(self.subject)

    @cached_property
    def placebos(self) -> "tuple[Payload, ...]":
        """What the repeated searches found, the real one first; () where that is not kept."""
        made = self.placebos_made
        return () if made is None else self._kept(PLACEBO, made + 1)

    @cached_property
    def windows(self) -> tuple[HeldWindow, ...]:
        """The re-tunings of the walk-forward; () where they are not kept."""
        searches = self.searches
        if searches is None:
            return ()
        found = self._kept(WINDOW, len(searches.windows))
        if not found:
            return ()
        return tuple(
            self._window(window, payload)
            for window, payload in zip(searches.windows, found, strict=True)
        )

    def _window(self, window: "Window", payload: "Payload") -> HeldWindow:
        params, track = payload["params"], None
        if params is not None:
            tested = self.session.in_sample.between(window.test_start, window.test_stop)
            track = self._held(tested, params)
        return HeldWindow(window, params, bool(payload.get("feasible", False)), track)

    def _throughout(self, params: "Mapping[str, Parameter]") -> TrackRecord:
        session = self.session
        return self._held(session.in_sample if session.holdout is None else session.panel, params)

    def _held(self, panel: "Panel", params: "Mapping[str, Parameter]") -> TrackRecord:
        session, holdout = self.session, self.session.holdout
        opens = None if holdout is None else holdout.dates[0]
        evaluator = self._evaluator(panel)
        return track_record(evaluator, panel, session.market, params, self.label, opens)

    def _evaluator(self, panel: "Panel") -> Evaluator:
        session = self.session
        if panel is session.in_sample:
            return session.appraiser.in_sample
        return Evaluator(session.spec, panel, session.settings, session.market)

    @cached_property
    def _replicates(self) -> "dict[tuple[str, int], str]":
        from mech_exo.tuning.replicate_store import kept_replicates

        if self.searches is None or self.study_file is None:
            return {}
        return kept_replicates(self.study_file, searches_key(self.searches))

    def _kept(self, part: str, count: int) -> "tuple[Payload, ...]":
        """The payloads of a part in order; () unless all of them are kept."""
        from mech_exo.tuning.replicates import payload_of

        tasks = [(part, number) for number in range(count)]
        if any(task not in self._replicates for task in tasks):
            return ()
        payloads = tuple(payload_of(task, self._replicates[task]) for task in tasks)
        for task, payload in zip(tasks, payloads, strict=True):
            check_payload(task, payload)
        return payloads
