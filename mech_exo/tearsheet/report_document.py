"""The figures of a tear sheet as plain values: what `--json` prints and the page carries."""

from typing import Any

from mech_exo.system.plain_values import plain
from mech_exo.tearsheet.parts.cost_record import Assumed
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.parts.performance import PortfolioRecord
from mech_exo.tearsheet.tear_sheet import TearSheet


def report_document(sheet: TearSheet) -> dict[str, Any]:
    """Exact figures; what is undefined is None. docs/report.md has the fields."""
    found = plain(_document(sheet))
    assert isinstance(found, dict)
    return found


def _document(sheet: TearSheet) -> dict[str, Any]:
    figures = sheet.performance
    return {
        "kind": sheet.kind,
        "name": sheet.name,
        "label": sheet.label,
        "exit_code": int(sheet.exit_code),
        "cautions": list(sheet.cautions),
        "in_sample": figures.in_sample,
        "holdout": figures.out_of_sample,
        "holdout_look": figures.look,
        "holdout_looks": figures.looks,
        "portfolios": {record.role: _record(record) for record in figures.records},
        **_verdict(sheet),
        **_composition(sheet),
        "constraints": [] if isinstance(sheet.limits, Missing) else _limits(sheet),
        "years": _years(sheet),
        **_costs(sheet),
        "factors": _factors(sheet),
        "importance": _importance(sheet),
        "data_findings": []
        if isinstance(sheet.data, Missing)
        else [{"name": f.name, "accepted": f.accepted} for f in sheet.data.findings],
        "missing": {name: part.reason for name, part in sheet.missing.items()},
    }


def _record(record: PortfolioRecord) -> dict[str, Any]:
    outside = record.out_of_sample
    return {
        "label": record.label,
        "in_sample": None if record.in_sample is None else dict(record.in_sample),
        "out_of_sample": None if outside is None else dict(outside),
    }


def _verdict(sheet: TearSheet) -> dict[str, Any]:
    found = sheet.verdict
    if isinstance(found, Missing):
        return {"verdict": None, "verdict_words": found.reason}
    return {
        "verdict": {"overall": found.overall, "p": found.p, "level": found.level, **_parts(sheet)},
        "verdict_words": found.words,
    }


def _parts(sheet: TearSheet) -> dict[str, Any]:
    assert not isinstance(sheet.verdict, Missing)
    return {"parts": dict(sheet.verdict.parts), "reason": sheet.verdict.reason}


def _composition(sheet: TearSheet) -> dict[str, Any]:
    found = sheet.weights
    if isinstance(found, Missing):
        return {"weights": {}, "parameters": {}}
    return {
        "weights": dict(zip(found.factors, found.weights.tolist(), strict=True)),
        "parameters": dict(found.settings),
    }


def _limits(sheet: TearSheet) -> list[dict[str, Any]]:
    assert not isinstance(sheet.limits, Missing)
    return [
        {"name": one.name, "value": one.value, "limit": one.limit, "satisfied": one.satisfied}
        for one in sheet.limits
    ]


def _years(sheet: TearSheet) -> list[dict[str, Any]]:
    found = sheet.calendar
    if isinstance(found, Missing):
        return []
    names = ("year", "total_return", "universe", "max_drawdown", "turnover")
    rows = (found.years, found.portfolio, found.universe, found.drawdown, found.turnover)
    return [
        dict(zip(names, row, strict=True))
        for row in zip(*(values.tolist() for values in rows), strict=True)
    ]


def _costs(sheet: TearSheet) -> dict[str, Any]:
    found = sheet.costs
    if isinstance(found, Missing):
        return {"what_if": [], "paid_a_year": None}
    return {"what_if": list(map(_assumed, found.assumed)), "paid_a_year": found.paid_a_year}


def _assumed(one: Assumed) -> dict[str, Any]:
    return {
        "name": one.name,
        "in_sample": None if one.inside is None else dict(one.inside),
        "out_of_sample": None if one.outside is None else dict(one.outside),
        "failure": one.failure,
    }


def _factors(sheet: TearSheet) -> dict[str, Any]:
    found = sheet.factors
    if isinstance(found, Missing):
        return {}
    rows = zip(found.factors, found.mean.tolist(), found.t.tolist(), strict=True)
    return {name: {"coefficient": mean, "t": t} for name, mean, t in rows}


def _importance(sheet: TearSheet) -> dict[str, float]:
    found = sheet.importance
    if isinstance(found, Missing):
        return {}
    return dict(found.shares)
