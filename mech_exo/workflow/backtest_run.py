"""A backtest of any portfolio on any dates: the one place where it is run and looks are entered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from mech_exo.errors import ExoError
from mech_exo.objective.evaluate import Evaluator
from mech_exo.system.memory import give_back_freed
from mech_exo.verdict.holdout import HoldoutLedger, portfolio_hash
from mech_exo.workflow.assumptions import AsItIs
from mech_exo.workflow.run_changes import RunChanges
from mech_exo.workflow.scenarios import Scenario, scenarios
from mech_exo.workflow.track_record import TrackRecord, track_record

if TYPE_CHECKING:
    from mech_exo.config.settings import Settings
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import Parameter
    from mech_exo.tuning.looks import Look
    from mech_exo.workflow.session import Session

Part = Literal["in_sample", "holdout", "all"]
PARTS: tuple[Part, ...] = ("in_sample", "holdout", "all")


@dataclass(frozen=True, kw_only=True)
class BacktestRequest:
    """What is backtested, when, and under which assumptions.

    Attributes
    ----------
    label
        How the portfolio is called: "trial 42", "config/factors.yml".
    params
        Its parameters.
    part
        `in_sample`, `holdout` or `all`; None: in sample, unless a date below lies in the holdout.
    start, end
        First and last day, both included; None: those of the part.
    changes
        What is assumed otherwise than the settings and the parameters say.
    what_if
        As `--what-if` has them: the same portfolio once more under each.
    by
        What looks at the holdout, for its ledger.
    """

    label: str
    params: "Mapping[str, Parameter]"
    part: Part | None = None
    start: date | None = None
    end: date | None = None
    changes: RunChanges = RunChanges()
    what_if: tuple[str, ...] = ()
    by: str = "backtest"


class Span(NamedTuple):
    """Some of the session's dates: positions, the second one exclusive."""

    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class WhatIf:
    """The same portfolio under an assumption.

    Attributes
    ----------
    name
        `as it is`, or the assumption as it was written: `lag=2`.
    track
        What it did; None where it cannot be run so.
    failure
        Why it cannot; "" if it can.
    """

    name: str
    track: TrackRecord | None
    failure: str = ""


@dataclass(frozen=True, eq=False)
class Backtested:
    """A portfolio on the dates asked for.

    Attributes
    ----------
    track
        On all of them, in one run.
    parts
        Of dates that are partly in sample and partly of the holdout: each part in a run of its
        own that begins with cash, as a study and a factor file have them. Else empty.
    what_ifs
        The first one is the portfolio as it is; () if nothing else was asked.
    looks
        How many portfolios have been seen on these dates of the holdout, with this one; 0: it was
        not looked at.
    """

    track: TrackRecord
    parts: tuple[TrackRecord, ...]
    what_ifs: tuple[WhatIf, ...]
    looks: int


def backtested(session: "Session", study_file: Path, request: BacktestRequest) -> Backtested:
    """Backtest a portfolio; each look at the holdout is entered before its figures are known.

    Parameters
    ----------
    study_file
        Where the ledger of looks is; it need not be there, and is made for a look.

    Raises
    ------
    ExoError
        For dates without a session or without an execution, an assumption that means nothing, and
        parameters that are not of the session's space.
    """
    span = span_of(session, request)
    asked = _scenarios(session, request)  # what is wrong with them is said before the work
    run = _Backtests(session, study_file, request)
    whole = run.track(span)
    parts = tuple(run.track(part) for part in _parts_of(span, session.split))
    what_ifs = tuple(run.what_if(one, span) for one in asked)
    if what_ifs:
        what_ifs = (WhatIf("as it is", whole), *what_ifs)
    return Backtested(whole, parts, what_ifs, run.looks)


def span_of(session: "Session", request: BacktestRequest) -> Span:
    """Which of the session's dates are asked for.

    Raises
    ------
    ExoError
        For a part that is none, and for dates with no session of the part between them.
    """
    dates, split, end = session.panel.dates, session.split, len(session.panel.dates)
    first, last = request.start, request.end
    if first is not None and last is not None and first > last:
        raise ExoError(f"start is {first}, after end, {last}.", hint="Exchange them.")
    start = 0 if first is None else int(np.searchsorted(dates, np.datetime64(first)))
    stop = end if last is None else int(np.searchsorted(dates, np.datetime64(last), "right"))
    part = request.part
    if part is None:
        named = (last is not None and stop > split) or (first is not None and start >= split)
        part = "all" if named else "in_sample"
    if part not in PARTS:
        raise ExoError(f"part is {part!r}, must be in_sample, holdout or all.")
    if part == "holdout" and split == end:
        raise ExoError("there is no holdout (holdout.fraction is 0, or too few dates).")
    within = {"in_sample": Span(0, split), "holdout": Span(split, end), "all": Span(0, end)}[part]
    span = Span(max(start, within.start), min(stop, within.stop))
    if span.start < span.stop:
        return span
    words = {"in_sample": "the in-sample part", "holdout": "the holdout", "all": "the data"}[part]
    raise ExoError(
        f"no session from {first or dates[within.start]} to {last or dates[within.stop - 1]}: "
        f"{words} go{'es' if part != 'all' else ''} from {dates[within.start]} to "
        f"{dates[within.stop - 1]}.",
        hint="Change start or end, or take another part: in_sample, holdout or all.",
    )


def _parts_of(span: Span, split: int) -> Iterator[Span]:
    if span.start < split < span.stop:
        yield Span(span.start, split)
        yield Span(split, span.stop)


def _scenarios(session: "Session", request: BacktestRequest) -> tuple[Scenario, ...]:
    if not request.what_if:
        return ()
    settings = request.changes.settled(session.settings, "the changed settings")
    candidate = session.appraiser.space.candidate({**request.params, **request.changes.params})
    return scenarios(request.what_if, AsItIs(settings, candidate))


class _Backtests:
    """Runs of one portfolio, by the dates and by what is assumed otherwise.

    One prepared backtest is held at a time: of a large panel, each is as large as the panel.
    """

    def __init__(self, session: "Session", study_file: Path, request: BacktestRequest) -> None:
        self._session, self._request = session, request
        self._study_file = study_file
        self._prepared: tuple[object, Evaluator, Panel, Market] | None = None
        self._ledgers: dict[Span, HoldoutLedger] = {}
        self._entered: tuple[Look, ...] = ()

    @property
    def looks(self) -> int:
        """How many portfolios have been seen on the dates of the last look."""
        from mech_exo.tuning.looks import distinct

        return distinct(self._entered)

    def track(self, span: Span, changes: RunChanges | None = None) -> TrackRecord:
        """The portfolio on some dates, after a look is entered where they are of the holdout."""
        session, request = self._session, self._request
        changes = request.changes if changes is None else changes
        settings = changes.settled(session.settings, "the changed settings")
        evaluator, panel, market = self._evaluator(span, settings, changes)
        opens = session.panel.dates[session.split] if session.holdout is not None else None
        params = {**request.params, **changes.params}
        found = track_record(
            evaluator, panel, market, params, request.label, opens, stops=changes.stops
        )
        if session.split < span.stop:
            self._enter(span, evaluator, found, changes)
        return found

    def what_if(self, scenario: Scenario, span: Span) -> WhatIf:
        """The portfolio under a scenario."""
        try:
            found = self.track(span, self._request.changes.and_then(scenario.changes))
        except ExoError as error:
            return WhatIf(scenario.name, None, error.message)
        return WhatIf(scenario.name, found)

    def _evaluator(
        self, span: Span, settings: "Settings", changes: RunChanges
    ) -> "tuple[Evaluator, Panel, Market]":
        """What backtests on some dates under some settings; the last one is kept."""
        key = (span, settings, changes.delay_days)
        if self._prepared is None or self._prepared[0] != key:
            self._prepared = None
            give_back_freed()
            whole, market = _built(self._session, settings, changes)
            panel = whole.between(*span)
            made = Evaluator(self._session.spec, panel, settings, market)
            self._prepared = key, made, panel, market
        return self._prepared[1:]

    def _enter(
        self, span: Span, evaluator: Evaluator, found: TrackRecord, changes: RunChanges
    ) -> None:
        """Enter a look at the dates of the holdout that the span has.

        What a look under other settings showed is not kept: it is another thing than what others
        showed, and counts in full.
        """
        ledger, shown = self._ledger(span), None
        if changes == RunChanges(params=changes.params):
            kernel = evaluator.kernel(found.params)
            shown = ledger.shown(kernel, found.candidate, found.result)
        content = portfolio_hash(evaluator.space, _identity(found, changes))
        origin = f"{self._request.by}: {self._request.label}"
        self._entered = ledger.look(content, origin, shown)

    def _ledger(self, span: Span) -> HoldoutLedger:
        """The ledger of looks at the dates of the holdout that a span has."""
        session = self._session
        if span not in self._ledgers:
            seen = session.panel.between(0, span.stop)
            first = max(session.split, span.start)
            self._ledgers[span] = HoldoutLedger(self._study_file, seen, first)
        return self._ledgers[span]


def _identity(found: TrackRecord, changes: RunChanges) -> "Mapping[str, Parameter]":
    """The parameters by which a portfolio is known; one without stops loses all at the most."""
    return found.params if changes.stops else {**found.params, "stop_loss_pct": 1.0}


def _built(session: "Session", settings: "Settings", changes: RunChanges) -> "tuple[Panel, Market]":
    """Panel and market of all dates under changed settings."""
    if not changes.rebuilds:
        return session.panel, session.market
    from mech_exo.data.build import build_panel
    from mech_exo.data.late_facts import published_later

    market = session.market
    if changes.delay_days:
        market = published_later(market, changes.delay_days)
    panel = session.panel
    listed = (*panel.factor_names, *panel.missing_factors)
    return build_panel(market, settings, listed), market
