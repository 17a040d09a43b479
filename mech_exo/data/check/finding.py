"""A finding: what in the data is probably not meant, where it stands, and what to do."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found.

    Attributes
    ----------
    rule
        The rule's name, a word of docs/data.md: `jump`, `frozen`, `survivors`.
    severity
        An error stops a run until `data.accept` names it; a warning is said and stored.
    message
        What was found, with its figure, in one sentence that begins with the place:
        "prices.csv, line 812: AAPL falls by 85.6 % on 2014-06-09, and no other name moves".
    remedy
        What to do about it, in one sentence.
    symbol, day
        Which name and which session (ISO) it is about; "" for none.
    subject
        What else tells two findings of one rule apart: a file's name, a factor; "" for nothing.
    figure
        The number that decided, for scripts; None for none.
    """

    rule: str
    severity: Severity
    message: str
    remedy: str
    symbol: str = ""
    day: str = ""
    subject: str = ""
    figure: float | None = None

    @property
    def name(self) -> str:
        """What `data.accept` calls it: `jump:AAPL:2014-06-09`."""
        return ":".join(part for part in (self.rule, self.subject, self.symbol, self.day) if part)
