"""`exo optuna-run`: the main job."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mech_exo.cli.cluster_options import ClusterOptions
from mech_exo.cli.mandate_options import MandateOptions
from mech_exo.cli.option_groups import (
    MOST_TRIALS,
    EndOptions,
    JsonOption,
    ProjectFolder,
    ProjectOption,
    SpaceOptions,
    StudyOptions,
)
from mech_exo.cli.options import (
    NOTIFY,
    OUTPUT,
    STUDY,
    MessengerVariables,
    command,
    option,
)
from mech_exo.errors import ExitCode
from mech_exo.system.typed_fields import filled_from

if TYPE_CHECKING:
    from mech_exo.report.console import ConsoleLog
    from mech_exo.workflow.optimised import Optimised
    from mech_exo.workflow.requests import RunRequest


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class RunOptions(
    JsonOption,
    SpaceOptions,
    MandateOptions,
    ClusterOptions,
    EndOptions,
    StudyOptions,
    ProjectOption,
    ProjectFolder,
    MessengerVariables,
):
    """Options of `exo optuna-run`."""

    n_trials: int | None = option(
        "--n-trials",
        help="Trials to add.",
        otherwise="50; none where --timeout or --patience ends the run",
        min=0,
        max=MOST_TRIALS,
        panel=STUDY,
    )
    target_trials: int | None = option(
        "--target-trials",
        help="Run until the study holds this many finished trials.",
        min=0,
        max=MOST_TRIALS,
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
        help="Send progress: by Telegram (TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID), to a webhook "
        "(EXO_WEBHOOK_URL), or both.",
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
    from mech_exo import RunRequest
    from mech_exo.report.console import ConsoleLog

    log = ConsoleLog(quiet=options.quiet)
    request = filled_from(options, RunRequest, inputs=options.request(), cluster=options.cluster)
    run = _foretell if options.dry_run else _run
    raise typer.Exit(run(options, request, log))


def _run(options: RunOptions, request: "RunRequest", log: "ConsoleLog") -> ExitCode:
    from mech_exo import optimise
    from mech_exo.notify.run_messages import RunMessages
    from mech_exo.report.equity_picture import EquityPicture
    from mech_exo.report.run_progress import RunProgress
    from mech_exo.workflow.run_events import each

    with RunMessages(
        options.messengers,
        request.study_name,
        options.progress_interval,
        log,
        wanted=options.notify_progress,
        pictures=EquityPicture(),
    ) as messages:
        with RunProgress(log.console, quiet=log.quiet) as progress:
            result = optimise(request, each(progress, messages), log)
        _print(options, result, log)  # while the last message is on its way
    if result.verdict_failure is not None and not result.outcome.interrupted:
        raise result.verdict_failure
    return result.exit_code


def _foretell(options: RunOptions, request: "RunRequest", log: "ConsoleLog") -> ExitCode:
    """Say what the run would do; what it would exit with, as far as that is known."""
    from mech_exo.jobs.dry_run import forecast
    from mech_exo.notify.run_messages import ForetoldMessages
    from mech_exo.report.console import console
    from mech_exo.report.equity_picture import EquityPicture
    from mech_exo.report.forecast_lines import forecast_json, forecast_lines

    messages = ForetoldMessages(
        options.messengers, wanted=options.notify_progress, pictures=EquityPicture()
    )
    found = forecast(request, messages, log)
    out = console(sys.stdout)
    if options.json:
        sys.stdout.write(f"{forecast_json(found, messages.words)}\n")
    elif not options.quiet:
        for line in forecast_lines(found, messages.words):
            out.print(line, soft_wrap=True)
    if found.exit_code is ExitCode.NO_FEASIBLE_TRIAL:
        log.warn(f"{found.preview.study.without_feasible()}.")
    return found.exit_code


def _print(options: RunOptions, result: "Optimised", log: "ConsoleLog") -> None:
    from mech_exo.report.console import console
    from mech_exo.report.result_json import result_json
    from mech_exo.report.result_tables import file_lines, show_result
    from mech_exo.report.verdict_tables import show_verdict

    out = console(sys.stdout)
    staged = result.files.staged
    if staged is not None and staged.refused:
        log.warn(f"staged, but not added to git: {staged.remark}.")
    if options.json:
        sys.stdout.write(f"{result_json(result)}\n")
    elif options.quiet:
        for path in filter(None, (result.files.exported,)):
            out.print(path, soft_wrap=True)
    else:
        show_result(result, out)
        if result.verdict is not None:
            show_verdict(result.verdict, out)
        for line in file_lines(result):
            out.print(line, soft_wrap=True)
    if result.outcome.interrupted:
        count = len(result.outcome.study.current)
        log.warn(
            f"interrupted with {count} trials, all kept. The same command goes on; with "
            "--target-trials instead of --n-trials it ends at that number."
        )
    elif not result.feasible:
        log.warn(f"{result.without_feasible()}.")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "optuna-run", RunOptions)(optuna_run)
