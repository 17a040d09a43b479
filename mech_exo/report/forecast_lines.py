"""What a run would do, as lines and JSON."""

from collections.abc import Iterator

from mech_exo.report.live_progress import limits
from mech_exo.report.plain_json import json_text
from mech_exo.workflow.forecast import Forecast


def forecast_lines(found: Forecast, messages: str) -> Iterator[str]:
    """For a person; `messages` says what would become of messages, "" if none are asked for."""
    opened = found.preview.opened
    yield "dry run    all is checked; nothing is run, nothing is written"
    if found.preview.busy:
        yield f"waiting    {found.preview.busy} The run would wait for it to end."
    yield f"study      {opened.study_name} in {opened.study_file} ({_state(found)})"
    yield (
        f"search     {opened.sampler}, {opened.pruner} pruner, window {opened.window}, "
        f"{opened.jobs} jobs"
    )
    yield f"would run  {_numbers(found)}{'; then the verdict' if found.request.validate else ''}"
    for line in opened.notes:
        yield f"note       {line}"
    for n, path in enumerate(found.files):
        yield f"{'' if n else 'would write':<11} {path}"
    if messages:
        yield f"messages   {messages}"


def forecast_json(found: Forecast, messages: str) -> str:
    """For programs."""
    opened, study = found.preview.opened, found.preview.study
    return json_text(
        {
            "dry_run": True,
            "exit_code": int(found.exit_code),
            "study": opened.study_name,
            "study_file": opened.study_file,
            "new_study": opened.created,
            "new_epoch": _new_epoch(found),
            "waits_for": found.preview.busy or None,
            "finished": opened.finished,
            "first_trial": len(study.trials),
            "added": found.added,
            "goal": opened.goal,
            "patience": opened.patience,
            "timeout_seconds": opened.timeout,
            "sampler": opened.sampler,
            "pruner": opened.pruner,
            "window": opened.window,
            "jobs": opened.jobs,
            "notes": list(opened.notes),
            "files": [str(path) for path in found.files],
            "telegram": messages or None,
        }
    )


def _numbers(found: Forecast) -> str:
    first, added, opened = len(found.preview.study.trials), found.added, found.preview.opened
    if found.exhausted:
        return f"no trial: the last {opened.patience} brought nothing better"
    if added == 0:
        return "no trial"
    until = f"trials {first} on" if added is None else f"trials {first} to {first + added - 1}"
    return ", ".join(filter(None, (until, limits(opened))))


def _new_epoch(found: Forecast) -> bool:
    study = found.preview.study
    return not found.preview.opened.created and not study.current and bool(study.trials)


def _state(found: Forecast) -> str:
    opened = found.preview.opened
    if opened.created:
        return "new"
    if _new_epoch(found):
        return f"{len(found.preview.study.trials)} trials so far; a new epoch would begin"
    return f"{opened.finished} trials so far"
