"""What would have happened to 100: the portfolio and what stands beside it, date by date."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.track import PathFigures
from mech_exo.data.panel import DateArray, FloatArray
from mech_exo.errors import ExitCode
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.runs import Runs
from mech_exo.workflow.track_record import TrackRecord

START = 100.0
UNIVERSE = "universe"


@dataclass(frozen=True, eq=False)
class Course:
    """One portfolio.

    Attributes
    ----------
    dates, returns
        [T] sessions in order, and simple returns after costs.
    value
        [T] of 100 at the first date's beginning, or of what it began with.
    drawdown
        [T] loss from the highest value so far, a positive fraction.
    """

    label: str
    dates: DateArray
    returns: FloatArray
    value: FloatArray
    drawdown: FloatArray


@dataclass(frozen=True, eq=False)
class Courses:
    """All portfolios on one axis.

    Attributes
    ----------
    portfolio, universe, incumbent
        In sample and on the holdout, in one run. The universe is held in equal weights, as much of
        it as of the portfolio; `incumbent` is None where there is none.
    walk_forward
        What was found on the dates before, held on those that followed, piece after piece; it
        begins with what the universe was worth then. None where the pieces are not kept.
    pieces
        First dates of its pieces.
    split
        First date of the holdout; None without one.
    """

    portfolio: Course
    universe: Course
    incumbent: Course | None
    walk_forward: Course | None
    pieces: tuple[np.datetime64, ...]
    split: np.datetime64 | None

    @property
    def shown(self) -> tuple[Course, ...]:
        """Those that there are."""
        every = (self.portfolio, self.universe, self.incumbent, self.walk_forward)
        return tuple(course for course in every if course is not None)


def courses(reported: Reported) -> Courses | Missing:
    """The paths, from backtests on the study's or the file's own data."""
    runs, best = reported.runs, reported.best
    if runs is None or best is None:
        return no_backtest(reported)
    whole, holdout = runs.whole, runs.session.holdout
    universe = _joined(UNIVERSE, [(whole.dates, whole.universe)])
    walked = _walk_forward(runs, universe)
    return Courses(
        portfolio=_of(best.label, whole),
        universe=universe,
        incumbent=_incumbent(reported, runs),
        walk_forward=walked,
        pieces=tuple(w.track.dates[0] for w in runs.windows if w.track) if walked else (),
        split=None if holdout is None else holdout.dates[0],
    )


def no_backtest(reported: Reported) -> Missing:
    """Why there are no backtests."""
    if reported.exit_code == ExitCode.NO_FEASIBLE_TRIAL:
        return Missing("No trial keeps all limits, so nothing is run.", "exo report --trial NUMBER")
    if reported.session is None:
        return Missing(
            "What is at hand is not what the study or file was made with, so nothing is run: the "
            "top of the page says in what it differs."
        )
    study = reported.study
    if study is not None and len(study.directions) > 1:
        return Missing(
            "The study has several objectives, so it has no single best trial.",
            "exo report --trial NUMBER",
        )
    why = "" if study is None else study.without_feasible()
    return Missing(f"There is no portfolio to show: {why}.")


def _of(label: str, track: TrackRecord) -> Course:
    return _joined(label, [(track.dates, track.returns)])


def _incumbent(reported: Reported, runs: Runs) -> Course | None:
    if reported.incumbent is None or runs.incumbent is None:
        return None
    return _of(reported.incumbent.label, runs.incumbent)


def _walk_forward(runs: Runs, universe: Course) -> Course | None:
    pieces = [w.track for w in runs.windows if w.track is not None]
    if not pieces:
        return None
    before = np.searchsorted(universe.dates, pieces[0].dates[0])
    worth = float(universe.value[before - 1]) if before else START
    paths = [(track.dates, track.returns) for track in pieces]
    return _joined("walk-forward", paths, worth)


def _joined(
    label: str, paths: Iterable[tuple[DateArray, FloatArray]], start: float = START
) -> Course:
    """Paths one after the other."""
    listed = list(paths)
    dates = np.concatenate([dates for dates, _ in listed])
    returns = np.concatenate([returns for _, returns in listed])
    value = start * np.multiply.accumulate(1.0 + returns)
    return Course(label, dates, returns, value, PathFigures(returns).drawdowns)
