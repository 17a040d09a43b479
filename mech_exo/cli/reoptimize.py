"""`exo reoptimize`: the weekly run, for cron."""

import dataclasses

import typer

from mech_exo.cli.options import (
    OUTPUT,
    STUDY,
    ProjectFolder,
    ProjectOption,
    SpaceOptions,
    StudyFileOption,
    TelegramVariables,
    command,
    option,
)


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ReoptimizeOptions(
    SpaceOptions, StudyFileOption, ProjectOption, ProjectFolder, TelegramVariables
):
    """Options of `exo reoptimize`."""

    target_trials: int | None = option(
        "--target-trials",
        help="Trials of the dated study.",
        otherwise="reoptimize.trials of the settings",
        min=1,
        panel=STUDY,
    )
    n_jobs: int | None = option(
        "--n-jobs",
        help="Parallel worker processes.",
        otherwise="one for each core",
        min=1,
        panel=STUDY,
    )
    validate: bool = option(
        "--validate/--no-validate",
        help="Ask for the verdict; a FAIL is never staged.",
        default=True,
        panel=STUDY,
    )
    accept_changes: bool = option(
        "--accept-changes",
        help="Go on with today's study although data, objective or settings have changed.",
        default=False,
        panel=STUDY,
    )
    progress_interval: int = option(
        "--progress-interval",
        help="Trials between two lines of the log and updates of the message.",
        default=10,
        min=1,
        panel=OUTPUT,
    )
    dry_run: bool = option(
        "--dry-run",
        help="Read and check everything, say what would be done, write nothing.",
        default=False,
        panel=OUTPUT,
    )
    quiet: bool = option(
        "--quiet",
        "-q",
        help="Print only warnings, errors and the decision.",
        default=False,
        panel=OUTPUT,
    )


def reoptimize(options: ReoptimizeOptions) -> None:
    """Read the data afresh, tune, judge, compare with config/factors.yml, stage what is better."""
    from mech_exo.cli.reoptimizing import run

    raise typer.Exit(run(options))


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "reoptimize", ReoptimizeOptions)(reoptimize)
