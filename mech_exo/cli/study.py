"""`exo study`: what is in a study."""

import dataclasses
import enum
import sys
from pathlib import Path

import typer

from mech_exo.cli.option_groups import JsonOption, ProjectOption, StudyFileOption
from mech_exo.cli.options import argument, command, option
from mech_exo.errors import ExoError


class TableFormat(enum.StrEnum):
    """How the trial table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class TrialsOptions(StudyFileOption, ProjectOption):
    """Options of `exo study trials`."""

    name: str = argument(help="Name of the study.", metavar="NAME")
    format: TableFormat = option("--format", help="How to print.", default=TableFormat.table)
    times: bool = option("--times/--no-times", help="With start and end times.", default=True)


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ListOptions(JsonOption, StudyFileOption, ProjectOption):
    """Options of `exo study list`."""


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ShowOptions(JsonOption, StudyFileOption, ProjectOption):
    """Options of `exo study show`."""

    name: str | None = argument(
        help="Name of the study; not needed if the file has one.", metavar="[NAME]", default=None
    )


def trials(options: TrialsOptions) -> None:
    """List the trials by number, with exact floats."""
    from mech_exo.tuning.records import read_study
    from mech_exo.tuning.trial_table import trial_table

    record = read_study(options.study_file, options.name)
    sys.stdout.write(trial_table(record, options.format.value, times=options.times))


def list_all(options: ListOptions) -> None:
    """List the studies of a file; exit 2, after the list, if one of them is damaged."""
    from mech_exo.report.console import console
    from mech_exo.report.study_tables import studies_json, studies_table
    from mech_exo.tuning.records import list_studies

    studies = list_studies(options.study_file)
    if options.json:
        typer.echo(studies_json(studies))
    else:
        console(sys.stdout).print(studies_table(studies))
    damaged = next((study for study in studies if study.damage), None)
    if damaged is not None:
        raise ExoError(damaged.damage, hint="Restore a copy of the file.")


def show(options: ShowOptions) -> None:
    """Show a study in short: trials, fingerprint, best."""
    from mech_exo.report.console import console
    from mech_exo.report.study_tables import study_json, study_lines
    from mech_exo.tuning.records import read_study
    from mech_exo.workflow.remembered_verdicts import standing_of_best

    study = read_study(options.study_file, options.name or _only_name(options.study_file))
    known = standing_of_best(study, options.study_file)
    if options.json:
        typer.echo(study_json(study, known))
        return
    out = console(sys.stdout)
    for line in study_lines(study, known):
        out.print(line, soft_wrap=True)


def _only_name(study_file: Path) -> str:
    """Name of the only study of a file."""
    from mech_exo.tuning.records import study_names
    from mech_exo.tuning.study_access import check_study_file

    check_study_file(study_file)
    names = study_names(study_file)
    if len(names) != 1:
        holds = f"{len(names)} studies ({', '.join(names)})" if names else "no study"
        raise ExoError(f"{study_file} holds {holds}.", hint="Name one: exo study show NAME.")
    return names[0]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="What is in a study.", no_args_is_help=True)
    command(group, "trials", TrialsOptions)(trials)
    command(group, "list", ListOptions)(list_all)
    command(group, "show", ShowOptions)(show)
    app.add_typer(group, name="study")
