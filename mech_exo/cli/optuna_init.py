"""`exo optuna-init`: create a study without running it."""

import dataclasses

import typer

from mech_exo.cli.options import SpaceOptions, StudyOptions, command


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class InitStudyOptions(SpaceOptions, StudyOptions):
    """Options of `exo optuna-init`."""


def optuna_init(options: InitStudyOptions) -> None:
    """Create a study: data, objective and search are checked and fixed, no trial is run."""
    from mech_exo.report.console import ConsoleLog
    from mech_exo.report.live_progress import LiveProgress
    from mech_exo.workflow.incumbent import warn_of_incumbent
    from mech_exo.workflow.optimise import Job, create
    from mech_exo.workflow.session import open_session

    log = ConsoleLog()
    job = Job(study_name=options.study_name, study_file=options.study_file)
    session = open_session(options.request(), log)
    session.try_apart()
    warn_of_incumbent(session, log)
    study = create(job, session, LiveProgress(log.console))
    fingerprint = study.epoch.fingerprint[:12] if study.epoch else "none"
    typer.echo(f"created {study.name} in {options.study_file} (fingerprint {fingerprint})")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "optuna-init", InitStudyOptions)(optuna_init)
