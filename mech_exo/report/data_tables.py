"""What `exo data check` found."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from mech_exo.config.doc_pages import see_page
from mech_exo.data.check.checked_data import MANY
from mech_exo.data.check.finding import Finding
from mech_exo.report.formats import number, percent
from mech_exo.workflow.data_report import DataReport


def show_data(report: DataReport, console: Console) -> None:
    """Print what the data hold, how far each factor is known, and the findings by severity."""
    for line in _facts(report):
        console.print(line, soft_wrap=True)
    if report.facts.known_by_year:
        console.print()
        console.print("Known of each factor, of the names with a price", style="bold")
        console.print(_known(report))
    checked = report.checked
    for title, findings in (
        ("Errors", checked.errors),
        ("Warnings", checked.warnings),
        ("Accepted", checked.agreed),
    ):
        if findings:
            console.print()
            console.print(f"{title} ({len(findings)})", style="bold")
            console.print(_findings(findings))
    console.print()
    for name in checked.unknown:
        console.print(f"accepted, but not found: {name}", soft_wrap=True)
    console.print(_result(report), soft_wrap=True)


def _facts(report: DataReport) -> Iterator[str]:
    facts = report.facts
    yield f"data         {report.source}"
    if report.price_column:
        yield f"prices       column {report.price_column}"
    yield f"sessions     {facts.sessions}, {facts.first} to {facts.last}"
    yield (
        f"names        {facts.names}, {facts.late_listings} listed late, {facts.delistings} "
        f"delisted, {facts.never_priced} without a price"
    )
    yield f"gaps         {percent(facts.gaps)} of the days between first and last price"
    if report.no_factors:
        first = report.no_factors[0]
        yield (
            f"no factors   {', '.join(report.no_factors)} (data.factors, columns: "
            f"{{{first}: <factor>}} makes a column one)"
        )
    restated = {name: count for name, count in facts.restated.items() if count}
    if restated:
        words = ", ".join(f"{name} {count}" for name, count in restated.items())
        yield f"restated     values that replace an earlier one: {words}"


def _known(report: DataReport) -> Table:
    facts = report.facts
    years = list(dict.fromkeys(year for by in facts.known_by_year.values() for year in by))
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in facts.known_by_year:
        table.add_column(name, justify="right", overflow="fold")
    for year in years:
        table.add_row(year, *(percent(by.get(year)) for by in facts.known_by_year.values()))
    table.add_row("all", *(percent(1.0 - share) for share in facts.unknown.values()))
    return table


def _findings(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("name", overflow="fold")
    table.add_column("figure", justify="right", no_wrap=True)
    table.add_column("what it is, and what to do", overflow="fold")
    count = Counter(finding.rule for finding in findings)
    shown = Counter[str]()
    for finding in findings:
        shown[finding.rule] += 1
        if shown[finding.rule] > MANY:
            if shown[finding.rule] == count[finding.rule]:
                more = count[finding.rule] - MANY
                table.add_row(finding.rule, "", f"and {more:,} more of them (--json names all).")
            continue
        figure = "" if finding.figure is None else number(finding.figure)
        table.add_row(finding.name, figure, f"{finding.message} {finding.remedy}")
    return table


def _result(report: DataReport) -> str:
    errors, warnings = len(report.checked.errors), len(report.checked.warnings)
    words = f"{errors} {'error' if errors == 1 else 'errors'}, {warnings} " + (
        "warning" if warnings == 1 else "warnings"
    )
    if not errors:
        return f"passed: {words}."
    return (
        f"FAILED: {words}. A run stops at errors, unless data.accept names them "
        f"({see_page('data')})."
    )
