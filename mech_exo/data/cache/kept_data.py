"""Market, check and panel of some settings: from the cache, else made and kept."""

from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from mech_exo.config.settings import OWN_SOURCES, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.cache import sources_key
from mech_exo.data.cache.cache_folder import cache_folder, read_entry, write_entry
from mech_exo.data.cache.packing import UnpackableError
from mech_exo.data.check.checked_data import CheckedData
from mech_exo.data.check.rules import examine
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.data.sources import load_market
from mech_exo.data.tables.arrow_columns import release_unused
from mech_exo.data.tables.csv_files import slowly_read
from mech_exo.system.memory import give_back_freed

T = TypeVar("T", Market, CheckedData, Panel)

WORTH = 10_000_000
"""Bytes of source files from which keeping what they give is worth the while."""

READ = "as read before from the same files (--no-cache: anew)"


class KeptData:
    """What `load_market`, `examine` and `build_panel` give, to the bit.

    It is kept in the cache under the SHA-256 of the bytes of all files, the settings that count,
    and the program, so that a second start need not make it again. Arrays from there are mapped
    from the disk, read-only: what is not looked at takes no memory. Nothing that is wrong with
    the cache is an error.

    Parameters
    ----------
    cached
        Whether the cache may be read and written.
    market
        The market, where it is at hand; nothing is then kept.
    """

    def __init__(
        self, settings: Settings, *, cached: bool = True, market: Market | None = None
    ) -> None:
        self.settings = settings
        self.note = ""
        self._given = market
        self._folder: Path | None = None
        self._files: tuple[Path, ...] = ()
        self._hashes: tuple[tuple[str, str], ...] = ()
        self._values: dict[str, Any] = {}
        self._made: list[str] = []
        self._own = market is None and settings.data.source in OWN_SOURCES
        if cached and self._own:
            self._look()

    def slow_files(self) -> list[Path]:
        """Files that would be read many times as fast with the extra `parquet`."""
        return slowly_read(sources_key.source_files(self.settings) or ()) if self._own else []

    def market(self) -> Market:
        """The market; raises as `load_market`."""
        if self._given is not None:
            return self._given
        return self._value(self._market_key, Market, lambda: load_market(self.settings))

    def checked(self, today: date | None = None) -> CheckedData:
        """What the data check finds in it, held against the day `today`."""
        day = today or date.today()
        key = sources_key.key_of("check", self._market_key, self.settings, day.isoformat())
        return self._value(key, CheckedData, lambda: examine(self.market(), self.settings, day))

    def panel(self, listed: Collection[str] | None = None) -> Panel:
        """Its panel; raises as `build_panel`."""
        names = None if listed is None else list(listed)
        key = sources_key.key_of("panel", self._market_key, self.settings, names)
        return self._value(key, Panel, lambda: build_panel(self.market(), self.settings, listed))

    def keep(self) -> None:
        """Write what was made; from then on it is what was written, and `note` says what failed."""
        if self._folder is None:
            return
        self.market()
        if not self._made:
            self.note = READ
            return
        try:
            if sources_key.hashes_of(self._files) != self._hashes:
                self.note = "not written: a file was changed while it was read"
                return
            for key in self._made:
                write_entry(self._folder, key, self._values[key])
        except (OSError, UnpackableError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.note = f"{self._folder} cannot be written ({reason}); going on without it"
            return
        for key in self._made:  # mapped: the memory of what was made is free
            written = read_entry(self._folder, key)
            if isinstance(written, type(self._values[key])):
                self._values[key] = written
        release_unused()
        give_back_freed()

    def _look(self) -> None:
        """Find out whether the cache is there, and what the files are."""
        files = sources_key.source_files(self.settings)
        try:
            if files is not None and sources_key.total_bytes(files) >= WORTH:
                self._folder = cache_folder()
                self._hashes = sources_key.hashes_of(files) if self._folder else ()
                self._files = files
        except OSError:  # a file that cannot be read, of which the reader will say why
            self._folder = None

    @property
    def _market_key(self) -> str:
        return sources_key.market_key(self.settings, self._hashes)

    def _value(self, key: str, kind: type[T], make: Callable[[], T]) -> T:
        found = self._values.get(key)
        if found is None and self._folder is not None:
            found = read_entry(self._folder, key)
        if not isinstance(found, kind):
            found = make()
            self._made.append(key)
        self._values[key] = found
        return found
