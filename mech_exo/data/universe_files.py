"""The files that say who is in the universe: read one after the other, and put into the market."""

from collections.abc import Callable, Mapping

from mech_exo.config.settings import DataSettings, FactorTable
from mech_exo.data.layouts.file_folders import folder_facts
from mech_exo.data.liquidity import with_market_cap, with_traded_value, with_volume
from mech_exo.data.market import Market
from mech_exo.data.membership import with_membership
from mech_exo.data.sectors import with_sectors
from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.file_formats import read_table
from mech_exo.system.user_file import is_folder

UNIVERSE_FILES: dict[str, Callable[[Market, Table, DataSettings], Market]] = {
    "sectors": with_sectors,
    "membership": with_membership,
    "volume": with_volume,
    "traded_value": with_traded_value,
    "market_cap": with_market_cap,
}
"""Setting in `data` that names a file -> what puts the file's table into a market."""


def with_universe(
    market: Market, data: DataSettings, tables: Mapping[str, Table] | None = None
) -> Market:
    """The market with what the files of the settings say of its names.

    Parameters
    ----------
    market
        Between `data.start` and `data.end`.
    tables
        Setting -> table that is at hand, and goes before the setting's file.

    Raises
    ------
    ExoError
        For a file with a mistake; see docs/data.md.
    """
    for name, attach in UNIVERSE_FILES.items():
        path, table = getattr(data, name), (tables or {}).get(name)
        if table is None and path is not None:
            table = folder_facts(path, FactorTable(), None) if is_folder(path) else read_table(path)
        if table is not None:
            market = attach(market, table, data)
    return market
