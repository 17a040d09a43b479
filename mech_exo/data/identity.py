"""Which data a study or a factor file was made with: one hash per part, so that a difference has
a name.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mech_exo.data.digest import digest_of
from mech_exo.data.frequency import YEAR
from mech_exo.data.market import Market
from mech_exo.data.month_hashes import month_differences, month_hashes
from mech_exo.data.panel import Panel
from mech_exo.data.sector_history import SectorHistory

PREFIX = "data."
SECTORS = "data.sectors"
UNIVERSE = "data.universe"
LIQUIDITY = "data.liquidity"
PERIODS = "data.sessions_a_year"
# what a part is where it does not count; it is left out then
OPTIONAL: Mapping[str, Any] = {
    "fields": {},
    "sectors": "",
    "universe": "",
    "liquidity": "",
    "periods_per_year": YEAR,
}
FACTOR, FIELD = "data.factor.", "data.field."
NO_DATA = "no data"
CLOSES, MEMBERS = "close", "data.membership"
SHOWN = 5  # names in a line for people


@dataclass(frozen=True)
class DataIdentity:
    """The parts of a data set, each by its SHA-256 in hex.

    Attributes
    ----------
    symbols
        The names, joined by ", ".
    months
        The first month, and the first four digits of the hash of each calendar month's returns
        from then on ("2016-03 9f86d081…"; four dashes for one without a session). So a difference
        of prices is known to the month.
    prices
        Over dates, symbols and returns.
    schedule
        Over the rebalance dates and the names that are tradable on them.
    factors
        Factor -> over its scores; None: it was known and had no data. In the order of the
        weights. This is the list of factors that the study or file was made with.
    sectors
        Over the sector of each name; "" where they are not known.
    universe
        Over the names that are in the universe on the rebalance dates, by `data.membership` and
        the minimums; "" where nothing narrows it.
    liquidity
        Over the value traded in the names and the size of the companies, as known on the rebalance
        dates; "" where no decision is made on them.
    periods_per_year
        Sessions a year, by which figures are made annual; it counts where it is not 252.
    fields
        Field of the market (`close`, and each table's columns) -> over its values; empty unless
        the objective file has factors of its own, which may read any of them.
    """

    symbols: str
    months: str
    prices: str
    schedule: str
    factors: dict[str, str | None]
    fields: dict[str, str] = field(default_factory=dict)
    sectors: str = ""
    universe: str = ""
    liquidity: str = ""
    periods_per_year: float = YEAR

    @classmethod
    def of(
        cls, panel: Panel, market: Market | None = None, *, liquid: bool = False
    ) -> "DataIdentity":
        """The identity of a panel, and of the market if it counts (as known at its last date).

        Parameters
        ----------
        liquid
            Whether decisions are made on value traded and size.
        """
        scores: dict[str, str | None] = {
            name: digest_of(panel.exposures[:, :, k]) for k, name in enumerate(panel.factor_names)
        }
        return cls(
            symbols=", ".join(panel.symbols),
            months=month_hashes(panel.dates, panel.returns),
            prices=digest_of(panel.dates, panel.returns, label=repr(panel.symbols)),
            schedule=digest_of(panel.rebalance, panel.tradable),
            factors=scores | dict.fromkeys(panel.missing_factors),
            fields={} if market is None else _fields(market),
            sectors=_sectors(panel.sectors),
            universe="" if panel.eligible is None else digest_of(panel.eligible),
            liquidity=liquidity_hash(panel) if liquid else "",
            periods_per_year=panel.periods_per_year,
        )

    @property
    def fingerprint(self) -> str:
        """One SHA-256, in hex, for all parts; the order of the factors does not count."""
        whole = {
            "prices": self.prices,
            "schedule": self.schedule,
            "factors": self.factors,
            "fields": self.fields,
            **({"sectors": self.sectors} if self.sectors else {}),
            **({"universe": self.universe} if self.universe else {}),
            **({"liquidity": self.liquidity} if self.liquidity else {}),
            **({} if self._usual else {"periods_per_year": self.periods_per_year}),
        }
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a factor file; the optional parts only where they count."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return {n: v for n, v in plain.items() if n not in OPTIONAL or v != OPTIONAL[n]}

    @property
    def _usual(self) -> bool:
        """Whether figures are annual by the sessions of a daily market."""
        return self.periods_per_year == YEAR

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any]) -> "DataIdentity":
        """The identity of `as_dict`, from a factor file that fits the schema."""
        return cls(**{f.name: stated[f.name] for f in fields(cls) if f.name in stated})

    def as_components(self) -> dict[str, str]:
        """The parts as components of a study's fingerprint."""
        names = ("symbols", "months", "prices", "schedule")
        parts = {f"{PREFIX}{name}": str(getattr(self, name)) for name in names}
        parts |= {SECTORS: self.sectors} if self.sectors else {}
        parts |= {UNIVERSE: self.universe} if self.universe else {}
        parts |= {LIQUIDITY: self.liquidity} if self.liquidity else {}
        parts |= {} if self._usual else {PERIODS: f"{self.periods_per_year!r}"}
        parts |= {f"{FACTOR}{name}": value or NO_DATA for name, value in self.factors.items()}
        return parts | {f"{FIELD}{name}": value for name, value in self.fields.items()}

    @classmethod
    def from_components(cls, components: Mapping[str, str]) -> "DataIdentity | None":
        """The identity among a study's components; None in one from before it was divided."""
        if f"{PREFIX}prices" not in components:
            return None
        scores = _below(FACTOR, components)
        return cls(
            symbols=components.get(f"{PREFIX}symbols", ""),
            months=components.get(f"{PREFIX}months", ""),
            prices=components[f"{PREFIX}prices"],
            schedule=components.get(f"{PREFIX}schedule", ""),
            factors={n: None if value == NO_DATA else value for n, value in scores.items()},
            fields=_below(FIELD, components),
            sectors=components.get(SECTORS, ""),
            universe=components.get(UNIVERSE, ""),
            liquidity=components.get(LIQUIDITY, ""),
            periods_per_year=float(components.get(PERIODS, YEAR)),
        )


def is_part(component: str) -> bool:
    """Whether a component of a study's fingerprint is a part of the data's identity."""
    names = ("symbols", "months", "prices", "schedule")
    named = {f"{PREFIX}{n}" for n in names} | {SECTORS, UNIVERSE, LIQUIDITY, PERIODS}
    return component.startswith((FACTOR, FIELD)) or component in named


def differences(old: DataIdentity, new: DataIdentity) -> list[str]:
    """What differs, in words: "factor X is new", "prices differ from the month 2016-03 on"."""
    lines = [*_of_names("symbol", old.symbols.split(", "), new.symbols.split(", "))]
    other_symbols = old.symbols != new.symbols
    if old.prices != new.prices and not (other_symbols and _count(old) != _count(new)):
        months = [*month_differences(old.months, new.months)]
        lines += months or ([] if other_symbols else ["prices differ"])
    if old.universe != new.universe and not (old.universe and new.universe and other_symbols):
        lines.append("the names in the universe differ (data.membership, data.min_…)")
    if old.schedule != new.schedule and not lines:
        lines.append("the dates of decisions differ, or the names that have a price on them")
    lines += _of_factors(old.factors, new.factors, named=not other_symbols)
    if old.sectors != new.sectors and not other_symbols:
        lines.append("the sectors of the names differ (data.sectors)")
    if old.liquidity != new.liquidity and not other_symbols:
        lines.append("value traded or size of the names differ (data.volume, data.market_cap)")
    if old.periods_per_year != new.periods_per_year:
        lines.append(
            f"a year has {new.periods_per_year:g} sessions, had {old.periods_per_year:g} "
            "(data.periods_per_year)"
        )
    lines += _of_names("field", old.fields, new.fields)
    changed = [n for n, v in old.fields.items() if n in new.fields and new.fields[n] != v]
    if changed and not other_symbols:
        lines.append(f"{_named('field', changed)} other values")
    return lines


def _of_factors(
    old: Mapping[str, str | None], new: Mapping[str, str | None], *, named: bool
) -> Iterator[str]:
    """Differences of the factors; `named`: whether other scores are worth a line."""
    yield from _of_names("factor", old, new)
    both = [name for name in old if name in new]
    for name in both:
        if old[name] is None and new[name] is not None:
            yield f"factor {name} has data now"
        if old[name] is not None and new[name] is None:
            yield f"factor {name} has no data any more"
    changed = [n for n in both if old[n] and new[n] and old[n] != new[n]]
    if changed and named:
        yield f"{_named('factor', changed)} other values"


def _of_names(kind: str, old: Any, new: Any) -> Iterator[str]:
    known, present = set(old), set(new)
    for names, word in (
        ([n for n in new if n not in known], "new"),
        ([n for n in old if n not in present], "gone"),
    ):
        if names:
            verb = "is" if len(names) == 1 else "are"
            yield f"{_listed(kind, names)} {verb} {word}"


def _named(kind: str, names: list[str]) -> str:
    return f"{_listed(kind, names)} {'has' if len(names) == 1 else 'have'}"


def _listed(kind: str, names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names[:SHOWN])}{more}"


def _count(identity: DataIdentity) -> int:
    return len(identity.symbols.split(", "))


def _fields(market: Market) -> dict[str, str]:
    found = {CLOSES: digest_of(market.dates, market.close)}
    if market.member is not None:
        found[MEMBERS] = digest_of(market.member)
    if market.sectors is not None and market.sectors.dated:
        found[SECTORS] = _sectors(market.sectors)
    for name in sorted(market.daily):
        found[name] = digest_of(market.daily[name])
    for name in sorted(market.vintages):
        vintage = market.vintages[name]
        found[name] = digest_of(*(getattr(vintage, f.name) for f in fields(vintage)))
    return found


def _sectors(sectors: SectorHistory | None) -> str:
    """Over the texts where they are the same on all dates, which is what older files state."""
    if sectors is None:
        return ""
    if not sectors.dated:
        return digest_of(label=repr(sectors.names()))
    return digest_of(sectors.code, label=repr(sectors.labels))


def liquidity_hash(panel: Panel) -> str:
    """Over the value traded and the size of the names; "" where neither is known."""
    known = {"adv": panel.adv, "size": panel.size}
    found = {name: values for name, values in known.items() if values is not None}
    return digest_of(*found.values(), label=repr(tuple(found))) if found else ""


def _below(prefix: str, components: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(prefix): value
        for name, value in components.items()
        if name.startswith(prefix)
    }
