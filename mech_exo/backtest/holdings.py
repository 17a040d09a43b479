"""The list of a candidate's holdings: one entry for each segment and name."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mech_exo.backtest.grouping import Grouping
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.schedule import Stint
from mech_exo.backtest.scratch import Scratch
from mech_exo.data.panel import BoolArray, FloatArray, IntArray


@dataclass(eq=False)
class Carry:
    """What one run of segments hands to the next.

    Attributes
    ----------
    amount
        [N] value of each position at the end, in units of the last segment.
    total
        Σ `amount`, added up as the holdings are (its bits must not depend on where a run is cut).
    value
        Of the whole portfolio at the end, in the same unit.
    reference
        [N] price index at the stop's reference; NaN where nothing is held.
    forced
        [N] a stop that is carried out in the next segment: one of the stops' kinds, 0 for none.
    """

    amount: FloatArray
    total: float
    value: float
    reference: FloatArray
    forced: IntArray

    @classmethod
    def nothing(cls, names: int) -> "Carry":
        """All cash, before the first execution."""
        return cls(
            np.zeros(names), 0.0, 1.0, np.full(names, np.nan), np.zeros(names, dtype=np.int64)
        )


@dataclass(eq=False)
class Holdings:
    """Holdings of the segments of a stint, by segment and then by name.

    Known without the stops: selection does not depend on them.

    Attributes
    ----------
    segment, name
        [H] which of the stint's segments, and name.
    cell
        [H] position in an array [G, N] of the schedule's segments.
    by_segment
        Sums them by segment.
    previous, following
        [H] the holding that this one continues, and the one that continues it; −1: none.
    aside, aside_root
        [S] holdings that could only be set aside, and the segment of the schedule at which each
        last had a price.
    """

    stint: Stint
    segment: IntArray
    name: IntArray
    cell: IntArray
    by_segment: Grouping
    previous: IntArray
    following: IntArray
    aside: IntArray
    aside_root: IntArray

    @cached_property
    def by_name(self) -> IntArray:
        """[H] the holdings by name and then by segment."""
        names = self.name.astype(np.uint16) if self.name.max(initial=0) < 2**16 else self.name
        return np.argsort(names, kind="stable")

    @property
    def opening(self) -> int:
        """Number of holdings of the first segment; they come first."""
        return int(self.by_segment.size[0])

    @property
    def closing(self) -> int:
        """The first holding of the last segment."""
        return int(self.by_segment.start[-1])


def list_holdings(
    growth: Growth, held: BoolArray, stint: Stint, carry: Carry, scratch: Scratch
) -> Holdings:
    """List the holdings of the segments of a stint.

    Parameters
    ----------
    growth
        Its `priced` and `aside_*` decide who can be bought, and who stays.
    held
        [segments, N] names chosen; overwritten by the names held.
    carry
        What is held before.
    scratch
        Buffers.
    """
    segments, names = held.shape
    np.logical_and(held, growth.priced.take(stint.segment, axis=0), out=held)
    aside_cell, aside_root = _set_aside(growth, held, stint, carry)
    flat = np.flatnonzero(held)
    by_segment = Grouping(np.searchsorted(flat, np.arange(segments + 1) * names))
    segment = np.arange(segments).repeat(by_segment.size)
    name = flat - segment * names
    cell = stint.segment.take(segment) * names + name
    previous, following = _link(flat, names, cell, growth, scratch.places(held.size))
    return Holdings(
        stint=stint,
        segment=segment,
        name=name,
        cell=cell,
        by_segment=by_segment,
        previous=previous,
        following=following,
        aside=np.searchsorted(flat, aside_cell),
        aside_root=aside_root,
    )


def _link(
    flat: IntArray, names: int, cell: IntArray, growth: Growth, places: IntArray
) -> tuple[IntArray, IntArray]:
    """The holding before and after each, of the same name in adjacent segments.

    `places` [segments·N at least] need not be clean: whatever it says is checked.
    """
    count = len(flat)
    here = np.arange(count)
    places[flat] = here
    following = places.take(flat + names, mode="clip")
    np.minimum(following, count - 1, out=following)
    linked = flat.take(following) == flat + names if count else np.zeros(0, dtype=bool)
    sold = growth.sold.ravel().take(cell)
    if sold.any():
        linked &= sold == 0
    following[~linked] = -1
    previous = np.full(count, -1)
    previous[following[linked]] = here[linked]
    return previous, following


def _set_aside(
    growth: Growth, held: BoolArray, stint: Stint, carry: Carry
) -> tuple[IntArray, IntArray]:
    """Add the holdings that cannot be sold, in order of their places in `held`."""
    low, high = np.searchsorted(growth.aside_segment, (stint.start, stint.stop))
    name, root = growth.aside_name[low:high], growth.aside_root[low:high]
    if low == high:
        return name, root
    begin = stint.opening[:, None] - stint.start
    segment, bought = (begin + growth.aside_segment[low:high]).ravel(), (begin + root).ravel()
    name, root = np.tile(name, len(begin)), np.tile(root, len(begin))
    stays = held[np.maximum(bought, 0), name]
    if root.min() < stint.start:
        stays = np.where(root >= stint.start, stays, ~np.isnan(carry.reference[name]))
    segment, name, root = segment[stays], name[stays], root[stays]
    held[segment, name] = True
    return segment * held.shape[1] + name, root
