"""Amounts as people write them: `20bps`, `0.2%`, `2x`, `+1`, `none`."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from mech_exo.errors import ExoError

Kind = Literal["bps", "fraction", "number", "whole"] | tuple[str, ...]
"""How a value is written; a tuple: one of some names."""

MOST = 1e6  # that a multiple or an addition can be
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_WRITTEN = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>x|bps|bp|%)?", re.ASCII)

UNITS = {
    "bps": {"": Decimal(1), "bps": Decimal(1), "bp": Decimal(1), "%": Decimal(100)},
    "fraction": {"": Decimal(1), "%": Decimal("0.01"), "bps": Decimal("0.0001")},
    "number": {"": Decimal(1)},
    "whole": {"": Decimal(1)},
}
"""Kind -> unit -> what one of it is."""

WORDS = {
    "bps": "basis points (20, 20bps), per cent (0.2%)",
    "fraction": "a share (0.2, 20%, 2000bps)",
    "number": "a number",
    "whole": "a whole number",
}


@dataclass(frozen=True)
class Amount:
    """A value by what stands: `factor` times it, and `added`."""

    factor: float = 1.0
    added: int = 0


Parsed = float | int | str | Amount | None


def parsed(text: str, kind: Kind, standing: float | None, origin: str, example: str) -> Parsed:
    """A value as it is written.

    Parameters
    ----------
    standing
        What `2x` and `+1` start from; None: nothing stands, so that they mean nothing.

    Returns
    -------
    float, int, str, Amount or None
        None for `none`; a number in the unit of `kind`, basis points for `bps`.

    Raises
    ------
    ExoError
        For what is no such value; `origin` names where it stands.
    """
    if isinstance(kind, tuple):
        if text in kind:
            return text
        raise ExoError(f"{origin}: must be {' or '.join(kind)}.")
    if text == "none":
        return None
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise _wrong(origin, kind, example)
    unit = found["unit"] or ""
    if unit == "x" or (kind == "whole" and text[0] == "+"):
        return _relative(float(found["number"]), unit, standing, origin, example)
    if unit not in UNITS[kind]:
        raise _wrong(origin, kind, example)
    number = float(Decimal(found["number"]) * UNITS[kind][unit])
    if not math.isfinite(number) or (kind == "whole" and number != int(number)):
        raise _wrong(origin, kind, example)
    return int(number) if kind == "whole" else number


def _relative(
    number: float, unit: str, standing: float | None, origin: str, example: str
) -> Amount:
    if standing is None:
        raise ExoError(
            f"{origin}: nothing is set that could be multiplied or added to.",
            hint=f"Give the value itself, such as {example}.",
        )
    if not 0.0 <= number <= MOST:
        raise ExoError(f"{origin}: must be from 0 to {MOST:g}.")
    return Amount(factor=number) if unit == "x" else Amount(added=int(number))


def _wrong(origin: str, kind: str, example: str) -> ExoError:
    return ExoError(
        f"{origin}: must be {WORDS[kind]}, a multiple of what holds (2x), or none.",
        hint=f"Such as {example}.",
    )
