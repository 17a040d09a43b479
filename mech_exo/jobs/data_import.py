"""Files into a store: `exo data import`."""

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.config.settings import DataSettings, FactorTable, Settings
from mech_exo.errors import ExoError
from mech_exo.system.typed_fields import check_fields, filled_from
from mech_exo.workflow.log import Log, PythonLog
from mech_exo.workflow.session import InputRequest

if TYPE_CHECKING:
    from mech_exo.data.market import Market
    from mech_exo.data.store.intake import Checked, ImportReport
    from mech_exo.data.store.manifest import Manifest
    from mech_exo.data.store.replay import Stored

STORE = "data/store"
"""Where a project's store lies that `data.store` does not name."""


@dataclass(frozen=True, kw_only=True)
class StoreRequest:
    """Which store, and how it is written to.

    Attributes
    ----------
    inputs
        Settings.
    store
        Its folder; None: `data.store` of the settings, or data/store below `root`.
    accept_restated
        Store changed old values too.
    dry_run
        Compare and check; write nothing.
    known_on
        The day on which the data were known, for files that were kept; None: today, UTC.
    wait
        Wait for another import into the store to end.
    root
        Project folder.
    """

    inputs: InputRequest = field(default_factory=InputRequest)
    store: Path | None = None
    accept_restated: bool = False
    dry_run: bool = False
    known_on: date | None = None
    wait: bool = False
    root: Path = Path()

    def __post_init__(self) -> None:
        check_fields(self)

    def folder(self, settings: Settings) -> Path:
        """The store's folder."""
        return self.store or settings.data.store or self.root / STORE


@dataclass(frozen=True, kw_only=True)
class ImportRequest(StoreRequest):
    """What `exo data import` is asked to do.

    Attributes
    ----------
    prices, factors
        Files to import; neither: those of `data.prices` and `data.factors`.
    """

    prices: Path | None = None
    factors: tuple[Path, ...] = ()


def import_data(request: ImportRequest, log: Log | None = None) -> "ImportReport":
    """Compare files with a store and add what is new.

    Returns
    -------
    ImportReport
        Also where old values are changed and that is not accepted: then it is `refused`.

    Raises
    ------
    ExoError
        For a file, a setting or a store with a mistake; nothing is written then.
    """
    from mech_exo.data.store.delivery import files_delivery
    from mech_exo.data.store.intake import Terms, import_delivery

    log = log or PythonLog()
    settings = request.inputs.resolve().values
    data = _sources(settings.data, request)
    return import_delivery(
        request.folder(settings),
        lambda stored: files_delivery(data, stored),
        filled_from(request, Terms),
        checked(settings, log),
        log.note,
    )


def read_log(request: StoreRequest) -> "tuple[Path, Manifest]":
    """A store and its imports.

    Raises
    ------
    ExoError
        If it is not there, or damaged.
    """
    from mech_exo.data.store.manifest import read_manifest

    store = request.folder(request.inputs.resolve().values)
    if not store.is_dir():
        raise ExoError(f"{store}: is not there.", hint="Fill it: exo data import, exo data fetch.")
    return store, read_manifest(store)


def checked(settings: Settings, log: Log) -> "Checked":
    """What looks at the market that a store would hold: errors that stop a run stop an import."""

    def check(stored: "Stored", read: "Market") -> tuple[str, ...]:
        from mech_exo.data.check.rules import examine
        from mech_exo.data.price_files import check_live
        from mech_exo.data.session_gaps import with_frequency
        from mech_exo.data.sources import restrict
        from mech_exo.data.store.store_market import market_of_store
        from mech_exo.workflow.data_check import refuse_errors, tell

        whole = market_of_store(stored, settings.data)
        market = replace(
            whole, source=read.source, findings=read.findings, price_column=read.price_column
        )
        used = with_frequency(restrict(market, settings.data), settings.data)
        alone = market.symbols if len(market.symbols) == 1 else ()  # a store is filled bit by bit
        accepted = (*market.accepted, *(f"one-stock:{symbol}" for symbol in alone))
        market = replace(market, frequency=used.frequency, accepted=accepted)
        check_live(market)
        for line in read.notes:
            log.note(f"note       {line}")
        found = examine(market, settings)
        refuse_errors(found, market.source)
        tell(found, log)
        return tuple(finding.name for finding in found.findings)

    return check


def _sources(data: DataSettings, request: ImportRequest) -> DataSettings:
    """The settings of the files that are to be imported."""
    if request.prices is not None or request.factors:
        tables = tuple(FactorTable(file=file) for file in request.factors)
        return replace(data, source="files", prices=request.prices, returns=None, factors=tables)
    if data.source == "store":
        raise ExoError(
            "data.source is store, so the settings name no file to import.",
            hint="Name files (--prices, --factors), or a settings file that does (--config).",
        )
    return replace(data, source="files")
