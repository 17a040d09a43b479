"""A factor file at a glance: its age, its verdict, and whether it is in production."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mech_exo.config.settings import Settings
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.promote.history import VersionHistory, read_text
from mech_exo.workflow.remembered_verdicts import standing_of_file, verdict_words

EDITED = "it was edited since its export"


@dataclass(frozen=True)
class FactorFileGlance:
    """What is said of a factor file.

    Attributes
    ----------
    created
        When it was made, as it says; None where it does not.
    study, trial
        Where its weights come from.
    verdict
        In a line; what the study file remembers counts before what the file says.
    against
        Why the verdict keeps it from production; "" if it does not.
    demo
        Whether it rests on the demo market.
    data_end
        Its last session, ISO.
    version
        Of the history, for the file in production; None if the history does not have it.
    text
        Its content, to compare two of them.
    trouble
        Why it cannot be read; all else is then empty.
    """

    path: Path
    created: datetime | None = None
    study: str | None = None
    trial: int | None = None
    verdict: str = ""
    against: str = ""
    demo: bool = False
    data_end: str | None = None
    version: int | None = None
    text: str = ""
    trouble: str = ""


def factor_file_glance(
    path: Path, study_file: Path, settings: Settings | None
) -> FactorFileGlance | None:
    """The file at a path; None if there is none."""
    if not path.exists():
        return None
    try:
        text = read_text(path)
        file = parse_factor_file(text, str(path))
        known = standing_of_file(file, study_file, None if settings is None else settings.verdict)
    except ExoError as error:
        return FactorFileGlance(path, trouble=str(error))
    source = ((file.stated_settings or {}).get("data") or {}).get("source")
    end = (file.provenance or {}).get("data_end")
    return FactorFileGlance(
        path,
        created=_moment(file.metadata.get("created_at")),
        study=file.metadata.get("study_name"),
        trial=file.metadata.get("best_trial_number"),
        verdict=verdict_words(file, known),
        against=known.against or _against(file),
        demo=source == "demo",
        data_end=None if end is None else str(end),
        text=text,
    )


def version_in_production(root: Path) -> int | None:
    """Which version of the history config/factors.yml is; None if it is none."""
    try:
        current = VersionHistory(root).current()
    except ExoError:
        return None
    return None if current is None else current.version


def _against(file: FactorFile) -> str:
    from mech_exo.verdict.standing import speaks_against

    said = "" if file.verdict is None else speaks_against(file.verdict)
    return said or (EDITED if file.edited else "")


def _moment(stated: object) -> datetime | None:
    try:
        return None if stated is None else datetime.fromisoformat(str(stated))
    except ValueError:
        return None
