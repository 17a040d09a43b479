"""The commands that reproduce what a tear sheet shows, as they are typed."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mech_exo.config.settings_file import from_project
from mech_exo.tearsheet.reported import Reported
from mech_exo.workflow.study_commands import StudyCommands, command_line, study_file_flag


class CommandLine(NamedTuple):
    """A command, and what it does."""

    text: str
    does: str


def judging(reported: Reported) -> str:
    """Asks for the verdict."""
    if reported.kind == "file":
        return command_line("validate", "--factors", _file(reported), *_where(reported))
    trial = _judged_by_itself(reported)
    return _commands(reported).judge() if trial is None else _commands(reported).judge_trial(trial)


def reproducing(reported: Reported) -> Iterator[CommandLine]:
    """What computes the page's figures again, from the search on."""
    if reported.study is not None:
        yield CommandLine(
            _commands(reported).search(),
            "the search: the same data, settings and seed give the same trials",
        )
    yield CommandLine(judging(reported), "skill or luck")
    if reported.kind == "file":
        yield CommandLine(
            command_line("verify", _file(reported), *_where(reported, without="--data")),
            "computes the file's fields again",
        )
    elif reported.trial is not None and not _not_the_best(reported):
        number = reported.trial.number
        yield CommandLine(
            _commands(reported).export(f"trial_{number}.yml", number),
            "writes this portfolio as a factor file",
        )
    yield CommandLine(showing(reported), "this page")


def showing(reported: Reported) -> str:
    """Makes this page."""
    if reported.kind == "file":
        return command_line("report", _file(reported), *_where(reported))
    number = reported.trial.number if reported.trial is not None else None
    return _commands(reported).report(number if _not_the_best(reported) else None)


def _commands(reported: Reported) -> StudyCommands:
    assert reported.study is not None
    return StudyCommands(reported.study, reported.study_file, reported.given)


def _judged_by_itself(reported: Reported) -> int | None:
    """The trial that only a file of its own can be asked about; None for the best of a study.

    Of several objectives where no trial is shown, the first of the front.
    """
    if _not_the_best(reported):
        return None if reported.trial is None else reported.trial.number
    study = reported.study
    if study is None or reported.trial is not None or len(study.directions) == 1:
        return None
    return next((trial.number for trial in study.front()), None)


def _file(reported: Reported) -> Path:
    return from_project(Path(reported.name))


def _where(reported: Reported, without: str = "") -> tuple[object, ...]:
    """Study file and inputs, as far as they are not the usual ones."""
    typed = [word for pair in reported.given if pair[0] != without for word in pair]
    return (*study_file_flag(reported.study_file), *typed)


def _not_the_best(reported: Reported) -> bool:
    study, trial = reported.study, reported.trial
    if study is None or trial is None:
        return False
    best = study.best()
    return best is None or best.number != trial.number
