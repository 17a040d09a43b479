"""What the data hold and lack."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mech_exo.library.pages import document, sentence, table

if TYPE_CHECKING:
    import pandas as pd

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
        Lines for the user.
    """

    facts: "MarketFacts"
    remarks: tuple[str, ...]

    @property
    def unknown(self) -> "pd.Series[float]":
        """Factor -> share of unknown values among the names with a price."""
        import pandas as pd

        return pd.Series(self.facts.unknown, name="unknown", dtype=float)

    def _repr_html_(self) -> str:
        counts = {k: v for k, v in asdict(self.facts).items() if k != "unknown"}
        remarks = [sentence(line) for line in self.remarks]
        return document("data", table("facts", counts), table("unknown", self.unknown), *remarks)


def check_session(session: "Session") -> Check:
    """The facts of a session's market, and the remarks of docs/data.md."""
    from mech_exo.data.facts import describe
    from mech_exo.data.likely_mistakes import likely_mistakes

    return Check(
        facts=describe(session.market, session.settings.backtest.delist_after),
        remarks=tuple(likely_mistakes(session.market, session.panel.missing_factors)),
    )
