"""Whether the data at hand continue those that a factor file was made with."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mech_exo.config.settings import OWN_SOURCES
from mech_exo.data.likeness import Likeness
from mech_exo.errors import ExitCode, ExoError

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.workflow.session import Session


def check_continuation(session: "Session", file: "FactorFile", label: str) -> None:
    """Refuse to apply a factor file to another source or another market than its own.

    A file that says nothing of its data, as one written by hand, is applied to any.

    Raises
    ------
    ExoError
        Exit code 4; says what differs.
    """
    why = other_market(session, file)
    if why:
        raise ExoError(
            f"{label}: was made on another market: {why}.",
            hint="Name its own project by --project, or its settings file.",
            exit_code=ExitCode.NOT_THE_FILES,
        )


def other_market(session: "Session", file: "FactorFile") -> str:
    """Why the session's data are of another market than the file's; "" if nothing says so."""
    stated = file.provenance or {}
    market, data = stated.get("market"), _data_settings(stated)
    own = session.settings.data
    # From files to a store is a move of the same data; their likeness tells.
    source = market["source"] if market else data.get("source")
    both = {source, own.source}
    if source is not None and len(both) > 1 and not both <= set(OWN_SOURCES):
        return f"its data.source is {source}, the data here are {session.panel.source}"
    if market:
        return Likeness.from_dict(market).difference(session.market)
    made = data.get("demo")
    if source == "demo" and isinstance(made, Mapping):
        now = asdict(own.demo)
        differing = [f"{n} {made[n]}, here {now.get(n)}" for n in made if made[n] != now.get(n)]
        return f"a demo with {'; '.join(differing)}" if differing else ""
    return ""


def doubt(session: "Session", file: "FactorFile") -> str:
    """Why nothing tells that the data are the file's, in words; "" if something does.

    Files of earlier versions have no likeness of their market. The fingerprint tells, if not a
    bit has changed since up to the file's last date; the demo's settings tell.
    """
    stated = file.provenance
    if stated is None or stated.get("market") or _data_settings(stated).get("source") == "demo":
        return ""
    return "" if _same_bits(session, file) else "does not say enough of its data to know them again"


def _same_bits(session: "Session", file: "FactorFile") -> bool:
    """Whether the data up to the file's last date have the fingerprint that it states."""
    from mech_exo.verification.reproduction import identity_of, settings_of
    from mech_exo.workflow.reopen import known_to

    try:
        settings = settings_of("", file, session.settings)
        market, panel = known_to(file, session.market, settings)
        compared = identity_of(file, session.objective, market, panel)
    except ExoError:  # settings or dates that the data here cannot serve
        return False
    return any(c.equal for c in compared if c.name == "provenance.data_fingerprint")


def _data_settings(stated: Mapping[str, Any]) -> Mapping[str, Any]:
    data = (stated.get("settings") or {}).get("data")
    return data if isinstance(data, Mapping) else {}
