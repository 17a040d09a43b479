"""Who was in the universe when (`data.membership`)."""

from dataclasses import replace

import numpy as np

from mech_exo.config.settings import DataSettings
from mech_exo.data.check.finding import Finding
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray
from mech_exo.data.stretches import Stretches, stretches_of
from mech_exo.data.tables.cells import Table, nearest
from mech_exo.errors import ExoError

SHOWN = 5  # names in a message


def with_membership(market: Market, table: Table, data: DataSettings) -> Market:
    """The market with its members on each session, from rows of symbol, from and to.

    A row counts on its own days only, the first and the last included, so that nobody is a member
    before the day itself. Stretches of one name that overlap or touch count as one.

    Raises
    ------
    ExoError
        For a file without its columns or with a day that is none; for a stretch without an end
        that another of the name follows; for members without prices (unless
        `data.unknown_symbols` is ignore); and where nobody is a member on the last session.
    """
    stretches = stretches_of(table, "of a membership file", ends=True)
    _check_ends(stretches)
    begin = np.searchsorted(market.dates, stretches.first, side="left")
    stop = np.searchsorted(market.dates, stretches.last, side="right")
    inside = begin < stop
    lacking = _lacking(stretches, inside, market)
    finding = _lacking_finding(stretches, lacking, inside, market, data)
    place = {symbol: n for n, symbol in enumerate(market.symbols)}
    member = np.zeros(market.close.shape, dtype=np.bool_)
    for r in np.flatnonzero(inside & ~lacking).tolist():
        member[begin[r] : stop[r], place[str(stretches.names[r])]] = True
    _check_last(table, member, market)
    return replace(market, member=member, findings=(*market.findings, *finding))


def _check_ends(stretches: Stretches) -> None:
    """Refuse a stretch without an end that another one of the name follows."""
    order = np.lexsort((stretches.last, stretches.first, stretches.names))
    one, other = order[:-1], order[1:]
    same = stretches.names[one] == stretches.names[other]
    repeated = stretches.open[other] & (stretches.first[one] == stretches.first[other])
    bad = np.flatnonzero(same & stretches.open[one] & ~repeated)
    if len(bad):
        at, after = int(one[bad[0]]), int(other[bad[0]])
        name, table = stretches.names[at], stretches.table
        raise ExoError(
            f"{table.where(at)}: {name} has no end, but begins again on {stretches.first[after]} "
            f"({table.unit} {int(table.rows[after])}).",
            hint="Write the last day of the earlier stretch into its `to`.",
        )


def _lacking(stretches: Stretches, inside: BoolArray, market: Market) -> BoolArray:
    """[R] rows that count on some session and whose name has no prices."""
    known = np.isin(stretches.names, np.array(market.symbols))
    found: BoolArray = inside & ~known
    return found


def _lacking_finding(
    stretches: Stretches,
    lacking: BoolArray,
    inside: BoolArray,
    market: Market,
    data: DataSettings,
) -> tuple[Finding, ...]:
    """What to say of members without prices; an error unless the settings ignore them."""
    if not lacking.any():
        return ()
    names = sorted(set(stretches.names[lacking].tolist()))
    members = len(set(stretches.names[inside].tolist()))
    at = int(np.argmax(lacking))
    if data.unknown_symbols == "error":
        if len(market.symbols) == 1:
            raise ExoError(
                f"{stretches.table.where(at)}: {stretches.names[at]} has no prices; the only stock "
                f"that has some is {market.symbols[0]}.",
                hint="Give the prices of many stocks: factors rank them against each other.",
            )
        near = nearest(str(stretches.names[at]), market.symbols)
        raise ExoError(
            f"{stretches.table.where(at)}: {stretches.names[at]} has no prices "
            f"({len(names)} of {members} members have none).",
            hint=f"{near} Set data.unknown_symbols: ignore to leave them out; those who are "
            "missing are often those who failed.".strip(),
        )
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (
        Finding(
            rule="members",
            severity="warning",
            message=f"{stretches.table.path}: {len(names)} of {members} members have no prices "
            f"({', '.join(names[:SHOWN])}{more}).",
            remedy="Add their prices: without those who left, the rest is a list of survivors.",
            subject=stretches.table.path.name,
            figure=len(names) / members,
        ),
    )


def _check_last(table: Table, member: BoolArray, market: Market) -> None:
    """Refuse a file that ends before the prices do."""
    if member[-1].any():
        return
    days = np.flatnonzero(member.any(axis=1))
    since = f"after {market.dates[days[-1]]}" if len(days) else "on any of the sessions"
    raise ExoError(
        f"{table.path}: nobody is a member {since}; the prices go on to {market.dates[-1]}.",
        hint="Leave `to` empty for those who are still in, or set data.end.",
    )
