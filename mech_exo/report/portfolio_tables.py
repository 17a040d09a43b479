"""Target holdings and orders as a table, CSV and JSON."""

import csv
import dataclasses
import io

from rich.console import Console
from rich.table import Table

from mech_exo.portfolio.orders import Line, OrderList
from mech_exo.portfolio.target import Target
from mech_exo.report.formats import number, percent
from mech_exo.report.plain_json import json_text
from mech_exo.system.plain_values import plain
from mech_exo.workflow.data_age import DataAge


def show_orders(target: Target, orders: OrderList, console: Console) -> None:
    """Print one line a name: what is wanted, held and ordered."""
    console.print(f"{_headline(target)}", soft_wrap=True)
    console.print()
    table = Table(box=None, pad_edge=False)
    table.add_column("name")
    for heading in ("wanted", "held", "order", "price", "value", "cost", "after", "weight"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for line in orders.lines:
        table.add_row(
            line.symbol,
            percent(line.target_weight),
            _shares(line.current),
            f"{line.side} {_shares(abs(line.order))}" if line.side else "–",
            number(line.price, 2),
            number(line.value, 2) if line.side else "–",
            number(line.cost, 2) if line.side else "–",
            _shares(line.target),
            percent(line.weight),
            line.remark,
        )
    console.print(table)
    console.print()
    console.print(
        f"capital {orders.capital:,.2f}, {len(orders.orders)} orders of {orders.traded:,.2f}, "
        f"cost {orders.cost:,.2f}, cash afterwards {orders.cash:,.2f}",
        soft_wrap=True,
    )
    if any(line.weight < 0.0 for line in orders.lines):
        console.print(_sides(orders), soft_wrap=True)


def orders_csv(target: Target, orders: OrderList) -> str:
    """One row a name, with exact floats; `date` is the session that all is valued at."""
    text = io.StringIO()
    names = ["date", *(f.name for f in dataclasses.fields(Line))]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for line in orders.lines:
        writer.writerow({"date": str(target.date)} | dataclasses.asdict(line))
    return text.getvalue()


def orders_json(target: Target, orders: OrderList, age: DataAge) -> str:
    """Everything as one JSON object."""
    whole = {
        "date": str(target.date),
        "data_age_days": age.days,
        "stale": age.stale,
        "decided": str(target.decided),
        "rebalance": target.rebalance,
        "capital": orders.capital,
        "invested": orders.invested,
        "cash": orders.cash,
        "traded": orders.traded,
        "cost": orders.cost,
        "lines": plain(orders.lines),
    }
    return json_text(whole) + "\n"


def _headline(target: Target) -> str:
    if target.rebalance:
        return f"Rebalance: decided at the close of {target.decided}, orders for the next close"
    return (
        f"No rebalance is due at the close after {target.date}: the model portfolio of the "
        f"decision of {target.decided} as it stands, after stops"
    )


def _sides(orders: OrderList) -> str:
    weights = [line.weight for line in orders.lines]
    held, short = sum(w for w in weights if w > 0.0), -sum(w for w in weights if w < 0.0)
    return (
        f"afterwards held {percent(held)}, sold short {percent(short)}: together "
        f"{percent(held + short)}, net {percent(held - short)}; what short sales bring is in the "
        "cash"
    )


def _shares(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.4f}"
