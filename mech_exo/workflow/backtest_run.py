"""A backtest of any portfolio on any dates: the one place where it is run and looks are entered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExoError
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.space import Space
from mech_exo.system.memory import give_back_freed
from mech_exo.verdict.holdout import HoldoutLedger, portfolio_hash
from mech_exo.workflow.assumptions import AsItIs
from mech_exo.workflow.backtest_dates import Part, Span, parts_of, span_of
from mech_exo.workflow.run_changes import RunChanges
from mech_exo.workflow.scenarios import Scenario, scenarios
from mech_exo.workflow.track_record import TrackRecord, track_record

if TYPE_CHECKING:
    from mech_exo.backtest.capacity import Capacity
    from mech_exo.config.settings import Settings
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import Parameter
    from mech_exo.tuning.looks import Look
    from mech_exo.tuning.replicates import Progress
    from mech_exo.workflow.session import Session

AS_IT_IS = "as it is"
ASKED = "what is asked"  # where a value outside its bounds stands


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
    origin
        What looks at the holdout, for its ledger; "": `backtest: LABEL`.
    capacity
        Whether to find out at which capital how much of the active return is left.
    """

    label: str
    params: "Mapping[str, Parameter]"
    part: Part | None = None
    start: date | None = None
    end: date | None = None
    changes: RunChanges = RunChanges()
    what_if: tuple[str, ...] = ()
    origin: str = ""
    capacity: bool = False


@dataclass(frozen=True, eq=False)
class WhatIf:
    """The same portfolio under an assumption.

    Attributes
    ----------
    name
        `AS_IT_IS`, or the assumption as it was written: `lag=2`.
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
    look, looks
        Which look at these dates of the holdout this portfolio's first was, and how many portfolios
        have been seen there so far; 0: it was not looked at.
    changes
        What was assumed otherwise than the settings and the parameters say.
    capacity
        On all of the dates; None where it was not asked for or nothing is known of the trading.
    """

    track: TrackRecord
    parts: tuple[TrackRecord, ...]
    what_ifs: tuple[WhatIf, ...]
    look: int
    looks: int
    changes: RunChanges
    capacity: "Capacity | None" = None


def backtested(
    session: "Session",
    study_file: Path | None,
    request: BacktestRequest,
    progress: "Progress | None" = None,
) -> Backtested:
    """Backtest a portfolio; each look at the holdout is entered before its figures are known.

    Parameters
    ----------
    study_file
        Where the ledger of looks is; it need not be there, and is made for a look. None: no look
        is entered, as the portfolio was seen on the holdout before.
    progress
        Told of every finished what-if.

    Raises
    ------
    ExoError
        For dates without a session or without an execution, an assumption that means nothing, and
        parameters that are not of the session's space.
    """
    span = span_of(session, request.part, request.start, request.end)
    asked = _scenarios(session, request)  # what is wrong with them is said before the work
    run = _Backtests(session, study_file, request)
    whole = run.track(span)
    capacity = run.capacity(span, whole) if request.capacity else None
    parts = tuple(run.track(part) for part in parts_of(span, session.split))
    what_ifs = [WhatIf(AS_IT_IS, whole)] if asked else []
    for done, scenario in enumerate(asked):
        if progress is not None:
            progress("what-if", done, len(asked))
        what_ifs.append(run.what_if(scenario, span))
    looks = run.look, run.looks
    return Backtested(whole, parts, tuple(what_ifs), *looks, request.changes, capacity)


def _scenarios(session: "Session", request: BacktestRequest) -> tuple[Scenario, ...]:
    if not request.what_if:
        return ()
    settings = request.changes.settled(session.settings, ASKED)
    space = Space.of(session.spec, session.panel, settings)
    candidate = space.candidate({**request.params, **request.changes.params})
    return scenarios(request.what_if, AsItIs(settings, candidate, len(session.panel.symbols)))


class _Backtests:
    """Runs of one portfolio, by the dates and by what is assumed otherwise.

    One prepared backtest is held at a time: of a large panel, each is as large as the panel.
    """

    def __init__(
        self, session: "Session", study_file: Path | None, request: BacktestRequest
    ) -> None:
        self._session, self._request = session, request
        self._study_file = study_file
        self._prepared: tuple[object, Evaluator, Panel, Market] | None = None
        self._ledgers: dict[Span, HoldoutLedger] = {}
        self._entered: tuple[Look, ...] = ()
        self.look = 0
        """Which look at the holdout the first one was: that of the portfolio as it was asked for"""

    @property
    def looks(self) -> int:
        """How many portfolios have been seen on the dates of the last look."""
        from mech_exo.tuning.looks import distinct

        return distinct(self._entered)

    def track(self, span: Span, changes: RunChanges | None = None) -> TrackRecord:
        """The portfolio on some dates, after a look is entered where they are of the holdout."""
        session, request = self._session, self._request
        changes = request.changes if changes is None else changes
        settings = changes.settled(session.settings, ASKED)
        evaluator, panel, market = self._evaluator(span, settings, changes)
        opens = session.panel.dates[session.split] if session.holdout is not None else None
        params = {**request.params, **changes.params}
        found = track_record(
            evaluator, panel, market, params, request.label, opens, stops=changes.stops
        )
        if session.split < span.stop:
            self._enter(span, evaluator, found, changes)
        return found

    def capacity(self, span: Span, track: TrackRecord) -> "Capacity | None":
        """What a track, which has been looked at, would have earned at which capital."""
        from mech_exo.backtest.capacity import capacity_of

        changes = self._request.changes
        settings = changes.settled(self._session.settings, ASKED)
        evaluator, panel, _ = self._evaluator(span, settings, changes)
        return capacity_of(evaluator.kernel(track.params), track.candidate, panel)

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
        from mech_exo.tuning.looks import rank

        if self._study_file is None:
            return
        ledger, shown = self._ledger(span, self._study_file), None
        if changes == RunChanges(params=changes.params):
            kernel = evaluator.kernel(found.params)
            shown = ledger.shown(kernel, found.candidate, found.result)
        content = portfolio_hash(evaluator.space, _identity(found, changes))
        origin = self._request.origin or f"backtest: {self._request.label}"
        self._entered = ledger.look(content, origin, shown)
        self.look = self.look or rank(self._entered, content)

    def _ledger(self, span: Span, study_file: Path) -> HoldoutLedger:
        """The ledger of looks at the dates of the holdout that a span has."""
        session = self._session
        if span not in self._ledgers:
            seen = session.panel.between(0, span.stop)
            first = max(session.split, span.start)
            self._ledgers[span] = HoldoutLedger(study_file, seen, first)
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
