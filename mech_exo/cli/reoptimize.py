"""`exo reoptimize`: the weekly run, for cron."""

import dataclasses
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from mech_exo.cli.cluster_options import ClusterOptions
from mech_exo.cli.mandate_options import MandateOptions
from mech_exo.cli.option_groups import (
    MOST_TRIALS,
    EndOptions,
    ProjectFolder,
    ProjectOption,
    SpaceOptions,
    StudyFileOption,
)
from mech_exo.cli.options import OUTPUT, STUDY, MessengerVariables, command, option
from mech_exo.errors import ExitCode
from mech_exo.system.typed_fields import filled_from

if TYPE_CHECKING:
    from mech_exo.jobs.weekly_run import Outcome, ReoptimizeRequest
    from mech_exo.report.console import ConsoleLog


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ReoptimizeOptions(
    SpaceOptions,
    MandateOptions,
    ClusterOptions,
    EndOptions,
    StudyFileOption,
    ProjectOption,
    ProjectFolder,
    MessengerVariables,
):
    """Options of `exo reoptimize`."""

    target_trials: int | None = option(
        "--target-trials",
        help="Trials of the dated study.",
        otherwise="reoptimize.trials of the settings",
        min=1,
        max=MOST_TRIALS,
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
    from mech_exo import ReoptimizeRequest
    from mech_exo.report.console import ConsoleLog
    from mech_exo.system.processes import cores

    log = ConsoleLog(quiet=options.quiet)
    request = filled_from(
        options,
        ReoptimizeRequest,
        inputs=options.request(),
        n_jobs=options.n_jobs or cores(),
        cluster=options.cluster,
        moment=datetime.now(),
    )
    run = _foretell if options.dry_run else _run
    raise typer.Exit(run(options, request, log))


def _run(options: ReoptimizeOptions, request: "ReoptimizeRequest", log: "ConsoleLog") -> ExitCode:
    """Run once, alone, with a journal and a message."""
    from mech_exo import reoptimize as carry_out
    from mech_exo.jobs.journal import JournalLines, journaled
    from mech_exo.jobs.weekly_run import only_run
    from mech_exo.notify.run_messages import RunMessages
    from mech_exo.report.equity_picture import EquityPicture
    from mech_exo.workflow.run_events import each

    interval = options.progress_interval
    with only_run(request.root), journaled(log, request.root, request.moment) as journal:
        lines = JournalLines(journal, request.root, interval)
        with RunMessages(
            options.messengers,
            request.study_name,
            interval,
            journal,
            wanted=None,
            pictures=EquityPicture(),
        ) as messages:
            outcome = carry_out(request, each(lines, messages), journal)
            _print(outcome, quiet=options.quiet)
    return outcome.exit_code


def _foretell(
    options: ReoptimizeOptions, request: "ReoptimizeRequest", log: "ConsoleLog"
) -> ExitCode:
    """Read and check all inputs, and say what would be done with them."""
    from mech_exo.jobs.weekly_run import foretell
    from mech_exo.notify.run_messages import ForetoldMessages
    from mech_exo.report.console import console
    from mech_exo.report.equity_picture import EquityPicture
    from mech_exo.report.forecast_lines import forecast_lines

    messages = ForetoldMessages(options.messengers, wanted=None, pictures=EquityPicture())
    found = foretell(request, log, messages)
    out = console(sys.stdout)
    for line in forecast_lines(found, messages.words):
        out.print(line, soft_wrap=True)
    out.print("then       the comparison; the best is staged if it is better")
    return found.exit_code


def _print(outcome: "Outcome", *, quiet: bool) -> None:
    from mech_exo.report.console import console
    from mech_exo.report.promotion_tables import show_proposal
    from mech_exo.report.result_tables import file_lines

    out = console(sys.stdout)
    if outcome.proposal is not None and not quiet:
        show_proposal(outcome.proposal, out)
        for line in file_lines(outcome.result):
            out.print(line, soft_wrap=True)
    out.print(outcome.decision, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "reoptimize", ReoptimizeOptions)(reoptimize)
