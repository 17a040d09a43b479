"""`exo optuna-init`: create a study without running it."""

import dataclasses

import typer

from mech_exo.cli.options import SpaceOptions, StudyOptions, command


@dataclasses.dataclass(frozen=True, kw_only=True)
class InitStudyOptions(SpaceOptions, StudyOptions):
    """Options of `exo optuna-init`."""


def optuna_init(options: InitStudyOptions) -> None:
    """Create a study: data, objective and search are checked and fixed, no trial is run."""
    from mech_exo.report.console import Log
    from mech_exo.workflow.optimise import create
    from mech_exo.workflow.session import open_session

    log = Log()
    session = open_session(options.request(), log)
    created = create(session, options.study_name, options.study_file)
    typer.echo(created)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "optuna-init", InitStudyOptions)(optuna_init)
