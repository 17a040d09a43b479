"""The inputs under which a factor file's figures were computed, on this machine."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.config.load import load_settings
from mech_exo.config.settings import OWN_SOURCES
from mech_exo.config.settings_file import SettingsFile
from mech_exo.errors import ExoError
from mech_exo.factor_file.read import read_factor_file
from mech_exo.system.typed_fields import as_path
from mech_exo.verdict.holdout import HoldoutLedger
from mech_exo.verification.comparisons import Verification
from mech_exo.verification.reproduction import settings_of, verify
from mech_exo.workflow.factor_list import factors_of_file
from mech_exo.workflow.log import Log, PythonLog
from mech_exo.workflow.session import InputRequest, Session, open_with

if TYPE_CHECKING:
    from mech_exo.config.settings import Settings
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.tuning.study_record import StudyRecord


def reopen(
    label: str,
    file: "FactorFile",
    request: InputRequest,
    log: Log,
    *,
    refuse: bool = True,
    until_its_end: bool = True,
) -> Session:
    """A session under the file's own settings, on the dates up to the file's last one.

    Settings that the request names (--config) say where the same data lie on this machine and how
    a verdict is reached; all else is the file's.

    Parameters
    ----------
    refuse
        Whether errors of the data check stop it; otherwise they are said like warnings.
    until_its_end
        False: later dates that the data have by now are there as well.

    Raises
    ------
    ExoError
        If the file states no settings, or its data are not here.
    """
    own: Settings | None = None
    if request.config is not None:
        own = load_settings(request.find_settings().path, overrides=request.overrides)
    settings = settings_of(label, file, own)
    if own is not None:
        settings = replace(settings, verdict=own.verdict)
    wanted = request.overrides.get("data.source", settings.data.source)
    if wanted != settings.data.source:
        raise ExoError(
            f"--data {wanted}: {label} was tuned on the source {settings.data.source}.",
            hint="Leave --data out; --config says where files lie.",
        )
    _check_here(label, settings)
    origin = SettingsFile(Path(label), "the file's own")
    session = open_with(settings, origin, request, log, factors_of_file(file), refuse=refuse)
    end = (file.provenance or {}).get("data_end")
    if not until_its_end or end is None or str(session.panel.dates[-1]) <= str(end):
        return session
    log.note(f"data       compared as of {end}, the file's last date")
    market, panel = known_to(file, session.market, session.settings)
    return replace(session, market=market, panel=panel)


def known_to(file: "FactorFile", market: "Market", settings: "Settings") -> "tuple[Market, Panel]":
    """The data up to a file's last date, and the panel that its list and settings make of them."""
    from mech_exo.data.build import build_panel
    from mech_exo.data.sources import restrict

    end = (file.provenance or {}).get("data_end")
    known = restrict(market, replace(settings.data, start=None, end=end and str(end)))
    return known, build_panel(known, settings, factors_of_file(file))


def verify_file(
    path: Path, study_file: Path, request: InputRequest | None = None, log: Log | None = None
) -> Verification:
    """Compare a file with what its settings, data, objective and study give today: `exo verify`.

    Figures on the holdout that are computed again are a look at it. The export of a file was the
    first; so a file that is as it was exported needs no ledger where there is none.

    Parameters
    ----------
    study_file
        Where the study that the file names is looked for, and the ledger; it need not be there.
    request
        Where the file's data and objective lie on this machine, if elsewhere than they did.
    log
        Where notes and warnings go; None: to Python's own log.
    """
    from mech_exo.tuning.records import read_study, study_names

    path, study_file = as_path("path", path), as_path("study_file", study_file)
    file = read_factor_file(path)
    request = request or InputRequest(factor_file=path)
    # A file is what it is, whatever rules have been thought of since it was made.
    session = reopen(str(path), file, request, log or PythonLog(), refuse=False)
    name = file.metadata.get("study_name")
    study = read_study(study_file, str(name)) if name in study_names(study_file) else None
    return verify_on(session, path, file, study_file, study)


def verify_on(
    session: Session,
    path: Path,
    file: "FactorFile",
    study_file: Path,
    study: "StudyRecord | None" = None,
) -> Verification:
    """As `verify_file`, on a session of the file's settings and data."""
    found = verify(file, session.settings, session.objective, session.market, session.panel, study)
    shown = any(c.name.startswith("out_of_sample.") for c in found.values)
    if shown and (study_file.exists() or not file.hash_matches):
        _look(path, file, session, study_file)
    return found


def _look(path: Path, file: "FactorFile", session: Session, study_file: Path) -> None:
    evaluator = session.appraiser.last_part  # of the holdout, whose figures were computed
    params = evaluator.space.meaningful(file.params)
    ledger = HoldoutLedger(study_file, session.panel, session.split)
    ledger.enter(evaluator, params, evaluator.run(params), f"verify: {path}")


def _check_here(label: str, settings: "Settings") -> None:
    data = settings.data
    if data.source not in OWN_SOURCES:
        return
    unused = "prices" if data.source == "store" else "store"
    named = (path for name, path in data.paths.items() if name != unused)
    for path in (*named, *(table.file for table in data.factors)):
        if path is not None and not path.exists():
            raise ExoError(
                f"{label}: its data lay in {path}, which is not here.",
                hint="--config SETTINGS says where they lie on this machine (data.prices, "
                "data.factors).",
            )
