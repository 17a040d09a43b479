"""Which dates a portfolio is backtested on, and what of them no trial saw."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from mech_exo.errors import ExoError

if TYPE_CHECKING:
    from mech_exo.workflow.session import Session

Part = Literal["in_sample", "holdout", "all"]
PARTS: tuple[Part, ...] = ("in_sample", "holdout", "all")


class Span(NamedTuple):
    """Some of the session's dates: positions, the second one exclusive."""

    start: int
    stop: int


def span_of(
    session: "Session",
    part: Part | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Span:
    """Which of the session's dates are asked for.

    Parameters
    ----------
    part
        None: in sample, unless `first` or `last` lies in the holdout.
    first, last
        Days, both included; None: those of the part.

    Raises
    ------
    ExoError
        For a part that is none, and for dates with no session of the part between them.
    """
    dates, split, end = session.panel.dates, session.split, len(session.panel.dates)
    if first is not None and last is not None and first > last:
        raise ExoError(f"start is {first}, after end, {last}.", hint="Exchange them.")
    start = 0 if first is None else int(np.searchsorted(dates, np.datetime64(first)))
    stop = end if last is None else int(np.searchsorted(dates, np.datetime64(last), "right"))
    if part is None:
        named = (last is not None and stop > split) or (first is not None and start >= split)
        part = "all" if named else "in_sample"
    if part not in PARTS:
        raise ExoError(f"part is {part!r}, must be in_sample, holdout or all.")
    if part == "holdout" and split == end:
        raise ExoError("there is no holdout (holdout.fraction is 0, or too few dates).")
    within = {"in_sample": Span(0, split), "holdout": Span(split, end), "all": Span(0, end)}[part]
    span = Span(max(start, within.start), min(stop, within.stop))
    words = {"in_sample": "the in-sample part", "holdout": "the holdout", "all": "the data"}[part]
    goes = (
        f"{words} go{'es' if part != 'all' else ''} from {dates[within.start]} to "
        f"{dates[within.stop - 1]}."
    )
    if span.start < span.stop:
        _check_within(span, start if first else span.start, stop if last else span.stop, goes)
        return span
    raise ExoError(
        f"no session from {first or dates[within.start]} to {last or dates[within.stop - 1]}: "
        f"{goes}",
        hint="Change start or end, or take another part: in_sample, holdout or all.",
    )


def _check_within(span: Span, start: int, stop: int, goes: str) -> None:
    """Refuse a first or last day whose sessions are cut off by the part that was asked for.

    Parameters
    ----------
    start, stop
        As they were asked for, where they were.
    goes
        What the part's dates are, in words.
    """
    name = "start" if start < span.start else "end" if stop > span.stop else ""
    if name:
        raise ExoError(
            f"{name} lies outside of the part: {goes}",
            hint=f"Change {name}, or take another part: in_sample, holdout or all.",
        )


def parts_of(span: Span, split: int) -> Iterator[Span]:
    """The in-sample and the holdout part of dates that have both; nothing of others."""
    if span.start < split < span.stop:
        yield Span(span.start, split)
        yield Span(split, span.stop)
