"""Where in a run a text stands."""

from enum import IntEnum


class Moment(IntEnum):
    """What a text tells of; the greater counts more.

    Attributes
    ----------
    PROGRESS
        How far the run is: for a message that can be changed.
    MILESTONE
        The beginning, about each quarter of the trials, an interruption.
    END
        How the run ended.
    """

    PROGRESS = 0
    MILESTONE = 1
    END = 2
