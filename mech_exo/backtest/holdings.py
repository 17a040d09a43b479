"""The list of a candidate's holdings: one entry for each segment and name."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.growth import Growth
from mech_exo.data.panel import BoolArray, FloatArray, IntArray


@dataclass(eq=False)
class Carry:
    """What one run of segments hands to the next.

    Attributes
    ----------
    amount
        [N] value of each position at the end, in units of the last segment.
    value
        Of the whole portfolio at the end, in the same unit.
    reference
        [N] price index at the stop's reference; NaN where nothing is held.
    forced
        [N] a stop that is carried out in the next segment: one of the stops' kinds, 0 for none.
    """

    amount: FloatArray
    value: float
    reference: FloatArray
    forced: IntArray

    @classmethod
    def nothing(cls, names: int) -> "Carry":
        """All cash, before the first execution."""
        return cls(np.zeros(names), 1.0, np.full(names, np.nan), np.zeros(names, dtype=np.int64))


@dataclass(eq=False)
class Holdings:
    """Holdings of segments `start` to `stop`, by segment and then by name.

    Known without the stops: selection does not depend on them.

    Attributes
    ----------
    segment, name
        [H] segment, counted from `start`, and name.
    cell
        [H] position in an array [G, N].
    opening
        [H'] the first ones, which belong to the first segment.
    by_name
        [H] the holdings by name and then by segment.
    linked
        [H − 1] whether entry i + 1 of `by_name` continues entry i without a break.
    previous, following
        [H] the holding that this one continues, and the one that continues it; −1: none.
    aside, aside_root
        [S] holdings that could only be set aside, and the segment at which each last had a price.
    """

    start: int
    stop: int
    segment: IntArray
    name: IntArray
    cell: IntArray
    opening: IntArray
    by_name: IntArray
    linked: BoolArray
    previous: IntArray
    following: IntArray
    aside: IntArray
    aside_root: IntArray


def list_holdings(growth: Growth, held: BoolArray, start: int, carry: Carry) -> Holdings:
    """List the holdings of segments `start` on.

    Parameters
    ----------
    growth
        Its `priced` and `aside_*` decide who can be bought, and who stays.
    held
        [segments, N] names chosen; overwritten by the names held.
    start
        First segment.
    carry
        What is held before.
    """
    segments, names = held.shape
    np.logical_and(held, growth.priced[start : start + segments], out=held)
    aside_cell, aside_root = _set_aside(growth, held, start, carry)
    flat = np.flatnonzero(held)
    segment = flat // names
    name = flat - segment * names
    cell = flat + start * names
    by_name = np.argsort(
        name.astype(np.uint16) if names <= np.iinfo(np.uint16).max else name, kind="stable"
    )
    name_o, segment_o = name[by_name], segment[by_name]
    linked = (name_o[1:] == name_o[:-1]) & (segment_o[1:] == segment_o[:-1] + 1)
    linked &= growth.sold.ravel()[cell[by_name[:-1]]] == 0
    previous = np.full(len(flat), -1)
    following = np.full(len(flat), -1)
    before, after = by_name[:-1][linked], by_name[1:][linked]
    previous[after] = before
    following[before] = after
    return Holdings(
        start=start,
        stop=start + segments,
        segment=segment,
        name=name,
        cell=cell,
        opening=np.arange(int(np.searchsorted(segment, 1))),
        by_name=by_name,
        linked=linked,
        previous=previous,
        following=following,
        aside=np.searchsorted(flat, aside_cell),
        aside_root=aside_root,
    )


def _set_aside(
    growth: Growth, held: BoolArray, start: int, carry: Carry
) -> tuple[IntArray, IntArray]:
    """Add the holdings that cannot be sold, in order of their cells."""
    segments = len(held)
    low, high = np.searchsorted(growth.aside_segment, (start, start + segments))
    name, root = growth.aside_name[low:high], growth.aside_root[low:high]
    inside = root >= start
    stays = np.where(inside, held[np.where(inside, root - start, 0), name], False)
    if not inside.all():
        stays |= ~inside & ~np.isnan(carry.reference[name])
    segment, name, root = growth.aside_segment[low:high][stays] - start, name[stays], root[stays]
    held[segment, name] = True
    return segment * held.shape[1] + name, root
