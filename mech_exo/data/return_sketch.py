"""A few returns of every session, by which the same data are known again.

A fingerprint answers "are these the same bytes"; a sketch answers "are these the same returns", on
the sessions that two stretches of data share, although one has grown, lost or gained a name, or
has had its adjusted prices revised.
"""

import hashlib
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.panel import DateArray, FloatArray, IntArray
from mech_exo.system.memory import release

PER_SESSION = 3  # names kept of each session
TOLERANCE = 5e-4  # of a daily return; adjusted prices are published to the cent, and revised
SHARE = 0.25  # of the kept names that must have an equal return for two to be the same data
SESSIONS = 64  # looked at at a time
CHANCE = 2  # equal returns at least, where there are as many: one is a coincidence now and then
_CELL = np.dtype([("day", "<i4"), ("name", "<u4"), ("value", "<f4")])


@dataclass(frozen=True, eq=False)
class ReturnSketch:
    """Returns of `PER_SESSION` names of each session, chosen by a hash of date and name.

    The choice depends on the date and on the names that have a return on it, on nothing else; so
    two markets that share names share most of the chosen ones.

    Attributes
    ----------
    cells
        [C] records of day (since 1970-01-01), hash of date and name, and return, sorted.
    """

    cells: NDArray[np.void]

    @classmethod
    def of(cls, dates: DateArray, symbols: tuple[str, ...], returns: FloatArray) -> Self:
        """The sketch of daily returns [T, N]; NaN is no return and is never chosen."""
        days = dates.astype("datetime64[D]").astype(np.int64)
        names = np.array([_name_hash(symbol) for symbol in symbols], dtype=np.uint64)
        parts = [np.empty(0, dtype=_CELL)]
        for start in range(0, len(days), SESSIONS):
            part = slice(start, start + SESSIONS)
            parts.append(_chosen(days[part], names, returns[part]))
            release(returns)
        return cls(np.sort(np.concatenate(parts), order=("day", "name")))

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """What `to_bytes` gave."""
        return cls(np.frombuffer(content, dtype=_CELL))

    def to_bytes(self) -> bytes:
        """The same on every machine."""
        return self.cells.tobytes()

    def between(self, first: str, last: str) -> "ReturnSketch":
        """The sessions from `first` to `last` (YYYY-MM-DD), both included."""
        low, high = (int(np.datetime64(d, "D").astype(np.int64)) for d in (first, last))
        days = self.cells["day"]
        return ReturnSketch(self.cells[(days >= low) & (days <= high)])

    def covers(self, first: str, last: str) -> bool:
        """Whether it has a session on or before `first`, and one on or after `last`."""
        if not len(self):
            return False
        low, high = (int(np.datetime64(d, "D").astype(np.int64)) for d in (first, last))
        return bool(self.cells["day"][0] <= low and high <= self.cells["day"][-1])

    def __len__(self) -> int:
        """C."""
        return len(self.cells)

    def same_data(self, other: "ReturnSketch") -> bool:
        """Whether both are of the same returns, judged by the sessions that they share.

        False without a shared session. Equal is what differs by at most `TOLERANCE`.
        """
        one, two = self._on(other), other._on(self)
        fewer = min(len(one), len(two))
        _, i, j = np.intersect1d(_keys(one), _keys(two), return_indices=True)
        equal = int((np.abs(one["value"][i] - two["value"][j]) <= TOLERANCE).sum())
        return equal > 0 and equal >= max(SHARE * fewer, min(CHANCE, fewer))

    def _on(self, other: "ReturnSketch") -> NDArray[np.void]:
        shared = np.isin(self.cells["day"], other.cells["day"])
        return self.cells[shared]


def _chosen(days: IntArray, names: NDArray[np.uint64], returns: FloatArray) -> NDArray[np.void]:
    """Cells of some sessions: `days` [T], hashes of all names [N], returns [T, N]."""
    order = _mixed(names[None, :] ^ _mixed(days.astype(np.uint64))[:, None])
    order[np.isnan(returns)] = np.iinfo(np.uint64).max
    count = min(PER_SESSION, len(names))
    chosen = np.argpartition(order, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(returns, chosen, axis=1)
    cells = np.empty(chosen.shape, dtype=_CELL)
    cells["day"] = days[:, None]
    cells["name"] = np.take_along_axis(order, chosen, axis=1) >> np.uint64(32)
    cells["value"] = values
    return cells[~np.isnan(values)]


def _keys(cells: NDArray[np.void]) -> NDArray[np.int64]:
    keys: NDArray[np.int64] = (cells["day"].astype(np.int64) << 32) | cells["name"]
    return keys


def _name_hash(symbol: str) -> int:
    return int.from_bytes(hashlib.blake2b(symbol.encode(), digest_size=8).digest(), "little")


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): neighbouring numbers become unrelated."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
