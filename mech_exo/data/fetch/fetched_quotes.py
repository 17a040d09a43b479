"""What was fetched and is not in the store yet: a folder, so that nothing is asked twice."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.data.fetch.quote_source import VendorCloses
from mech_exo.errors import ExoError
from mech_exo.system.strict_json import parse_json
from mech_exo.system.user_file import read_bytes
from mech_exo.system.whole_files import write_atomically

FRESH = timedelta(hours=24)
REQUEST = "request.json"


@dataclass(frozen=True)
class Asked:
    """What is asked of a vendor, the symbols apart.

    Attributes
    ----------
    vendor
        Its name.
    start, end
        First and last day, ISO; "" for an end that was not named.
    """

    vendor: str
    start: str
    end: str


class FetchedQuotes:
    """The folder of one fetch; what another one has left there, or an old one, is removed.

    Parameters
    ----------
    folder
        Is made when the first quotes are kept.
    asked
        Of which the quotes are.
    last
        Last day, where none is named and nothing is there yet. A fetch that goes on keeps its own,
        so that all symbols end together, although midnight has passed.
    """

    def __init__(self, folder: Path, asked: Asked, last: date) -> None:
        self._folder = folder
        self._asked = asked
        begun = self._begun() if folder.exists() else None
        if begun is None:
            self.clear()
        self.last = begun or last

    def __contains__(self, symbol: str) -> bool:
        return self._path(symbol).exists()

    def keep(self, symbol: str, quotes: VendorCloses) -> None:
        """Keep what was fetched, whole or not at all."""
        request = self._folder / REQUEST
        if not request.exists():
            begun = {"begun_at": datetime.now(UTC).isoformat(), "last": self.last.isoformat()}
            begun |= asdict(self._asked)
            write_atomically(request, json.dumps(begun))
        stated = {"symbol": symbol, "days": quotes.days.astype(str).tolist()}
        text = json.dumps({**stated, "close": quotes.close.tolist()})
        write_atomically(self._path(symbol), text, overwrite=True)

    def quotes(self, symbol: str) -> VendorCloses:
        """What was kept."""
        stated = parse_json(read_bytes(self._path(symbol), limit=None))
        return VendorCloses(np.array(stated["days"], "datetime64[D]"), np.array(stated["close"]))

    def sha256(self, symbols: list[str]) -> str:
        """Over all that was kept of these symbols."""
        digest = hashlib.sha256()
        for symbol in sorted(symbols):
            digest.update(read_bytes(self._path(symbol), limit=None))
        return digest.hexdigest()

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, symbol: str) -> Path:
        return self._folder / f"{hashlib.sha256(symbol.encode()).hexdigest()[:24]}.json"

    def _begun(self) -> date | None:
        """The last day of the fetch that is there; None if it is another one, or an old one."""
        try:
            stated: dict[str, Any] = parse_json(read_bytes(self._folder / REQUEST))
            age = datetime.now(UTC) - datetime.fromisoformat(stated.pop("begun_at"))
            last = date.fromisoformat(stated.pop("last"))
            ours = stated == asdict(self._asked) and timedelta(0) <= age < FRESH
        except (ExoError, ValueError, LookupError, TypeError, AttributeError):
            return None
        return last if ours else None
