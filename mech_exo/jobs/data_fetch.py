"""Prices from a vendor into a store: `exo data fetch`."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.data.fetch.fetch_report import FetchReport
from mech_exo.errors import ExoError
from mech_exo.jobs.data_import import StoreRequest, checked
from mech_exo.system.locks import exclusive_lock
from mech_exo.system.typed_fields import filled_from
from mech_exo.system.user_file import read_bytes
from mech_exo.workflow.log import Log, PythonLog

if TYPE_CHECKING:
    from mech_exo.data.fetch.fetched_quotes import FetchedQuotes
    from mech_exo.data.store.delivery import Delivery

FIRST_DAY = date(1962, 1, 2)  # of the oldest daily prices that the vendors have
STAGED, LOCK = ".fetched", ".fetch.lock"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class FetchRequest(StoreRequest):
    """What `exo data fetch` is asked to do.

    Attributes
    ----------
    vendor
        `yfinance` or `stooq`.
    symbols
        As the vendor calls them.
    symbols_file
        One a line; what follows a # is a comment.
    start, end
        First and last day; None: the first that the vendor has, and yesterday (UTC), since today's
        session may not be over.
    partial
        Store what came although some symbols failed.
    pause_s, tries, timeout_s
        Seconds between two symbols, attempts at each, seconds that an answer may take.
    base_url
        Where the vendor is asked; None: at its own address.
    """

    vendor: str = ""
    symbols: tuple[str, ...] = ()
    symbols_file: Path | None = None
    start: date | None = None
    end: date | None = None
    partial: bool = False
    pause_s: float = 0.5
    tries: int = 3
    timeout_s: float = 20.0
    base_url: str | None = None


def fetch_data(
    request: FetchRequest, log: Log | None = None, on_progress: Progress | None = None
) -> FetchReport:
    """Ask a vendor for prices, and import them when all are there.

    What comes is kept beside the store for a day: the same request goes on with what is missing.

    Returns
    -------
    FetchReport
        Also where symbols failed: then nothing is imported, unless `partial` says so.

    Raises
    ------
    ExoError
        For a mistake in the request, a package that is missing, a store that cannot be written or
        is being written; what was fetched is kept.
    """
    from mech_exo.data.fetch.fetched_quotes import Asked, FetchedQuotes
    from mech_exo.data.fetch.fetching import Manners, fetch_quotes, vendor_of
    from mech_exo.data.store.parts import require_pyarrow

    log = log or PythonLog()
    settings = request.inputs.resolve().values
    store = request.folder(settings)
    symbols, start = _symbols(request), request.start or FIRST_DAY
    source = vendor_of(request.vendor, request.base_url, request.timeout_s)
    require_pyarrow(store)
    asked = Asked(request.vendor, start.isoformat(), request.end.isoformat() if request.end else "")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    lock = exclusive_lock(store / LOCK, f"Prices for {store} are being fetched", "Wait for it.")
    with closing(source), lock:
        kept = FetchedQuotes(store / STAGED, asked, request.end or yesterday)
        if kept.last < start:
            raise ExoError(f"--start {start}: is after the last day, {kept.last}.")
        manners, told = filled_from(request, Manners), on_progress or _nobody
        fetched = fetch_quotes(source, symbols, (start, kept.last), kept, manners, told)
        report = FetchReport(request.vendor, fetched)
        if not fetched.symbols or not (fetched.complete or request.partial):
            return report
        return _imported(request, store, kept, report, log)


def _imported(
    request: FetchRequest, store: Path, kept: "FetchedQuotes", report: FetchReport, log: Log
) -> FetchReport:
    from mech_exo.data.store.intake import Terms, import_delivery

    delivery = _delivery(request.vendor, kept, report.fetched.symbols)
    imported = import_delivery(
        store,
        lambda _: delivery,
        filled_from(request, Terms),
        checked(request.inputs.resolve().values, log),
        log.note,
    )
    if report.fetched.complete and not (imported.refused or request.dry_run):
        kept.clear()
    return FetchReport(report.vendor, report.fetched, imported)


def _delivery(vendor: str, kept: "FetchedQuotes", symbols: tuple[str, ...]) -> "Delivery":
    """The fetched closes as one market."""
    import numpy as np

    from mech_exo.data.market import Market
    from mech_exo.data.store.delivery import Delivery
    from mech_exo.data.store.manifest import SourceFile

    names = tuple(sorted(symbols))
    quotes = [kept.quotes(name) for name in names]
    dates = np.unique(np.concatenate([one.days for one in quotes]))
    close = np.full((len(dates), len(names)), np.nan)
    for n, one in enumerate(quotes):
        close[np.searchsorted(dates, one.days), n] = one.close
    words = f"{vendor}: {len(names)} stocks, {dates[0]} to {dates[-1]}"
    market = Market(dates=dates, symbols=names, close=close, source=words)
    return Delivery(market, files=(SourceFile(vendor, kept.sha256(list(names)), close.nbytes),))


def _symbols(request: FetchRequest) -> tuple[str, ...]:
    """The symbols, each once, in the order in which they were named."""
    named = [symbol.strip() for symbol in request.symbols]
    if request.symbols_file is not None:
        named += _lines(request.symbols_file)
    found = tuple(dict.fromkeys(symbol for symbol in named if symbol))
    if not found:
        raise ExoError("no symbol is named.", hint="Name some: --symbols AAPL,MSFT.")
    odd = [symbol for symbol in found if any(c.isspace() or not c.isprintable() for c in symbol)]
    if odd:
        raise ExoError(f"{odd[0]!r} cannot be a symbol.", hint="Write one a line, or use commas.")
    return found


def _lines(path: Path) -> Iterator[str]:
    text = read_bytes(path, what="the list of symbols").decode("utf-8-sig", "replace")
    for line in text.splitlines():
        yield from (part.strip() for part in line.partition("#")[0].split(","))


def _nobody(done: int, total: int, words: str) -> None:
    """Nobody is told."""
