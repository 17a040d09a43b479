"""A layout, and what it makes of a table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mech_exo.config.settings import FactorTable, PriceKeys
from mech_exo.data.check.finding import Finding
from mech_exo.data.tables.cells import Table


@dataclass(frozen=True)
class Reading:
    """A table in plain form, wide or long.

    Attributes
    ----------
    table
        What is to be read on.
    keys
        Which of its columns is what, where the layout knows.
    price_column
        The source's name of the prices, where the table does not show it any more.
    notes
        What was done to the figures, a line each for the run.
    findings
        What in it is probably not meant.
    """

    table: Table
    keys: PriceKeys = PriceKeys()
    price_column: str = ""
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class FactReading:
    """A factor table in plain form; attributes as those of `Reading`."""

    table: Table
    settings: FactorTable
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceLayout:
    """How one source lays out its tables.

    Attributes
    ----------
    recognise
        Whether a table has this layout, by its columns.
    prices
        Brings a table of prices to plain form; None where the layout has none.
    returns
        Brings a table of returns to plain form.
    facts
        Brings a factor table to plain form, or to several; None where the layout has none.
    """

    recognise: Callable[[Table], bool]
    prices: Callable[[Table, PriceKeys], Reading] | None = None
    returns: Callable[[Table, PriceKeys], Reading] | None = None
    facts: Callable[[Table, FactorTable], Iterator[FactReading]] | None = None
