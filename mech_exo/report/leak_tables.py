"""What `exo leakcheck` found."""

from rich.console import Console
from rich.table import Table

from mech_exo.leakage.leaks import LeakReport
from mech_exo.report.formats import number


def show_leaks(report: LeakReport, console: Console) -> None:
    """Print what was tried, the coefficients, and the findings; leaks by name."""
    table = Table(box=None, pad_edge=False)
    table.add_column("information coefficient with the return of")
    table.add_column("the same day", justify="right")
    table.add_column("the next day", justify="right")
    for name, (same, following) in report.coefficients.items():
        table.add_row(name, number(same), number(following))
    console.print(table)
    console.print()
    for finding in report.findings:
        console.print(f"{finding.severity}: {finding.subject}: {finding.message}", soft_wrap=True)
    leaks = [f for f in report.findings if f.severity == "leak"]
    weights = " and the target weights" if report.targets else ""
    tried = f"{report.factors} factors{weights}, each computed again as of {report.dates} dates"
    if not leaks:
        console.print(f"passed: no leak in {tried}.", soft_wrap=True)
        return
    names = ", ".join(dict.fromkeys(f.subject for f in leaks))
    console.print(
        f"FAILED: {len(leaks)} {'leak' if len(leaks) == 1 else 'leaks'} ({names}); tried {tried}.",
        soft_wrap=True,
    )
