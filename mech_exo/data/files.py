"""The user's own data (`data.source: files`)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mech_exo.config.settings import DataSettings
from mech_exo.data.factor_tables import Facts, read_factor_table
from mech_exo.data.market import Market
from mech_exo.data.price_files import read_prices
from mech_exo.data.return_files import read_returns
from mech_exo.errors import ExoError


def file_market(data: DataSettings) -> Market:
    """Prices and factor tables of the settings, as one market without source words.

    Raises
    ------
    ExoError
        Naming file, row and column of whatever is wrong; see docs/data.md for the formats.
    """
    market = price_market(data)
    return with_facts(market, table_facts(data, market))


def price_market(data: DataSettings) -> Market:
    """The prices of the settings alone; as `file_market`."""
    part = data.query or data.sheet
    if data.returns is not None:
        if data.prices is not None:
            raise ExoError(
                "data.prices and data.returns are both set.", hint="Leave one of them out."
            )
        return read_returns(data.returns, data.prices_layout, data.keys, part)
    if data.prices is None:
        raise ExoError(
            "data.source is files, but data.prices names no file.",
            hint="Set it in the settings file (--config); examples/us_large.yml shows how.",
        )
    return read_prices(data.prices, data.prices_layout, data.keys, part)


def table_facts(data: DataSettings, market: Market) -> Iterator[tuple[str, Facts]]:
    """Each factor table of the settings, by the name of its file; as `file_market`."""
    for table in data.factors:
        facts = read_factor_table(
            table,
            market,
            ignore_unknown=data.unknown_symbols == "ignore",
            max_age_days=data.max_age_days,
        )
        yield str(table.file), facts


def with_facts(market: Market, tables: Iterable[tuple[str, Facts]]) -> Market:
    """A market and the fields of tables, each with the name of its table.

    Raises
    ------
    ExoError
        If two tables give the same field.
    """
    origin: dict[str, str] = {}
    for label, facts in tables:
        for name in (*facts.vintages, *facts.daily):
            if name in origin:
                raise ExoError(f"{label}: {name} is also in {origin[name]}.")
            origin[name] = label
        market = replace(
            market,
            vintages=market.vintages | facts.vintages,
            daily=market.daily | facts.daily,
            categories=market.categories | facts.categories,
            notes=market.notes + facts.notes,
        )
    return market


def file_words(data: DataSettings, market: Market) -> str:
    """What the data are: number of names, files, dates."""
    files = [str(f.name) for f in (data.prices, data.returns, *(t.file for t in data.factors)) if f]
    return (
        f"files: {len(market.symbols)} stocks, {market.dates[0]} to {market.dates[-1]}, from "
        + ", ".join(files)
    )
