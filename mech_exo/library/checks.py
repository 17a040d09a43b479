"""What the data hold and lack."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mech_exo.library.pages import document, sentence, table

if TYPE_CHECKING:
    import pandas as pd

    from mech_exo.data.check.checked_data import CheckedData
    from mech_exo.data.check.finding import Finding
    from mech_exo.data.facts import MarketFacts
    from mech_exo.workflow.session import Session


@dataclass(frozen=True)
class Check:
    """Counts that say how far a result can be trusted, and what is probably not meant.

    Attributes
    ----------
    facts
        Names, sessions, late listings, delistings, gaps, share of unknown values by factor.
    remarks
        Lines for the user: what was found, and is not accepted.
    checked
        The findings of the data check, with their names, figures and remedies.
    """

    facts: "MarketFacts"
    remarks: tuple[str, ...]
    checked: "CheckedData"

    @property
    def errors(self) -> "tuple[Finding, ...]":
        """Findings that stop a run until `data.accept` names them."""
        return self.checked.errors

    @property
    def warnings(self) -> "tuple[Finding, ...]":
        """Findings that are said and stored."""
        return self.checked.warnings

    @property
    def unknown(self) -> "pd.Series[float]":
        """Factor -> share of unknown values among the names with a price."""
        import pandas as pd

        return pd.Series(self.facts.unknown, name="unknown", dtype=float)

    def _repr_html_(self) -> str:
        counts = {k: v for k, v in asdict(self.facts).items() if not isinstance(v, dict)}
        remarks = [sentence(line) for line in self.remarks]
        return document("data", table("facts", counts), table("unknown", self.unknown), *remarks)


def check_session(session: "Session") -> Check:
    """The facts of a session's market, and the remarks of docs/data.md."""
    from mech_exo.data.facts import describe

    checked = session.checked
    return Check(
        facts=describe(session.market, session.settings.backtest.delist_after),
        remarks=tuple(finding.message for finding in (*checked.errors, *checked.warnings)),
        checked=checked,
    )
