"""`exo optuna-init`: create a study without running it."""

import dataclasses

import typer

from mech_exo.cli.mandate_options import MandateOptions
from mech_exo.cli.option_groups import ProjectOption, SpaceOptions, StudyOptions
from mech_exo.cli.options import command
from mech_exo.system.typed_fields import filled_from


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class InitStudyOptions(SpaceOptions, MandateOptions, StudyOptions, ProjectOption):
    """Options of `exo optuna-init`."""


def optuna_init(options: InitStudyOptions) -> None:
    """Create a study: data, objective and search are checked and fixed, no trial is run."""
    from mech_exo import RunRequest, create_study
    from mech_exo.report.console import ConsoleLog
    from mech_exo.report.run_progress import RunProgress

    log = ConsoleLog()
    request = filled_from(options, RunRequest, inputs=options.request())
    study = create_study(request, RunProgress(log.console), log)
    fingerprint = study.epoch.fingerprint[:12] if study.epoch else "none"
    typer.echo(f"created {study.name} in {options.study_file} (fingerprint {fingerprint})")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "optuna-init", InitStudyOptions)(optuna_init)
