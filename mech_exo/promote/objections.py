"""Why a factor file should not go into production."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.verdict.standing import Standing, speaks_against

if TYPE_CHECKING:
    from mech_exo.workflow.session import Session


SHOWN = 3  # figures that differ; `exo verify` lists all

Kind = Literal["verdict", "age", "demo", "verify", "contest"]


@dataclass(frozen=True)
class Objection:
    """One reason, in words that go on from "is not promoted: "."""

    kind: Kind
    words: str


def objections(
    file: FactorFile, label: str, session: "Session", now: datetime, known: Standing
) -> tuple[Objection, ...]:
    """What speaks against the file itself, given the verdicts on it that are `known`."""
    found: dict[Kind, str] = {
        "verdict": _verdict(file, known),
        "age": _age(file, session.settings.promote.max_age_days, now),
        "demo": _demo(file, session),
        "verify": _unverified(file, label, session),
    }
    return tuple(Objection(kind, words) for kind, words in found.items() if words)


def _verdict(file: FactorFile, known: Standing) -> str:
    """Why its verdict speaks against it, or "": the study's word counts, and a FAIL of the file's.

    A verdict that was cut out of the file or changed in it stays known to the study.
    """
    block = file.verdict or {}
    stated = block.get("overall")
    if known.against:
        differs = f"; the file says {stated}" if stated not in (None, "FAIL") else ""
        return f"{known.against}{differs}"
    against = speaks_against(block)
    if not against:
        return ""
    later = "" if known.present is None else f", but was {known.words} since: stage it again"
    why = "FAIL: the search found nothing but luck" if stated == "FAIL" else against
    return f"its verdict is {why}{later}"


def _age(file: FactorFile, limit: int, now: datetime) -> str:
    stated = file.metadata.get("created_at")
    if stated is None:
        return "it does not say when it was made (metadata.created_at)"
    try:
        made = datetime.fromisoformat(str(stated))
    except ValueError:
        return f"metadata.created_at is {stated!r}, not a time"
    days = (now.replace(tzinfo=None) - made.replace(tzinfo=None)).days
    if days < -1:
        return f"it was made in the future ({stated})"
    if days > limit:
        return f"it is {days} days old, {limit} at most are allowed (promote.max_age_days)"
    return ""


def _demo(file: FactorFile, session: "Session") -> str:
    stated = (file.stated_settings or {}).get("data") or {}
    sources = {stated.get("source"), session.settings.data.source}
    return "it rests on demo data, which is made up" if "demo" in sources else ""


def _unverified(file: FactorFile, label: str, session: "Session") -> str:
    """Why the file's figures do not come out again, or "".

    The data may have grown since: they are compared as they were at the file's own last date.
    """
    from mech_exo.verification.reproduction import settings_of, verify
    from mech_exo.workflow.reopen import known_to

    try:
        settings = settings_of(label, file, session.settings)
        market, panel = known_to(file, session.market, settings)
        found = verify(file, settings, session.objective, market, panel)
    except ExoError as error:
        return f"it does not verify: {error.message}"
    if found.exit_code == ExitCode.DONE:
        return ""
    more = f" and {len(found.differing) - SHOWN} more" if len(found.differing) > SHOWN else ""
    names = f"{', '.join(found.differing[:SHOWN])}{more} differ"
    return f"it does not verify: {names} ({'; '.join(found.reasons)})"
