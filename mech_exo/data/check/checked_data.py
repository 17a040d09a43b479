"""What the data check found, and what of it the user has accepted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from mech_exo.data.check.finding import Finding

VERSION = 1
"""Of the rules: what another version finds need not be what this one does."""

MANY = 5
"""Findings of one rule beyond which they come after those of others, and are counted in a table."""

SHOWN = 5
"""Findings that a message names; `exo data check` names all."""


@dataclass(frozen=True)
class CheckedData:
    """The findings of a market, errors first.

    Attributes
    ----------
    findings
        All of them, in an order that depends on the data alone.
    accepted
        Names of those that are accepted: by `data.accept`, or by the source itself.
    unknown
        Entries of `data.accept` that nothing is called.
    """

    findings: tuple[Finding, ...] = ()
    accepted: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Errors that nobody has accepted: they stop a run."""
        return tuple(self._open("error"))

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Warnings that nobody has accepted."""
        return tuple(self._open("warning"))

    @property
    def agreed(self) -> tuple[Finding, ...]:
        """What was found and is accepted."""
        return tuple(f for f in self.findings if f.name in self.accepted)

    def _open(self, severity: str) -> Iterator[Finding]:
        """Those of a severity; a rule that found few times before one that did many times."""
        wanted = (f for f in self.findings if f.severity == severity)
        found = [f for f in wanted if f.name not in self.accepted]
        count = Counter(f.rule for f in found)
        return iter(sorted(found, key=lambda f: count[f.rule] > MANY and count[f.rule]))

    def as_list(self) -> list[dict[str, Any]]:
        """The findings as plain values for JSON, each with its name and whether it is accepted."""
        return [
            {"name": f.name, **asdict(f), "accepted": f.name in self.accepted}
            for f in self.findings
        ]

    def as_block(self) -> dict[str, Any]:
        """The findings as a study and a factor file keep them; empty without any."""
        kept = [
            {
                "name": f.name,
                "severity": f.severity,
                "accepted": f.name in self.accepted,
                "message": f.message,
            }
            for f in self.findings
        ]
        return {"rules": VERSION, "found": kept} if kept else {}
