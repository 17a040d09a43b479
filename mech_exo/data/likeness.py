"""A likeness of a market, small enough for a factor file, by which the market is known again.

A fingerprint says whether two data sets are the same to the bit. Data in production are not: they
grow, a name leaves, vendors restate adjusted prices. They are of the same market all the same if
most names are still there, and returned then what they return now for the same dates.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray
from mech_exo.data.prices import last_known_at
from mech_exo.system.memory import release

NAMES = 16
PERIODS = 4
DAYS = 252  # of a period at most
DIGITS = 6  # of a stored return
REVISED = 0.05  # of a period's growth, by which vendors or dividends may move a return
SHOWN = 5  # names in a message


@dataclass(frozen=True)
class Likeness:
    """What a factor file keeps of its market.

    Attributes
    ----------
    source
        `data.source` of the settings.
    names
        Number of them.
    start, end
        First and last session.
    periods
        [P] "first/last" sessions, spread over all sessions; each of a year at most.
    returns
        Name -> [P] its total return in each period, None where it was not traded. Which names is
        decided by a hash of the name.
    """

    source: str
    names: int
    start: str
    end: str
    periods: tuple[str, ...]
    returns: dict[str, tuple[float | None, ...]]

    @classmethod
    def of(cls, market: Market, source: str) -> Self:
        """The likeness of a market; the same whatever else its universe holds."""
        spans = _spans(len(market.dates), market.frequency.sessions(DAYS))
        returns = _returns(market, spans)
        unknown = np.all(np.isnan(returns), axis=0).tolist()

        def rank(n: int) -> tuple[bool, str]:
            return unknown[n], hashlib.sha256(market.symbols[n].encode()).hexdigest()

        chosen = sorted(sorted(range(len(market.symbols)), key=rank)[:NAMES])
        return cls(
            source=source,
            names=len(market.symbols),
            start=str(market.dates[0]),
            end=str(market.dates[-1]),
            periods=tuple(f"{market.dates[a]}/{market.dates[b]}" for a, b in spans),
            returns={
                market.symbols[n]: tuple(
                    None if np.isnan(r) else round(float(r), DIGITS) for r in returns[:, n]
                )
                for n in chosen
            },
        )

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any]) -> Self:
        """What `as_dict` gave."""
        returns = {name: tuple(values) for name, values in stated["returns"].items()}
        return cls(**{**stated, "periods": tuple(stated["periods"]), "returns": returns})

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a factor file."""
        plain = asdict(self)
        returns = {name: list(values) for name, values in self.returns.items()}
        return plain | {"periods": list(self.periods), "returns": returns}

    def difference(self, market: Market) -> str:
        """Why `market` is another one, in words; "" if it is the same, grown or restated.

        The same: more than half of the names are in it, and more than half of those that can be
        compared returned the same in every period that it covers, to within `REVISED`.
        """
        here = {symbol: n for n, symbol in enumerate(market.symbols)}
        missing = [name for name in self.returns if name not in here]
        found = len(self.returns) - len(missing)
        if 2 * found <= len(self.returns):
            return (
                f"of {len(self.returns)} names that it was made with, {found} are here; not "
                f"{_listed(missing)}"
            )
        compared, other = self._compared(market, here)
        if 2 * len(other) < compared or not compared:
            return ""
        return (
            f"of {compared} names that it was made with and that are here, {len(other)} returned "
            f"something else in the same periods: {_listed(other)}"
        )

    def _compared(self, market: Market, here: Mapping[str, int]) -> tuple[int, list[str]]:
        """How many names can be compared, and those whose returns are others."""
        spans, covered = list[tuple[int, int]](), list[int]()
        for p, period in enumerate(self.periods):
            first, last = (np.datetime64(day, "D") for day in period.split("/"))
            if market.dates[0] <= first and last <= market.dates[-1]:
                a, b = np.searchsorted(market.dates, [first, last], side="right") - 1
                spans.append((int(a), int(b)))
                covered.append(p)
        now = _returns(market, spans)
        compared, other = 0, list[str]()
        for name, values in self.returns.items():
            if name not in here:
                continue
            then = np.array([dict(enumerate(values)).get(p) for p in covered], dtype=np.float64)
            returned = now[:, here[name]]
            compared += not np.isnan(returned - then).all()
            beyond = np.abs(returned - then) - self._tolerance(then)
            if (beyond > 0.0).any():
                worst = int(np.nanargmax(beyond))
                other.append(f"{name} ({returned[worst]:.2%}, was {then[worst]:.2%})")
        return compared, other

    def _tolerance(self, returns: FloatArray) -> FloatArray:
        """By how much each return may differ; the demo is made anew to the bit."""
        revised = 0.0 if self.source == "demo" else REVISED
        return revised * (1.0 + returns) + 10.0**-DIGITS


def _spans(sessions: int, year: int) -> list[tuple[int, int]]:
    """Positions of the first and last session of each period, of `year` sessions at most."""
    length = min(year, (sessions - 1) // 2)
    ends = np.linspace(length, sessions - 1, PERIODS).round().astype(int)
    return [(int(end) - length, int(end)) for end in np.unique(ends)] if length else []


def _returns(market: Market, spans: list[tuple[int, int]]) -> FloatArray:
    """[P, N] total returns of the periods; NaN without a price before or in the period."""
    close = last_known_at(market.close, [row for span in spans for row in span])
    returns = np.full((len(spans), len(market.symbols)), np.nan)
    for p, (first, last) in enumerate(spans):
        traded = np.isfinite(market.close[first + 1 : last + 1]).any(axis=0)
        returns[p, traded] = close[last][traded] / close[first][traded] - 1.0
    release(market.close)
    return returns


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
