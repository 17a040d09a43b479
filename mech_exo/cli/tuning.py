"""What `exo optuna-run` does with its options: listen, run, print."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mech_exo.cli.optuna_run import RunOptions
from mech_exo.errors import ExitCode
from mech_exo.notify.channel import Channel, open_channel, way_of
from mech_exo.notify.progress_messages import ProgressMessages, failure_message, final_message
from mech_exo.report.console import ConsoleLog, console
from mech_exo.report.forecast_lines import forecast_json, forecast_lines
from mech_exo.report.live_progress import LiveProgress
from mech_exo.report.result_json import result_json
from mech_exo.report.result_tables import file_lines, show_result
from mech_exo.report.search_progress import SearchProgress
from mech_exo.report.verdict_tables import show_verdict
from mech_exo.workflow.factor_list import factors_of_study
from mech_exo.workflow.forecast import forecast
from mech_exo.workflow.incumbent import warn_of_incumbent
from mech_exo.workflow.optimise import Job, optimise
from mech_exo.workflow.optimised import Optimised
from mech_exo.workflow.session import Session, open_session

if TYPE_CHECKING:
    from mech_exo.tuning.events import Event


def tune(options: RunOptions) -> ExitCode:
    """Run the job of these options and print its result; what the process exits with."""
    log = ConsoleLog(quiet=options.quiet)
    job = _job(options)
    listed = factors_of_study(job.study_file, job.study_name)
    session = open_session(options.request(), log, listed)
    session.try_apart()
    warn_of_incumbent(session, log)
    if options.dry_run:
        return _foretell(options, job, session, log)
    with _channel(options, session, log) as channel:
        try:
            result = _run(job, session, log, channel, options.progress_interval)
        except Exception as error:
            if channel is not None:
                channel.send(failure_message(job.study_name, error), last=True)
            raise
        _print(options, result, log)  # while the last message is on its way
    return result.exit_code


def _foretell(options: RunOptions, job: Job, session: Session, log: ConsoleLog) -> ExitCode:
    """Say what the run would do; what it would exit with, as far as that is known."""
    found = forecast(job, session)
    telegram = way_of(options.telegram) if options.notify_progress else ""
    out = console(sys.stdout)
    if options.json:
        sys.stdout.write(f"{forecast_json(found, telegram)}\n")
    elif not options.quiet:
        for line in forecast_lines(found, telegram):
            out.print(line, soft_wrap=True)
    if found.exit_code is ExitCode.NO_FEASIBLE_TRIAL:
        log.warn(f"{found.preview.study.without_feasible()}.")
    return found.exit_code


def _run(
    job: Job, session: Session, log: ConsoleLog, channel: Channel | None, interval: int
) -> Optimised:
    """The job's result, after showing and telling how it goes."""
    messages = ProgressMessages(channel, interval) if channel is not None else None

    def listen(event: "Event") -> None:
        progress(event)
        if messages is not None:
            messages(event)

    def repeated(part: str, done: int, total: int) -> None:
        progress.stop()
        searches(part, done, total)

    def found(result: Optimised) -> None:
        if channel is not None:
            channel.send(final_message(result), last=True)

    with (
        LiveProgress(log.console, quiet=log.quiet) as progress,
        SearchProgress(log.console, quiet=log.quiet) as searches,
    ):
        return optimise(job, session, listen, repeated, found)


def _job(options: RunOptions) -> Job:
    return Job(
        study_name=options.study_name,
        study_file=options.study_file,
        n_jobs=options.n_jobs,
        n_trials=options.n_trials,
        target_trials=options.target_trials,
        accept_changes=options.accept_changes,
        wait=options.wait,
        export=options.export_yaml,
        stage=options.stage,
        trial=options.trial,
        validate=options.validate,
        root=options.root,
    )


@contextmanager
def _channel(options: RunOptions, session: Session, log: ConsoleLog) -> Iterator[Channel | None]:
    """Where messages go; what went wrong with them is said once, at the end."""
    if not options.notify_progress:
        yield None
        return
    channel = open_channel(options.telegram, session.settings.notify, say=log.note, warn=log.warn)
    try:
        yield channel
    finally:
        failure = channel.close() if channel is not None else ""
        if failure:
            log.warn(f"Telegram: {failure}. The run is not affected.")


def _print(options: RunOptions, result: Optimised, log: ConsoleLog) -> None:
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
        log.warn(f"{result.outcome.study.without_feasible()}.")
    elif result.verdict_failure is not None:
        raise result.verdict_failure
