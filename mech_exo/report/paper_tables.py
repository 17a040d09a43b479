"""The paper ledger as lines, tables and JSON."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from mech_exo.paper.expectation import LEVEL, Band
from mech_exo.paper.ledger_status import AgainstBacktest, AgainstList, PaperStatus
from mech_exo.paper.step import Stepped
from mech_exo.report.formats import number, percent
from mech_exo.report.plain_json import json_text
from mech_exo.system.plain_values import plain
from mech_exo.workflow.data_age import DataAge


def step_line(step: Stepped) -> str:
    """One session in a line."""
    account = step.account
    return (
        f"{step.date}  equity {account.equity:,.2f}  cash {account.cash:,.2f}  "
        f"{len(account.holdings)} names  {len(step.fills)} fills  {len(step.orders)} orders"
    )


def steps_json(steps: Sequence[Stepped], age: DataAge) -> str:
    """The sessions that were booked, and how old the data are, as JSON."""
    return json_text(
        {
            "data_end": str(age.last),
            "data_age_days": age.days,
            "stale": age.stale,
            "sessions": [
                {
                    "date": s.date,
                    "equity": s.account.equity,
                    "cash": s.account.cash,
                    "names": len(s.account.holdings),
                    "fills": plain(s.fills),
                    "orders": plain(s.orders),
                }
                for s in steps
            ],
        }
    )


def show_paper(status: PaperStatus, console: Console) -> None:
    """Print the ledger's result, its comparison with the backtest, and its positions."""
    for line in _lines(status):
        console.print(line, soft_wrap=True)
    console.print()
    console.print(_holdings(status))


def paper_json(status: PaperStatus) -> str:
    """The same as JSON."""
    record, comparison = status.record, status.comparison
    band = comparison.band if comparison else None
    return json_text(
        {
            "ledger": str(status.path),
            "factors": status.label,
            "opened": record.opening.opened,
            "session": record.dates[-1],
            "sessions": len(record.dates) - 1,
            "capital": record.opening.capital,
            "fractional": record.opening.fractional,
            "equity": record.equity[-1],
            "cash": record.account.cash,
            "total_return": record.total_return,
            "max_drawdown": record.max_drawdown,
            "fills": record.fills,
            "traded": record.traded,
            "cost": record.cost,
            **({"borrowing": record.borrowing} if record.borrowing else {}),
            "against_list": plain(record.against_list),
            "holdings": plain(record.account.holdings),
            "open_orders": [
                dict(zip(("decided", "symbol", "reason", "shares"), order, strict=True))
                for order in record.orders
            ],
            "comparison": plain(comparison) | {"inside": band.inside if band else None}
            if comparison
            else None,
        }
    )


def _lines(status: PaperStatus) -> Iterator[str]:
    record = status.record
    kind = "fractional" if record.opening.fractional else "whole"
    yield f"ledger     {status.path}, {kind} shares, under {status.label}"
    yield (
        f"sessions   {len(record.dates) - 1} since the opening at the close of "
        f"{record.opening.opened}, last {record.dates[-1]}"
    )
    yield (
        f"equity     {record.equity[-1]:,.2f} of {record.opening.capital:,.2f} "
        f"({percent(record.total_return, 2)}), largest drawdown {percent(record.max_drawdown, 2)}, "
        f"cash {record.account.cash:,.2f}"
    )
    short = -sum(min(h.value, 0.0) for h in record.account.holdings.values())
    if short or record.borrowing:
        yield f"short      {short:,.2f} sold short; paid for borrowing {record.borrowing:,.2f}"
    yield f"trades     {record.fills} fills of {record.traded:,.2f}, cost {record.cost:,.2f}"
    if record.against_list is not None:
        yield _against_list(record.against_list)
    yield f"orders     {len(record.orders)} open"
    if status.comparison is None:
        yield "expected   nothing yet: no decision of this factor file has been executed"
    else:
        yield from _compared(status.comparison)


def _against_list(found: AgainstList) -> str:
    line = (
        f"lists      {found.repriced} of {found.listed} fills differ from the evening's list, by "
    )
    line += f"{found.value:,.2f} in all: the next close's prices"
    return line + (f"; {found.unlisted} could not be listed" if found.unlisted else "")


def _compared(comparison: AgainstBacktest) -> Iterator[str]:
    yield f"live       {percent(comparison.live, 2)} since {comparison.since}"
    if comparison.backtest is None:
        yield "backtest   not compared: the ledger has been kept under several factor files"
    else:
        yield f"backtest   {percent(comparison.backtest, 2)} on the same dates"
    if comparison.band is None:
        yield f"expected   nothing: too few sessions to draw from ({comparison.history})"
    else:
        yield _band(comparison.band)
        yield f"           drawn from {comparison.history}"


def _band(band: Band) -> str:
    where = "INSIDE" if band.inside else "BELOW" if band.live < band.low else "ABOVE"
    return (
        f"expected   {percent(band.low, 2)} to {percent(band.high, 2)} ({LEVEL:.0%} of what the "
        f"backtest makes of {band.sessions} sessions), median {percent(band.median, 2)}: live is "
        f"{where} the band, at percentile {100 * band.percentile:.0f}"
    )


def _holdings(status: PaperStatus) -> Table:
    record = status.record
    table = Table(
        title=f"Positions: {len(record.account.holdings)}",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    table.add_column("name")
    for heading in ("shares", "price", "value", "weight", "price / reference"):
        table.add_column(heading, justify="right")
    for symbol, holding in record.account.holdings.items():
        table.add_row(
            symbol,
            f"{holding.shares:,.4f}".rstrip("0").rstrip("."),
            number(holding.price, 2),
            f"{holding.value:,.2f}",
            percent(holding.value / record.equity[-1]),
            number(holding.growth),
        )
    return table
