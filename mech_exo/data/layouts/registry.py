"""The layouts that are known, and the way of a table through them."""

from collections.abc import Iterator

from mech_exo.config.settings import FactorTable, PriceKeys
from mech_exo.data.layouts.crsp import crsp_prices, crsp_returns, is_crsp
from mech_exo.data.layouts.edgar import is_edgar, read_edgar
from mech_exo.data.layouts.field_frames import is_field_frame, read_field_frame
from mech_exo.data.layouts.reading import FactReading, Reading, SourceLayout
from mech_exo.data.layouts.sharadar import is_sharadar, read_sharadar
from mech_exo.data.layouts.simfin import is_simfin, read_simfin
from mech_exo.data.layouts.single_stock import is_single_stock, refuse_single_stock
from mech_exo.data.layouts.stooq import is_stooq, read_stooq
from mech_exo.data.tables.cells import Table

LAYOUTS: dict[str, SourceLayout] = {
    "yfinance": SourceLayout(is_field_frame, prices=read_field_frame),
    "Stooq": SourceLayout(is_stooq, prices=read_stooq),
    "CRSP": SourceLayout(is_crsp, prices=crsp_prices, returns=crsp_returns),
    "Sharadar": SourceLayout(is_sharadar, facts=read_sharadar),
    "SimFin": SourceLayout(is_simfin, facts=read_simfin),
    "EDGAR": SourceLayout(is_edgar, facts=read_edgar),
    "one stock a file": SourceLayout(is_single_stock, prices=refuse_single_stock),
}
"""Name of a layout, as docs/sources.md has it -> the layout; the first that recognises counts."""


def plain_prices(table: Table, keys: PriceKeys) -> Reading:
    """A price table in the form that the readers know; as it is if no layout recognises it."""
    for layout in LAYOUTS.values():
        if layout.prices is not None and layout.recognise(table):
            return layout.prices(table, keys)
    return Reading(table, keys)


def plain_returns(table: Table, keys: PriceKeys) -> Reading:
    """A table of returns in the form that the readers know; as `plain_prices`."""
    for layout in LAYOUTS.values():
        if layout.returns is not None and layout.recognise(table):
            return layout.returns(table, keys)
    return Reading(table, keys)


def plain_facts(table: Table, settings: FactorTable) -> Iterator[FactReading]:
    """A factor table in the form that the readers know, or several."""
    for layout in LAYOUTS.values():
        if layout.facts is not None and layout.recognise(table):
            yield from layout.facts(table, settings)
            return
    yield FactReading(table, settings)
