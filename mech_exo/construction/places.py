"""Which names stand where in the ranking of a date, and the best of them."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.panel import BoolArray, FloatArray, IntArray

CELLS = 2**14  # names times dates that are worked on at a time, to stay in the cache


def in_cache(shape: tuple[int, ...]) -> Iterator[slice]:
    """The rows of a table [G, N], a few at a time."""
    step = max(1, CELLS // max(1, shape[1]))
    for low in range(0, shape[0], step):
        yield slice(low, low + step)


def places(scores: FloatArray, order: IntArray) -> IntArray:
    """Place [G, N] of each name by its score, the best 0; ties by symbol, not ranked last.

    Parameters
    ----------
    scores
        [G, N]; NaN is not ranked. All that are ranked come before all that are not.
    order
        [N] positions of the names in the order of their symbols.
    """
    key = -scores[:, order]  # NaN comes last
    first = np.argsort(key, axis=1)
    ordered = np.take_along_axis(key, first, axis=1)
    tied = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
    first[tied] = np.argsort(key[tied], axis=1, kind="stable")  # five times as slow
    place = np.empty(scores.shape, dtype=np.int64)
    numbers = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    np.put_along_axis(place, order[first], numbers, axis=1)
    return place


def best(scores: FloatArray, count: IntArray, order: IntArray, sign: float = 1.0) -> BoolArray:
    """Mark the `count` [G] best of each date [G, N]; ties go to the first in `order`.

    Parameters
    ----------
    count
        At most the number of names that are ranked on the date.
    sign
        −1.0: the best have the lowest scores.
    """
    most = int(count.max(initial=0))
    if not most:
        return np.zeros(scores.shape, dtype=bool)
    chosen = np.empty(scores.shape, dtype=bool)
    for rows in in_cache(scores.shape):
        key = scores[rows] * -sign  # NaN comes last, and is never at most anything
        last = np.partition(key, most - 1, axis=1)[:, most - 1]
        np.less_equal(key, last[:, None], out=chosen[rows])
    wrong = np.flatnonzero(np.count_nonzero(chosen, axis=1) != count)
    if len(wrong):  # a tie for the last place, or fewer to be chosen than on other dates
        chosen[wrong] = places(sign * scores[wrong], order) < count[wrong, None]
    return chosen


def place_within(place: IntArray, group: IntArray, groups: int) -> IntArray:
    """Place [G, N] of each name among those of its group: the number of them before it.

    Parameters
    ----------
    place
        [G, N] from 0 to N; N is nowhere, and comes after all others of the group.
    group
        [G, N] from 0 to `groups` − 1.
    """
    by_group = np.argsort(group * (place.shape[1] + 1) + place, axis=1, kind="stable")
    sizes = np.zeros((len(group), groups + 1), dtype=np.int64)
    rows = np.arange(len(group))[:, None]
    np.add.at(sizes, (rows, group + 1), 1)
    start = np.cumsum(sizes, axis=1)
    inside = np.arange(place.shape[1]) - np.take_along_axis(
        start, np.take_along_axis(group, by_group, axis=1), axis=1
    )
    within = np.empty_like(place)
    np.put_along_axis(within, by_group, inside, axis=1)
    return within
