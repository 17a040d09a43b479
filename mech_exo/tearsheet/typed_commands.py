"""The commands that reproduce what a tear sheet shows, as they are typed."""

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from mech_exo.config.settings_file import project_root
from mech_exo.tearsheet.reported import Reported
from mech_exo.tuning.request import DEFAULT_STUDY, STUDY_FILE


class CommandLine(NamedTuple):
    """A command, and what it does."""

    text: str
    does: str


def command_line(*words: object) -> str:
    """Words as a shell takes them."""
    return shlex.join(["exo", *map(str, words)])


def judging(reported: Reported) -> str:
    """Asks for the verdict."""
    if reported.kind == "file":
        return command_line("validate", "--factors", reported.name, *_where(reported))
    return command_line("validate", *_study(reported), *_where(reported))


def reproducing(reported: Reported) -> Iterator[CommandLine]:
    """What computes the page's figures again, from the search on."""
    where = _where(reported)
    if reported.study is not None:
        name = reported.study.name
        trials = len(reported.study.current)
        yield CommandLine(
            command_line("optuna-run", "--target-trials", trials, "--study-name", name, *where),
            "the search: the same data, settings and seed give the same trials",
        )
    yield CommandLine(judging(reported), "skill or luck")
    if reported.kind == "file":
        yield CommandLine(
            command_line("verify", reported.name, *_where(reported, without="--data")),
            "computes the file's fields again",
        )
    elif reported.trial is not None and reported.study is not None:
        number = reported.trial.number
        yield CommandLine(
            command_line(
                *("optuna-run", "--n-trials", 0, "--trial", number),
                *("--study-name", reported.study.name, *where),
                *("--export-yaml", f"trial_{number}.yml"),
            ),
            "writes this portfolio as a factor file",
        )
    yield CommandLine(showing(reported), "this page")


def showing(reported: Reported, trial: object = None) -> str:
    """Makes this page; of another trial where one is named."""
    if trial is None and reported.kind == "study" and _not_the_best(reported):
        trial = reported.trial.number if reported.trial is not None else None
    which = () if trial is None else ("--trial", trial)
    return command_line("report", reported.name, *which, *_where(reported))


def study_file_of(reported: Reported) -> tuple[object, ...]:
    """The option that names the study file, where it is not the usual one."""
    path = reported.study_file
    usual = (project_root() / STUDY_FILE).resolve()
    return () if path.resolve() == usual else ("--study-file", path)


def _where(reported: Reported, without: str = "") -> tuple[object, ...]:
    """Study file and inputs, as far as they are not the usual ones."""
    typed = [word for pair in reported.given if pair[0] != without for word in pair]
    return (*study_file_of(reported), *typed)


def _not_the_best(reported: Reported) -> bool:
    study, trial = reported.study, reported.trial
    if study is None or trial is None:
        return False
    best = study.best()
    return best is None or best.number != trial.number


def _study(reported: Reported) -> tuple[object, ...]:
    return () if reported.name == DEFAULT_STUDY else ("--study-name", reported.name)
