"""Symbols that are no names of shares, and one name in two spellings."""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, some
from mech_exo.data.check.finding import Finding, Severity
from mech_exo.data.panel import FloatArray

RANGE = ("open", "high", "low", "close", "volume")
"""Columns of one name's bars. LOW and OPEN are symbols too, so that no single one decides."""

SAMPLED = 16
"""Days on which closes are compared before all are, and different closes that a share has had."""

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


def twins(examined: Examined) -> Iterator[Finding]:
    """One share under two names: the same prices on all days that they have in common."""
    close = examined.market.close
    suspects = [(n, m) for n, m in _alike_on_sampled_days(examined) if _moves(close[:, n])]
    same = [(n, m) for n, m in suspects if _equal_prices(examined, [n, m])]
    if same:
        symbols = examined.market.symbols
        pairs = [f"{symbols[n]} and {symbols[m]}" for n, m in same]
        yield Finding(
            rule="twins",
            severity="warning",
            message=f"{some(pairs)} have the same prices on all days: one share under two names.",
            remedy="Keep one of them; a portfolio would hold the share twice.",
            symbol=symbols[same[0][0]] if len(same) == 1 else "",
            figure=float(len(same)),
        )


def _alike_on_sampled_days(examined: Examined) -> Iterator[tuple[int, int]]:
    """Pairs of names that have equal closes, one after the other, on days spread over the data."""
    rows = np.unique(np.linspace(0, len(examined.market.dates) - 1, SAMPLED).astype(np.int64))
    sample = np.ascontiguousarray(examined.market.close[rows].T)
    first: dict[bytes, int] = {}
    for n in np.flatnonzero(np.count_nonzero(~np.isnan(sample), axis=1) >= 3).tolist():
        m = first.setdefault(sample[n].tobytes(), n)
        if m != n:
            yield m, n


def _moves(prices: FloatArray) -> bool:
    """Whether a name has had many prices: those of a deposit or a peg are alike by nature."""
    return len(np.unique(prices[~np.isnan(prices)])) >= SAMPLED


def spellings(examined: Examined) -> Iterator[Finding]:
    """Names that differ only by case or blanks; an error where their prices say that it is one."""
    alike: dict[str, list[int]] = defaultdict(list)
    for n, symbol in enumerate(examined.market.symbols):
        alike["".join(symbol.split()).casefold()].append(n)
    for positions in alike.values():
        if len(positions) < 2:
            continue
        names = [examined.market.symbols[n] for n in positions]
        same = _equal_prices(examined, positions)
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


def _equal_prices(examined: Examined, positions: list[int]) -> bool:
    """Whether the names have equal prices on all days on which both have one."""
    close = examined.market.close[:, positions]
    first = close[:, :1]
    both = ~np.isnan(first) & ~np.isnan(close)
    equal = np.isclose(np.where(both, close, 0.0), np.where(both, first, 0.0), rtol=1e-6)
    return bool(equal.all())
