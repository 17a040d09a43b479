"""`exo study`: what is in a study."""

import dataclasses
import enum
import sys
from pathlib import Path

import typer

from mech_exo.cli.options import StudyFileOption, argument, command, option
from mech_exo.errors import ExoError


class TableFormat(enum.StrEnum):
    """How the trial table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class TrialsOptions(StudyFileOption):
    """Options of `exo study trials`."""

    name: str = argument(help="Name of the study.", metavar="NAME")
    format: TableFormat = option("--format", help="How to print.", default=TableFormat.table)
    times: bool = option("--times/--no-times", help="With start and end times.", default=True)


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ShowOptions(StudyFileOption):
    """Options of `exo study show`."""

    name: str | None = argument(
        help="Name of the study; not needed if the file has one.", metavar="[NAME]", default=None
    )


def trials(options: TrialsOptions) -> None:
    """List the trials by number, with exact floats."""
    from mech_exo.tuning.records import read_study
    from mech_exo.tuning.table import trial_table

    record = read_study(options.study_file, options.name)
    sys.stdout.write(trial_table(record, options.format.value, times=options.times))


def list_all(options: StudyFileOption) -> None:
    """List the studies of a file."""
    from mech_exo.report.console import console
    from mech_exo.report.study_tables import studies_table
    from mech_exo.tuning.records import list_studies

    console(sys.stdout).print(studies_table(list_studies(options.study_file)))


def show(options: ShowOptions) -> None:
    """Show a study in short: trials, fingerprint, best."""
    from mech_exo.report.console import console
    from mech_exo.report.study_tables import study_lines
    from mech_exo.tuning.records import read_study

    name = options.name or _only_name(options.study_file)
    out = console(sys.stdout)
    for line in study_lines(read_study(options.study_file, name)):
        out.print(line, soft_wrap=True)


def _only_name(study_file: Path) -> str:
    """Name of the only study of a file."""
    from mech_exo.tuning.records import list_studies

    names = [study.name for study in list_studies(study_file)]
    if len(names) != 1:
        holds = f"{len(names)} studies ({', '.join(names)})" if names else "no study"
        raise ExoError(f"{study_file} holds {holds}.", hint="Name one: exo study show NAME.")
    return names[0]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="What is in a study.", no_args_is_help=True)
    command(group, "trials", TrialsOptions)(trials)
    command(group, "list", StudyFileOption)(list_all)
    command(group, "show", ShowOptions)(show)
    app.add_typer(group, name="study")
