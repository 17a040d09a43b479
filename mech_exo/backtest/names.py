"""What a kernel knows of the names beside their returns."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.sector_history import SectorHistory


@dataclass(frozen=True, eq=False)
class Names:
    """What is known of the names beside their returns.

    Attributes
    ----------
    labels
        [S] the sectors; [0] where they are not known.
    sector
        [N] or [M, N] positions in `labels`, as `SectorHistory` has them; [0] where not known.
    """

    labels: NDArray[np.str_]
    sector: NDArray[np.int32]

    @classmethod
    def of(cls, sectors: SectorHistory | None) -> Self:
        """The arrays of the sectors."""
        known = sectors or SectorHistory.of(())
        return cls(np.array(known.labels, dtype=np.str_), known.code)

    @property
    def sectors(self) -> SectorHistory | None:
        """The sectors of the arrays."""
        if not len(self.labels):
            return None
        return SectorHistory(tuple(self.labels.tolist()), self.sector)
