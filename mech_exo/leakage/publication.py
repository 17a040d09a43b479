"""Publication dates that cannot be."""

import numpy as np

from mech_exo.data.catalogue import DEFAULT_FACTORS
from mech_exo.data.market import Market
from mech_exo.leakage.leak_finding import LeakFinding

EXAMPLES = 3  # rows named
NO_DELAY_SHARE = 0.5  # of a fundamental's rows; accounts take weeks to be published


def publication_findings(market: Market) -> list[LeakFinding]:
    """Values available before their period ends, and accounts without any delay."""
    findings = []
    for name, vintage in market.vintages.items():
        delay = (vintage.available - vintage.period_end) / np.timedelta64(1, "D")
        early = np.flatnonzero(delay < 0)
        if len(early):
            rows = ", ".join(
                f"{market.symbols[vintage.symbol[r]]} {vintage.period_end[r]} "
                f"(available {vintage.available[r]})"
                for r in early[:EXAMPLES]
            )
            findings.append(
                LeakFinding(
                    "leak",
                    name,
                    f"{len(early)} values are used before the end of the period that they are "
                    f"of: {rows}{', …' if len(early) > EXAMPLES else ''}.",
                )
            )
        category = market.categories.get(name, DEFAULT_FACTORS.get(name, ""))
        undelayed = float(np.mean(delay == 0)) if len(delay) else 0.0
        if category == "fundamental" and undelayed > NO_DELAY_SHARE:
            findings.append(
                LeakFinding(
                    "leak",
                    name,
                    f"{undelayed:.0%} of its values are used from their period's last day on: "
                    "available_date is the period end, and accounts are published weeks later.",
                )
            )
    return findings
