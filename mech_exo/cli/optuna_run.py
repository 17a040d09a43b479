"""`exo optuna-run`: the main job."""

import dataclasses
from pathlib import Path

import typer

from mech_exo.cli.options import (
    NOTIFY,
    OUTPUT,
    STUDY,
    JsonOption,
    ProjectFolder,
    SpaceOptions,
    StudyOptions,
    TelegramVariables,
    command,
    option,
)


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class RunOptions(JsonOption, SpaceOptions, StudyOptions, ProjectFolder, TelegramVariables):
    """Options of `exo optuna-run`."""

    n_trials: int | None = option(
        "--n-trials", help="Trials to add.", otherwise="50", min=0, panel=STUDY
    )
    target_trials: int | None = option(
        "--target-trials",
        help="Run until the study holds this many finished trials.",
        min=0,
        panel=STUDY,
    )
    n_jobs: int = option(
        "--n-jobs",
        help="Parallel worker processes; the result does not depend on it.",
        default=4,
        min=1,
        panel=STUDY,
    )
    accept_changes: bool = option(
        "--accept-changes",
        help="Go on with a study although data, objective or settings have changed.",
        default=False,
        panel=STUDY,
    )
    wait: bool = option(
        "--wait",
        help="Wait for another run of the same study to end.",
        default=False,
        panel=STUDY,
    )
    export_yaml: Path | None = option(
        "--export-yaml",
        help="Write the best trial to this file.",
        otherwise="factors/factors_opt_YYYY-MM-DD.yml",
        panel=OUTPUT,
    )
    trial: int | None = option(
        "--trial",
        help="Export this trial (of a Pareto front).",
        otherwise="the best",
        metavar="NUMBER",
        min=0,
        panel=OUTPUT,
    )
    choose: str | None = option(
        "--choose",
        help="best: the best trial; plateau: the centre of the best robust region.",
        setting="verdict.choose",
        otherwise="best",
        panel=OUTPUT,
    )
    validate: bool = option(
        "--validate",
        help="Ask for the verdict, skill or luck, at the end; written into the files.",
        default=False,
        panel=OUTPUT,
    )
    stage: bool = option(
        "--stage/--no-stage",
        help="Stage the best trial in config/staging for git deployment.",
        default=False,
        panel=OUTPUT,
    )
    dry_run: bool = option(
        "--dry-run",
        help="Check everything, say what would be done; run no trial, write nothing.",
        default=False,
        panel=OUTPUT,
    )
    quiet: bool = option(
        "--quiet",
        "-q",
        help="Print only warnings, errors and the exported file's path.",
        default=False,
        panel=OUTPUT,
    )
    notify_progress: bool = option(
        "--notify-progress",
        help="Send progress by Telegram (TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID).",
        default=False,
        envvar="EXO_NOTIFY",
        panel=NOTIFY,
    )
    progress_interval: int = option(
        "--progress-interval",
        help="Trials between two notifications.",
        default=10,
        min=1,
        panel=NOTIFY,
    )


def optuna_run(options: RunOptions) -> None:
    """Search for the factor weights with the best backtest, and export them."""
    from mech_exo.cli.tuning import tune

    raise typer.Exit(tune(options))


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "optuna-run", RunOptions)(optuna_run)
