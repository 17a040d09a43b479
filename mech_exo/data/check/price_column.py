"""Which column of a price file was taken, and whether a better one was left."""

import re
from collections.abc import Collection

from mech_exo.data.check.finding import Finding

_PRICES = ("close", "price", "last", "settle", "prc")
_TOTAL_RETURN = ("totalreturn", "totalreturnindex")


def unadjusted(place: str, taken: str, columns: Collection[str]) -> tuple[Finding, ...]:
    """A column of prices as they were paid, where the file has adjusted ones too; at most one.

    Parameters
    ----------
    place
        The file, for the message.
    taken
        The column that the closes come from.
    columns
        All columns of the file.
    """
    better = [column for column in columns if _adjusted(column)]
    if not taken or _adjusted(taken) or not better:
        return ()
    return (
        Finding(
            rule="unadjusted",
            severity="warning",
            message=f"{place}: the closes are those of {taken!r}, and {better[0]!r} is there too: "
            "a split or a dividend is a loss in the one, and none in the other.",
            remedy=f"Take {better[0]!r}, unless {taken!r} is adjusted as well.",
            subject=taken,
        ),
    )


def _adjusted(column: str) -> bool:
    """Whether a column is called adjusted closes, in whatever spelling."""
    name = re.sub(r"[^a-z]", "", column.lower())
    return name in _TOTAL_RETURN or ("adj" in name and any(word in name for word in _PRICES))
