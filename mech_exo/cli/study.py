"""`exo study`: what is in a study, and its file."""

import dataclasses
import enum
import sys
from typing import TYPE_CHECKING, Literal

import typer

from mech_exo.cli.completion import offer_studies
from mech_exo.cli.option_groups import JsonOption, ProjectOption, StudyFileOption
from mech_exo.cli.options import argument, command, option
from mech_exo.cli.study_files import ArchiveOptions, DeleteOptions, archive, delete, only_name
from mech_exo.cli.study_insight import CompareOptions, ImportanceOptions, compare, importance
from mech_exo.errors import ExoError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mech_exo.tuning.study_record import StudyRecord


class TableFormat(enum.StrEnum):
    """How the trial table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


CHOICE = "Which trials"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class TrialsOptions(StudyFileOption, ProjectOption):
    """Options of `exo study trials`."""

    name: str | None = argument(
        help="Name of the study; not needed if the file has one.",
        metavar="[NAME]",
        default=None,
        autocompletion=offer_studies,
    )
    format: TableFormat = option("--format", help="How to print.", default=TableFormat.table)
    times: bool = option("--times/--no-times", help="With start and end times.", default=True)
    where: list[str] | None = option(
        "--where",
        help='Only trials for which this holds: "max_drawdown<0.1 and sharpe>=1.5". May be given '
        "several times. A key is a column, or a metric, parameter, value or constraint by its own "
        "name; operators are < <= > >= == !=.",
        otherwise="all",
        metavar="CONDITION",
        panel=CHOICE,
    )
    state: str = option(
        "--state",
        help="Only trials of this state: complete, pruned or fail.",
        default="",
        metavar="STATE",
        show_default="any",
        panel=CHOICE,
    )
    feasible: bool = option(
        "--feasible",
        help="Only complete trials that keep all constraints.",
        default=False,
        panel=CHOICE,
    )
    sort: str = option(
        "--sort",
        help="Order by this key, the least first; KEY:desc begins with the greatest.",
        default="",
        show_default="number",
        metavar="KEY[:desc]",
        panel=CHOICE,
    )
    limit: int | None = option(
        "--limit",
        help="List this many at the most.",
        otherwise="all",
        metavar="N",
        min=1,
        panel=CHOICE,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ListOptions(JsonOption, StudyFileOption, ProjectOption):
    """Options of `exo study list`."""


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ShowOptions(JsonOption, StudyFileOption, ProjectOption):
    """Options of `exo study show`."""

    name: str | None = argument(
        help="Name of the study; not needed if the file has one.",
        metavar="[NAME]",
        default=None,
        autocompletion=offer_studies,
    )
    trial: int | None = option(
        "--trial", help="Show all of this trial.", otherwise="the study", metavar="N", min=0
    )


def trials(options: TrialsOptions) -> None:
    """List the trials: all by number, or some in an order; CSV and JSON have exact floats."""
    from mech_exo.tuning.records import read_study
    from mech_exo.tuning.trial_choice import TrialChoice
    from mech_exo.tuning.trial_table import columns_of, table_text, trial_rows

    name = options.name or only_name(options.study_file, "study trials")
    record = read_study(options.study_file, name)
    choice = TrialChoice(
        options.where or (), options.state, options.feasible, options.sort, options.limit
    )
    everything = trial_rows(record)
    rows, columns = choice.of(record, everything), columns_of(everything, times=options.times)
    if options.format is not TableFormat.table:
        form: Literal["csv", "json"] = "csv" if options.format is TableFormat.csv else "json"
        sys.stdout.write(table_text(rows, columns, form))
        return
    from mech_exo.report.console import console
    from mech_exo.report.trial_listing import trial_listing

    named = choice.named(columns_of(everything)) if everything else ()
    width = console(sys.stdout).width
    text = trial_listing(rows, columns, named=named, total=len(everything), width=width)
    sys.stdout.write(text)


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
    """Show a study in short (trials, fingerprint, best), or all of one trial."""
    from mech_exo.report.console import console
    from mech_exo.tuning.records import read_study

    name = options.name or only_name(options.study_file, "study show")
    study = read_study(options.study_file, name)
    found = _study(study, options) if options.trial is None else _trial(study, options)
    if isinstance(found, str):
        typer.echo(found)
        return
    out = console(sys.stdout)
    for line in found:
        out.print(line, soft_wrap=True)


def _study(study: "StudyRecord", options: ShowOptions) -> "str | Iterator[str]":
    from mech_exo.report.study_tables import study_json, study_lines
    from mech_exo.workflow.remembered_verdicts import standing_of_best

    known = standing_of_best(study, options.study_file)
    return study_json(study, known) if options.json else study_lines(study, known)


def _trial(study: "StudyRecord", options: ShowOptions) -> "str | Iterator[str]":
    from mech_exo.report.trial_tables import trial_json, trial_lines
    from mech_exo.workflow.trial_detail import trial_detail

    assert options.trial is not None
    detail = trial_detail(study, options.study_file, options.trial)
    return trial_json(detail) if options.json else trial_lines(detail)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="What is in a study.", no_args_is_help=True)
    command(group, "trials", TrialsOptions)(trials)
    command(group, "list", ListOptions)(list_all)
    command(group, "show", ShowOptions)(show)
    command(group, "compare", CompareOptions)(compare)
    command(group, "importance", ImportanceOptions)(importance)
    command(group, "archive", ArchiveOptions)(archive)
    command(group, "delete", DeleteOptions)(delete)
    app.add_typer(group, name="study")
