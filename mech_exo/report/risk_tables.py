"""The risk status as tables and JSON."""

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mech_exo.report.formats import number, percent
from mech_exo.report.plain_json import json_text
from mech_exo.risk.status import RiskStatus
from mech_exo.system.plain_values import plain

NAMES = {
    "drawdown": "drawdown now",
    "max_drawdown": "largest drawdown",
    "volatility": "volatility a year",
    "var": "value at risk",
    "es": "expected shortfall",
    "position": "largest position",
    "gross": "held and short",
    "net": "held less short",
    "short_interest": "sold short",
    "cash": "cash",
    "names": "number of names",
    "sector": "largest sector",
    "factor": "largest factor weight",
    "stop_distance": "nearest stop",
    "data_age_days": "age of the data, days",
}
COUNTS = ("names", "data_age_days")
STYLES = {"green": "green", "amber": "yellow", "red": "bold red", "": ""}


def show_risk(status: RiskStatus, console: Console) -> None:
    """Print figures with their lights, then the holdings with their stops."""
    console.print(f"Risk of {status.label} at the close of {status.session}")
    console.print(f"{status.source}; limits: {status.limits_file}", soft_wrap=True)
    console.print()
    console.print(_figures(status))
    console.print()
    console.print(_positions(status))
    console.print()
    breached = ", ".join(NAMES[name] for name in status.breached)
    verdict = f"BREACHED: {breached}" if breached else "within limits"
    console.print(Text(verdict, style=STYLES[status.light]), soft_wrap=True)


def risk_json(status: RiskStatus) -> str:
    """The same as JSON."""
    whole = {
        "config": status.label,
        "session": status.session,
        "source": status.source,
        "limits_file": str(status.limits_file),
        "light": status.light,
        "breached": status.breached,
        "figures": {
            f.name: {
                "value": f.value,
                "amber": f.limit.amber if f.limit else None,
                "red": f.limit.red if f.limit else None,
                "light": f.light or None,
                "remark": f.remark,
            }
            for f in status.figures
        },
        "positions": plain(status.positions),
    }
    return json_text(whole)


def _figures(status: RiskStatus) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("figure")
    for heading in ("value", "amber", "red"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for f in status.figures:
        limits = [f.limit.amber, f.limit.red] if f.limit else [math.nan, math.nan]
        table.add_row(
            Text(f.light or "–", style=STYLES[f.light]),
            NAMES[f.name],
            *(_written(f.name, value) for value in (f.value, *limits)),
            f.remark,
        )
    return table


def _positions(status: RiskStatus) -> Table:
    table = Table(
        title=f"Holdings: {len(status.positions)}",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    sectors = any(p.sector for p in status.positions)
    table.add_column("name")
    for heading in ("weight", "held since", "price / reference", "to the stop"):
        table.add_column(heading, justify="right")
    if sectors:
        table.add_column("sector")
    for p in status.positions:
        row = [
            p.symbol,
            percent(p.weight),
            p.since,
            number(p.growth),
            percent(p.stop_distance),
        ]
        table.add_row(*row, *([p.sector] if sectors else []))
    return table


def _written(name: str, value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return number(value, 0) if name in COUNTS else percent(value)
