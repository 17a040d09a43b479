"""`exo factors`: stage, promote, roll back and compare factor files."""

import dataclasses
import sys
from datetime import datetime
from pathlib import Path

import typer

from mech_exo.cli.completion import offer_studies
from mech_exo.cli.mandate_options import MandateOptions
from mech_exo.cli.option_groups import (
    ProjectFolder,
    ProjectOption,
    SettingsOptions,
    SpaceOptions,
    StudyFileOption,
)
from mech_exo.cli.options import argument, command, option
from mech_exo.cli.production import warn_if_edited
from mech_exo.errors import ExoError

LATEST = "config/staging/factors_optuna_latest.yml"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class StageOptions(SpaceOptions, MandateOptions, StudyFileOption, ProjectOption, ProjectFolder):
    """Options of `exo factors stage`."""

    source: str = argument(
        help="Factor file, or name of a study.", metavar="STUDY|FILE", autocompletion=offer_studies
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class PromoteOptions(SettingsOptions, StudyFileOption, ProjectOption, ProjectFolder):
    """Options of `exo factors promote`."""

    file: Path = argument(help="Factor file.", metavar="[FILE]", in_project=LATEST)
    force: bool = option(
        "--force", help="Promote in spite of what speaks against it.", default=False
    )
    reason: str = option("--reason", help="Why; kept in the history.", default="", metavar="TEXT")
    dry_run: bool = option("--dry-run", help="Show what would change, no more.", default=False)


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class RollbackOptions(ProjectOption, ProjectFolder):
    """Options of `exo factors rollback`."""

    to: int | None = option(
        "--to",
        help="Version to put back.",
        otherwise="the one before the file in production",
        metavar="VERSION",
    )
    reason: str = option("--reason", help="Why; kept in the history.", default="", metavar="TEXT")


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class HistoryOptions(ProjectOption, ProjectFolder):
    """Options of `exo factors history`."""


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class DiffOptions(ProjectOption, ProjectFolder):
    """Options of `exo factors diff`."""

    before: str = argument(help="Factor file, or version of the history.", metavar="A")
    after: str = argument(help="Factor file, or version of the history.", metavar="B")


def stage(options: StageOptions) -> None:
    """Copy a factor file, or a study's best trial, to config/staging and `git add` it."""
    from mech_exo.factor_file.read import parse_factor_file
    from mech_exo.promote.history import read_text
    from mech_exo.promote.staging import stage_text
    from mech_exo.report.console import ConsoleLog
    from mech_exo.report.result_tables import staged_lines
    from mech_exo.system.user_file import is_there
    from mech_exo.workflow.factor_list import factors_of_study
    from mech_exo.workflow.remembered_verdicts import standing_of_file, verdict_words
    from mech_exo.workflow.repeatable import study_text
    from mech_exo.workflow.session import open_session
    from mech_exo.workflow.study_settings import as_searched

    path = Path(options.source)
    if not options.source:
        raise ExoError("the name of the study or factor file is empty.", hint="Name one.")
    rules = None
    if is_there(path):
        text = read_text(path)
        file = parse_factor_file(text, str(path))
        warn_if_edited(file, path, ConsoleLog())
    else:
        named, log = (options.study_file, options.source), ConsoleLog()
        inputs, listed = as_searched(options.request(), *named, log), factors_of_study(*named)
        session = open_session(inputs, log, listed)
        text = study_text(session, options.study_file, options.source)
        file, rules = parse_factor_file(text, options.source), session.settings.verdict
    known = standing_of_file(file, options.study_file, rules)
    staged = stage_text(text, options.root, datetime.now())
    for line in staged_lines(staged, verdict_words(file, known)):
        typer.echo(line)


def promote(options: PromoteOptions) -> None:
    """Put a factor file into production; exit 1 if something speaks against it."""
    from mech_exo.promote.history import VersionHistory
    from mech_exo.promote.promotion import check_reason, propose
    from mech_exo.promote.promotion import promote as carry_out
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.promotion_tables import show_proposal
    from mech_exo.workflow.session import open_session

    check_reason(force=options.force, reason=options.reason)
    session = open_session(options.request(), ConsoleLog())
    proposal = propose(session, options.root, options.file, datetime.now(), options.study_file)
    production = VersionHistory(options.root).production
    if proposal.same:
        typer.echo(f"{production} is {options.file} already: nothing to do.")
        return
    show_proposal(proposal, console(sys.stdout))
    if options.dry_run:
        return
    entry = carry_out(proposal, options.root, force=options.force, reason=options.reason)
    typer.echo(f"promoted {options.file} to {production} as version {entry.version}")
    typer.echo(f"next: exo risk status --config {production}")


def rollback(options: RollbackOptions) -> None:
    """Put an earlier version of config/factors.yml back, as a new version."""
    from mech_exo.promote.history import VersionHistory
    from mech_exo.promote.promotion import rollback as carry_out

    entry = carry_out(options.root, options.to, options.reason)
    typer.echo(
        f"{VersionHistory(options.root).production} is {entry.source} again, "
        f"as version {entry.version}"
    )


def history(options: HistoryOptions) -> None:
    """List the versions of config/factors.yml, with who, when and why."""
    from mech_exo.promote.history import VersionHistory
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.promotion_tables import show_history

    kept = VersionHistory(options.root)
    try:
        kept.record()
    except ExoError as error:  # a folder that may only be read
        ConsoleLog().warn(f"{kept.production} is not listed, because it could not be kept. {error}")
    show_history(kept.entries(), kept.current(), console(sys.stdout))


def diff(options: DiffOptions) -> None:
    """Show two factor files side by side."""
    from mech_exo.promote.changes import changes
    from mech_exo.promote.history import VersionHistory
    from mech_exo.report.console import console
    from mech_exo.report.promotion_tables import show_changes

    kept = VersionHistory(options.root)
    before, after = kept.named(options.before), kept.named(options.after)
    show_changes(changes(before, after), (options.before, options.after), console(sys.stdout))


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="From a factor file to production.", no_args_is_help=True)
    command(group, "stage", StageOptions)(stage)
    command(group, "promote", PromoteOptions)(promote)
    command(group, "rollback", RollbackOptions)(rollback)
    command(group, "history", HistoryOptions)(history)
    command(group, "diff", DiffOptions)(diff)
    app.add_typer(group, name="factors")
