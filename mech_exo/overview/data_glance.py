"""The project's data at a glance: how old they are, if that is quickly found out."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mech_exo.config.settings import OWN_SOURCES, Settings
from mech_exo.errors import ExoError

CHEAP = 2_000_000
"""Bytes of data files that are read for it; of larger ones the date of the last export is said."""

MADE = {"demo": "the demo market, whose prices are made up", "sp500": "the sample of 20 stocks"}


@dataclass(frozen=True)
class DataGlance:
    """What is known of the data.

    Attributes
    ----------
    source
        `data.source` of the settings.
    last
        Their last session, ISO; None where it is not known without reading them.
    weekdays
        Monday to Friday, from it to today.
    stale
        Whether they are the user's and older than `reoptimize.max_data_age_days`.
    read
        Whether `last` is from the data, and not from the last factor file.
    trouble
        Why they cannot be read.
    """

    source: str
    last: str | None = None
    weekdays: int | None = None
    stale: bool = False
    read: bool = False
    trouble: str = ""


def data_glance(settings: Settings, today: date, seen: str | None) -> DataGlance:
    """The data of some settings.

    Parameters
    ----------
    seen
        The last session that a factor file knew, ISO; for data that are not read.
    """
    source = settings.data.source
    if source not in OWN_SOURCES:
        return DataGlance(source)
    try:
        last, wait = _last_session(settings)
    except ExoError as error:
        return DataGlance(source, trouble=str(error))
    read = last is not None
    last = last or seen
    if last is None:
        return DataGlance(source)
    day = date.fromisoformat(last[:10])
    limit = settings.reoptimize.max_data_age_days + wait
    stale = read and (today - day).days > limit
    return DataGlance(source, last, weekdays_between(day, today), stale, read)


def weekdays_between(first: date, last: date) -> int:
    """Days from Monday to Friday after `first`, up to `last`; 0 if that is not later."""
    weeks, days = divmod(max((last - first).days, 0), 7)
    rest = sum((first.weekday() + i) % 7 < 5 for i in range(1, days + 1))
    return 5 * weeks + rest


def _last_session(settings: Settings) -> tuple[str | None, int]:
    """The last session and how many days the next may take; None for data too large to be read."""
    from mech_exo.data.cache.sources_key import source_files, total_bytes

    data = settings.data
    if data.source == "store" and data.store is not None:
        from mech_exo.data.store.manifest import read_manifest

        known = read_manifest(data.store).until(data.as_of)
        return max((one.last for one in known.imports if one.last), default=None), 0
    _check_there(settings)
    files = source_files(settings)
    try:
        if files is None or total_bytes(files) > CHEAP:
            return None, 0
    except OSError:  # a file that may not be looked at: a run says why
        return None, 0
    from mech_exo.data.sources import load_market

    market = load_market(settings)
    return str(market.dates[-1]), market.frequency.wait_days


def _check_there(settings: Settings) -> None:
    """Raise an ExoError for the first file of the settings that is not there."""
    data = settings.data
    named: list[tuple[str, Path]] = list(data.paths.items())
    named += [("factors", table.file) for table in data.factors if table.file is not None]
    for name, path in named:
        if name != "store" and not path.exists():
            raise ExoError(f"data.{name}: there is no file {path}.")
