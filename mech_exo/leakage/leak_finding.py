"""One thing that a check found."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["leak", "warning"]


@dataclass(frozen=True)
class LeakFinding:
    """One thing found.

    Attributes
    ----------
    severity
        A `leak` makes the check fail; a `warning` does not.
    subject
        The factor or field.
    message
        What is wrong, where, and how much.
    """

    severity: Severity
    subject: str
    message: str
