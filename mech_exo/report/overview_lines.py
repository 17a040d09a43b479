"""Where a project stands, in one screen."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table
from rich.text import Text

from mech_exo.overview.data_glance import MADE, DataGlance
from mech_exo.overview.factor_file_glance import FactorFileGlance
from mech_exo.overview.next_steps import NextStep
from mech_exo.overview.project_overview import Overview, StudyStanding
from mech_exo.report.formats import number
from mech_exo.report.plain_json import json_text
from mech_exo.tuning.request import STUDY_FILE

SHOWN = 5
"""Studies that have a line; the last to be run come first."""


def overview_table(overview: Overview, step: NextStep, now: datetime) -> Table:
    """The screen: a label and a text on each line; long texts are wrapped under themselves."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in _lines(overview, now):
        table.add_row(label, Text(text))
    table.add_row("", "")
    table.add_row("next", Text(step.command, style="bold"))
    table.add_row("", Text(step.reason))
    return table


def overview_json(overview: Overview, step: NextStep) -> str:
    """The same as one JSON object."""
    data = overview.data
    return json_text(
        {
            "project": str(overview.root.resolve()),
            "settings_file": overview.settings_file,
            "settings_error": overview.trouble or None,
            "data": None
            if data is None
            else {
                "source": data.source,
                "last_session": data.last,
                "weekdays_old": data.weekdays,
                "stale": data.stale,
                "error": data.trouble or None,
            },
            "studies": [_study_fields(s) for s in overview.studies],
            "study_file_errors": overview.broken,
            "staged": _file_fields(overview.staged),
            "production": _file_fields(overview.production),
            "staged_is_production": overview.staged_is_production,
            "paper_ledger": overview.paper,
            "next": step,
        }
    )


def _study_fields(study: StudyStanding) -> dict[str, object]:
    glance = study.glance
    if glance.damage:
        return {"name": glance.name, "file": glance.file, "damage": glance.damage}
    number_, value = glance.best or (None, None)
    return {
        "name": glance.name,
        "file": glance.file,
        "made_by_exo": glance.made_by_exo,
        "trials": glance.trials,
        "current_trials": glance.current,
        "best_trial": number_,
        "best_value": value,
        "verdict": None if study.known.present is None else study.known.present.overall,
        "verdict_words": study.known.words,
        "last_completed": None if glance.last is None else glance.last.isoformat(),
        "running": glance.running,
        "data_findings": glance.findings,
    }


def _file_fields(file: FactorFileGlance | None) -> dict[str, object] | None:
    if file is None:
        return None
    if file.trouble:
        return {"path": file.path, "error": file.trouble}
    return {
        "path": file.path,
        "version": file.version,
        "created_at": None if file.created is None else file.created.isoformat(),
        "study": file.study,
        "trial": file.trial,
        "verdict_words": file.verdict,
        "speaks_against_it": file.against or None,
    }


def _lines(overview: Overview, now: datetime) -> Iterator[tuple[str, str]]:
    yield "project", str(overview.root.resolve())
    if overview.trouble:
        yield "settings", overview.trouble
    if overview.data is not None:
        yield "data", _data_words(overview.data)
    yield from _study_lines(overview, now)
    yield "staged", _file_words(overview.staged, now, same=overview.staged_is_production)
    yield "production", _file_words(overview.production, now)


def _data_words(data: DataGlance) -> str:
    if data.trouble:
        return data.trouble
    if data.source in MADE:
        return MADE[data.source]
    if data.last is None:
        return f"{data.source}; too large to be read for this (exo data check)"
    days = "1 weekday" if data.weekdays == 1 else f"{data.weekdays} weekdays"
    old = f"until {data.last}, {days} ago"
    if not data.read:
        return f"{data.source}; {old} at the last export (exo data check reads them)"
    return f"{data.source}, {old}" + (
        ": too old (reoptimize.max_data_age_days)" if data.stale else ""
    )


def _study_lines(overview: Overview, now: datetime) -> Iterator[tuple[str, str]]:
    if not overview.studies and not overview.broken:
        yield "studies", f"none in {STUDY_FILE.partition('/')[0]}/"
        return
    for words in overview.broken:
        yield "study file", words
    for study in overview.studies[:SHOWN]:
        yield "study", _study_words(study, now)
    if len(overview.studies) > SHOWN:
        yield "", f"and {len(overview.studies) - SHOWN} more (exo study list)"
    last = overview.last
    if last is None:
        return
    if last.glance.best is not None and last.glance.made_by_exo:
        yield "verdict", f"{last.known.words}, on trial {last.glance.best[0]} of {last.glance.name}"
    names = [str(f["name"]) for f in last.glance.findings if not f.get("accepted")]
    accepted = len(last.glance.findings) - len(names)
    yield "findings", ", ".join(names) or "none"
    if accepted:
        yield "", f"and {accepted} that the settings accept"


def _study_words(study: StudyStanding, now: datetime) -> str:
    glance = study.glance
    where = "" if study.default_file else f" in {glance.file}"
    if glance.damage:
        return f"{glance.name}{where}: {glance.damage}"
    counted = f"{glance.trials} trials"
    if glance.made_by_exo and glance.current != glance.trials:
        counted += f" ({glance.current} under the present inputs)"
    if glance.objectives > 1:
        best = "several objectives"
    elif glance.best is None:
        best = "no feasible trial"
    else:
        best = f"best {number(glance.best[1])} (trial {glance.best[0]})"
    last = "never run" if glance.last is None else f"run {_ago(glance.last, now)}"
    state = "being run now" if glance.running else last
    return f"{glance.name}{where}: {counted}, {best}, {state}"


def _file_words(file: FactorFileGlance | None, now: datetime, *, same: bool = False) -> str:
    if file is None:
        return "none"
    if file.trouble:
        return file.trouble
    parts = [_shown(file.path)]
    if file.version is not None:
        parts.append(f"version {file.version}")
    if file.created is not None:
        parts.append(f"made {_ago(file.created, now)}")
    if file.study is not None and file.trial is not None:
        parts.append(f"trial {file.trial} of {file.study}")
    if same:
        parts.append("in production already")
    else:
        parts.append(f"verdict {file.verdict}")
    return ", ".join(parts)


def _shown(path: Path) -> str:
    return "/".join(path.parts[-2:]) if path.is_absolute() else str(path)


def _ago(moment: datetime, now: datetime) -> str:
    """How long ago; a time without a zone is local."""
    aware = moment if moment.tzinfo is not None else moment.astimezone()
    minutes = int((now.astimezone(UTC) - aware.astimezone(UTC)).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    for size, unit in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    raise AssertionError
