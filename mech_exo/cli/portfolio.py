"""`exo portfolio`: target holdings, and the orders to get there."""

import dataclasses
import enum
import sys
from pathlib import Path

import typer

from mech_exo.cli.options import INPUT, OUTPUT, command, option
from mech_exo.cli.production import FactorFileOptions, age_of, production_model

ORDERS = "Orders"
CAPITAL = 100_000.0


class ListFormat(enum.StrEnum):
    """How the list is printed."""

    table = "table"
    csv = "csv"
    json = "json"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class PortfolioOptions(FactorFileOptions):
    """Options of `exo portfolio`."""

    current: Path | None = option(
        "--current",
        help="Current positions: CSV file symbol,shares; a row CASH holds the cash.",
        otherwise="all cash",
        panel=INPUT,
    )
    capital: float | None = option(
        "--capital",
        help="Value of the whole portfolio, cash included.",
        otherwise=f"what the current positions and their cash are worth; {CAPITAL:g} without any",
        panel=ORDERS,
    )
    min_trade: float | None = option(
        "--min-trade",
        help="Leave out orders of less value, unless they close a position.",
        otherwise="0.1 % of the capital",
        min=0.0,
        panel=ORDERS,
    )
    fractional: bool = option(
        "--fractional/--whole", help="Fractions of shares.", default=False, panel=ORDERS
    )
    format: ListFormat = option(
        "--format", help="How to print.", default=ListFormat.table, panel=OUTPUT
    )


def portfolio(options: PortfolioOptions) -> None:
    """List the target holdings of a factor file, and the orders for the next close."""
    from mech_exo.portfolio.order_sizes import Sizing
    from mech_exo.portfolio.orders import order_list
    from mech_exo.portfolio.positions_file import Current, read_positions
    from mech_exo.portfolio.target import next_target
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.portfolio_tables import orders_csv, orders_json, show_orders

    model = production_model(options, options.config)
    log = ConsoleLog()
    age = age_of(model, log)
    target, mandate = next_target(model), model.candidate.mandate
    capital, current = options.capital, Current.nothing(len(target.symbols))
    if options.current is not None:
        current = read_positions(options.current, target.symbols, mandate)
    elif capital is None:
        capital = CAPITAL
    sizing = Sizing(
        capital=capital,
        min_trade=options.min_trade,
        fractional=options.fractional,
        cost=model.session.settings.backtest.cost,
    )
    orders = order_list(target, current, sizing)
    if orders.capital < orders.invested and mandate.max_gross <= 1.0:
        log.warn(
            f"--capital {orders.capital:,.2f} is less than the positions are worth, "
            f"{orders.invested:,.2f}: the rest counts as borrowed, and is sold."
        )
    if options.format is ListFormat.table:
        show_orders(target, orders, console(sys.stdout))
    elif options.format is ListFormat.csv:
        sys.stdout.write(orders_csv(target, orders))
    else:
        sys.stdout.write(orders_json(target, orders, age))


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "portfolio", PortfolioOptions)(portfolio)
