"""The sector of each name: one for all dates, or as it was on each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

UNKNOWN = "unknown"
"""The sector of a name that has none; all such names count as one."""


@dataclass(frozen=True, eq=False)
class SectorHistory:
    """Sectors by name, and by date where they are known so.

    Attributes
    ----------
    labels
        [S] the sectors that occur, sorted.
    code
        Positions in `labels`: [N] where one sector stands for all dates, [R, N] where each date
        has its own; R is the number of dates of a market, of rebalance dates of a panel.
    """

    labels: tuple[str, ...]
    code: NDArray[np.int32]

    def __post_init__(self) -> None:
        view = self.code.view()
        view.flags.writeable = False
        object.__setattr__(self, "code", view)

    @classmethod
    def of(cls, sectors: Sequence[Any] | NDArray[np.str_]) -> Self:
        """The history of texts, [N] or [R, N]."""
        texts = np.asarray(sectors, dtype=np.str_)
        labels, code = np.unique(texts, return_inverse=True)
        return cls(tuple(map(str, labels)), code.reshape(texts.shape).astype(np.int32))

    @property
    def dated(self) -> bool:
        """Whether a name's sector may change."""
        return self.code.ndim == 2

    def at(self, rows: Any) -> Self:
        """The sectors on some of the dates; itself where they are the same on all.

        Sectors that do not occur on them are left out, so that nothing tells of later ones.
        """
        if not self.dated:
            return self
        code = self.code[rows]
        used = np.flatnonzero(np.bincount(code.ravel(), minlength=len(self.labels)))
        labels = tuple(self.labels[k] for k in used.tolist())
        return type(self)(labels, np.searchsorted(used, code).astype(np.int32))

    def names(self, row: int = -1) -> tuple[str, ...]:
        """The sector [N] of each name on a date, by default the last."""
        code = self.code[row] if self.dated else self.code
        return tuple(self.labels[k] for k in code.tolist())
