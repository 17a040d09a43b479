"""What the data check finds that concerns the leak check too."""

from collections.abc import Iterator

from mech_exo.config.settings import Settings
from mech_exo.data.check.endings import survivors
from mech_exo.data.check.examined import Examined
from mech_exo.data.check.publication_dates import publication
from mech_exo.data.market import Market
from mech_exo.leakage.leak_finding import LeakFinding, Severity


def of_data_check(settings: Settings, market: Market) -> Iterator[LeakFinding]:
    """Universes of survivors, and dates that are no publication's."""
    examined = Examined(market, settings)
    for finding in (*publication(examined), *survivors(examined)):
        severity: Severity = "leak" if finding.severity == "error" else "warning"
        yield LeakFinding(severity, finding.subject or "universe", finding.message)
