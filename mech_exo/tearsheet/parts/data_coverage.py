"""The data: what they are, how far they are known, and what the data check found."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mech_exo.data.check.finding import Finding
from mech_exo.data.facts import MarketFacts, describe
from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported


@dataclass(frozen=True)
class JudgedFinding:
    """Something in the data that is probably not meant.

    Attributes
    ----------
    accepted
        Whether the user, or the source itself, has accepted it.
    """

    name: str
    severity: str
    message: str
    remedy: str
    accepted: bool


@dataclass(frozen=True, eq=False)
class DataCoverage:
    """The market of the study or file.

    Attributes
    ----------
    source, demo
        What the data are, in words; whether they are made up.
    facts
        Counts, of all dates; None where the data are not at hand.
    years, names
        [Y] calendar years, and how many names had a price in them.
    known
        Factor -> [Y] share of the tradable names with a value; NaN where there was no date.
    missing
        Factors that have no data.
    findings
        Those that nobody has accepted first.
    """

    source: str
    demo: bool
    facts: MarketFacts | None
    years: IntArray
    names: IntArray
    known: Mapping[str, FloatArray]
    missing: tuple[str, ...]
    findings: tuple[JudgedFinding, ...]

    @property
    def open(self) -> tuple[JudgedFinding, ...]:
        """Findings that nobody has accepted."""
        return tuple(f for f in self.findings if not f.accepted)


def data_coverage(reported: Reported) -> DataCoverage | Missing:
    """What is known of the data."""
    session = reported.session
    if session is None:
        return _stated(reported)
    market, checked = session.market, session.checked
    facts = describe(market, session.settings.backtest.delist_after)
    of = market.dates.astype("datetime64[Y]").astype(np.int64) + 1970
    priced = ~np.isnan(market.close)
    years = np.unique(of)
    shown = set(session.factor_names)
    return DataCoverage(
        source=session.panel.source,
        demo=session.settings.data.source == "demo",
        facts=facts,
        years=years,
        names=np.array([int(priced[of == year].any(axis=0).sum()) for year in years]),
        known={
            name: np.array([by_year.get(str(year), np.nan) for year in years])
            for name, by_year in facts.known_by_year.items()
            if name in shown
        },
        missing=tuple(session.panel.missing_factors),
        findings=tuple(
            _judged(finding, accepted=finding.name in checked.accepted)
            for finding in (*checked.errors, *checked.warnings, *checked.agreed)
        ),
    )


def _judged(finding: Finding, *, accepted: bool) -> JudgedFinding:
    return JudgedFinding(finding.name, finding.severity, finding.message, finding.remedy, accepted)


def _stated(reported: Reported) -> DataCoverage | Missing:
    """What a factor file says of its data."""
    provenance = (reported.file.provenance if reported.file else None) or {}
    if "data_source" not in provenance:
        return Missing("Nothing was run, and a study keeps no data of its own.")
    found = provenance.get("data_findings") or {}
    settings = provenance.get("settings") or {}
    none = np.zeros(0, dtype=np.int64)
    return DataCoverage(
        source=str(provenance["data_source"]),
        demo=(settings.get("data") or {}).get("source") == "demo",
        facts=None,
        years=none,
        names=none,
        known={},
        missing=(),
        findings=tuple(
            JudgedFinding(
                str(each["name"]),
                str(each.get("severity", "")),
                str(each.get("message", "")),
                "",
                accepted=bool(each.get("accepted")),
            )
            for each in found.get("found", ())
        ),
    )
