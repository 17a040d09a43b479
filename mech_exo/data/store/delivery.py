"""What an import brings: prices and tables that were read, and the files that they came from."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mech_exo.config.settings import DataSettings
from mech_exo.data.factor_tables import Facts
from mech_exo.data.files import file_words, price_market, table_facts
from mech_exo.data.market import Market
from mech_exo.data.price_files import check_live
from mech_exo.data.store.manifest import SourceFile
from mech_exo.errors import ExoError


@dataclass(frozen=True)
class Delivery:
    """Prices and facts from one source.

    Attributes
    ----------
    market
        The prices, with words for their source.
    facts
        Each table by its name; positions are those of the market's symbols.
    files
        What was read.
    """

    market: Market
    facts: tuple[tuple[str, Facts], ...] = ()
    files: tuple[SourceFile, ...] = ()


def files_delivery(data: DataSettings, stored: Market) -> Delivery:
    """What `data.prices` (or `returns`) and `data.factors` name, whatever `data.start` and `end`.

    Without prices the facts are those of the names that are stored.

    How long a value of a wide table stands (`data.max_age_days`) is decided when the store is read.

    Raises
    ------
    ExoError
        As for a run on these files, and where two tables give the same field.
    """
    data = replace(data, max_age_days=None)
    if data.prices is None and data.returns is None and data.factors and len(stored.dates):
        market = replace(stored, source=file_words(data, stored))
    else:
        market = price_market(data)
        market = replace(market, source=file_words(data, market))
        check_live(market)
    facts = tuple(table_facts(data, market))
    _check_distinct(facts)
    notes = tuple(note for _, table in facts for note in table.notes)
    market = replace(market, notes=market.notes + notes)
    return Delivery(market, facts, tuple(_files(data)))


def _check_distinct(tables: tuple[tuple[str, Facts], ...]) -> None:
    origin: dict[str, str] = {}
    for label, facts in tables:
        for name in (*facts.vintages, *facts.standing):
            if name in origin:
                raise ExoError(f"{label}: {name} is also in {origin[name]}.")
            origin[name] = label


def _files(data: DataSettings) -> Iterator[SourceFile]:
    for path in (data.prices, data.returns, *(table.file for table in data.factors)):
        if path is not None:
            within = path.rglob("*") if path.is_dir() else [path]
            for file in sorted(inner for inner in within if inner.is_file()):
                yield _hashed(file)


def _hashed(path: Path) -> SourceFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return SourceFile(str(path), digest, path.stat().st_size)
