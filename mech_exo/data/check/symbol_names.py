"""Symbols that are no names of shares, and one name in two spellings."""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, some
from mech_exo.data.check.finding import Finding, Severity

RANGE = ("open", "high", "low", "close", "volume")
"""Columns of one name's bars. LOW and OPEN are symbols too, so that no single one decides."""

_TUPLE = re.compile(r"\(.*,.*\)")
_COLUMN = "open|high|low|close|adj[ ._]?close|volume"
_BAR = re.compile(rf"(?i)(.*?)[ ._:/|-]*\b({_COLUMN})\b[ ._:/|-]*(.*)")


def columns_as_names(examined: Examined) -> Iterator[Finding]:
    """Open, High, Low, Close and Volume of a share, or tuples of them, read as several names."""
    symbols = examined.market.symbols
    tuples = [symbol for symbol in symbols if _TUPLE.fullmatch(symbol)]
    bars = _bars(symbols)
    if not tuples and not bars:
        return
    odd = tuples or bars
    yield Finding(
        rule="columns",
        severity="error",
        message=f"{len(odd)} of the {len(symbols)} symbols are columns of a price table, not "
        f"names: {some(odd, 6)}.",
        remedy="Give one column of closes for each name, or a long table with the columns date, "
        "symbol and close.",
        figure=float(len(odd)),
    )


def _bars(symbols: tuple[str, ...]) -> list[str]:
    """Symbols that differ from each other in the column of a bar only."""
    parts: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for symbol in symbols:
        match = _BAR.fullmatch(symbol.strip().replace("_", " "))
        if match:
            before, column, after = match.groups()
            kind = "close" if "close" in column.lower() else column.lower()
            parts[before.strip(), after.strip()][kind] = symbol
    return sorted(
        symbol
        for found in parts.values()
        if "close" in found and len(found.keys() & set(RANGE)) >= 3
        for symbol in found.values()
    )


def spellings(examined: Examined) -> Iterator[Finding]:
    """Names that differ only by case or blanks; an error where their prices say that it is one."""
    alike: dict[str, list[int]] = defaultdict(list)
    for n, symbol in enumerate(examined.market.symbols):
        alike["".join(symbol.split()).casefold()].append(n)
    for positions in alike.values():
        if len(positions) < 2:
            continue
        names = [examined.market.symbols[n] for n in positions]
        same = _one_share(examined, positions)
        severity: Severity = "error" if same else "warning"
        words = "and have one history between them" if same else "and have prices of their own"
        yield Finding(
            rule="spelling",
            severity=severity,
            message=f"{' and '.join(map(repr, names))} differ only by case or blanks, {words}.",
            remedy="Write each name in one way, in all files.",
            symbol=names[0],
            figure=float(len(names)),
        )


def _one_share(examined: Examined, positions: list[int]) -> bool:
    """Whether the names never have a price on the same day, or then have equal ones."""
    close = examined.market.close[:, positions]
    first = close[:, :1]
    both = ~np.isnan(first) & ~np.isnan(close)
    equal = np.isclose(np.where(both, close, 0.0), np.where(both, first, 0.0), rtol=1e-6)
    return bool(equal.all())
