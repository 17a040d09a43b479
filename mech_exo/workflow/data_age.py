"""How old the data of a session are, and whether that is too old to act on."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Self

import numpy as np

from mech_exo.config.settings import OWN_SOURCES

if TYPE_CHECKING:
    from mech_exo.workflow.session import Session


@dataclass(frozen=True)
class DataAge:
    """The age of a session's data.

    Attributes
    ----------
    last
        Their last session.
    days
        From it to the day that is asked about; below 0 for a session after that.
    limit
        `reoptimize.max_data_age_days`, and a period more where prices are not daily.
    ages
        Whether the data are the user's: the demo and the sample have the dates that they have.
    """

    last: np.datetime64
    days: int
    limit: int
    ages: bool

    @classmethod
    def of(cls, session: "Session", today: date) -> Self:
        """The age on a day."""
        panel, settings = session.panel, session.settings
        last = panel.dates[-1]
        return cls(
            last=last,
            days=int((np.datetime64(today, "D") - last).astype(int)),
            limit=settings.reoptimize.max_data_age_days + panel.frequency.wait_days,
            ages=settings.data.source in OWN_SOURCES,
        )

    @property
    def old(self) -> bool:
        """Whether they are older than the limit."""
        return self.days > self.limit

    @property
    def stale(self) -> bool:
        """Whether they are data of the user's that are older than the limit."""
        return self.ages and self.old
