"""What a look at the holdout showed, holding period by holding period.

Kept with the look, so that looks at one market can later be laid side by side by their dates: two
that saw nearly the same portfolio are worth less than two.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.panel import DateArray, FloatArray

_CELL = np.dtype([("first", "<i4"), ("last", "<i4"), ("coefficient", "<f4"), ("skill", "<f4")])


@dataclass(frozen=True, eq=False)
class SeenPeriods:
    """The holding periods of one portfolio on the dates that were seen.

    Attributes
    ----------
    cells
        [M] records of the first and the last session (days since 1970-01-01), the information
        coefficient (NaN where there is none) and the sum of the hedged active return, by date.
        16 bytes each.
    """

    cells: NDArray[np.void]

    @classmethod
    def of(
        cls, first: DateArray, last: DateArray, coefficients: FloatArray, skill: FloatArray
    ) -> Self:
        """Of M periods from `first` to `last`, both included."""
        cells = np.empty(len(first), dtype=_CELL)
        cells["first"] = first.astype("datetime64[D]").astype(np.int64)
        cells["last"] = last.astype("datetime64[D]").astype(np.int64)
        cells["coefficient"], cells["skill"] = coefficients, skill
        return cls(cells)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """What `to_bytes` gave.

        Raises
        ------
        ValueError
            If it was something else.
        """
        cells = np.frombuffer(content, dtype=_CELL)
        if (cells["last"] < cells["first"]).any() or np.isinf(cells["coefficient"]).any():
            raise ValueError("these are no holding periods")
        return cls(cells)

    def to_bytes(self) -> bytes:
        """The same on every machine."""
        return self.cells.tobytes()

    def __len__(self) -> int:
        """M."""
        return len(self.cells)
