"""A part of a tear sheet that is not there, and why."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Missing:
    """What stands in the place of a part that cannot be told.

    Attributes
    ----------
    reason
        Why, in a sentence.
    command
        What would fill it; "" if nothing would.
    """

    reason: str
    command: str = ""
