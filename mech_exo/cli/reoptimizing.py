"""What `exo reoptimize` does with its options: lock, log, notify, run, print."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from mech_exo.cli.reoptimize import ReoptimizeOptions
from mech_exo.config.load import load_settings
from mech_exo.errors import ExitCode
from mech_exo.notify.channel import Channel, configured, open_channel, way_of
from mech_exo.notify.progress_messages import ProgressMessages, failure_message, final_message
from mech_exo.reoptimize.journal import Journal, open_journal, rotate
from mech_exo.reoptimize.run import Order, foretell, only_run, prepare
from mech_exo.reoptimize.run import reoptimize as carry_out
from mech_exo.report.console import ConsoleLog, console
from mech_exo.report.forecast_lines import forecast_lines
from mech_exo.report.live_line import LINES
from mech_exo.report.promotion_tables import show_proposal
from mech_exo.report.result_tables import file_lines
from mech_exo.report.search_progress import PARTS

if TYPE_CHECKING:
    from mech_exo.config.settings import Settings
    from mech_exo.reoptimize.run import Outcome
    from mech_exo.tuning.events import Event


def run(options: ReoptimizeOptions) -> ExitCode:
    """Run once; what the process exits with."""
    log = ConsoleLog(quiet=options.quiet)
    order = _order(options)
    if options.dry_run:
        return _rehearse(order, options.telegram, log)
    with only_run(order.root):
        journal = open_journal(log, order.root, order.moment)
        try:
            code = _run(options, order, journal)
        except BaseException as error:
            journal.failed(error)
            raise
        finally:
            journal.close()
    return code


def _order(options: ReoptimizeOptions) -> Order:
    from mech_exo.verdict.verdict import cores

    return Order(
        request=options.request(),
        root=options.root,
        study_file=options.study_file,
        n_jobs=options.n_jobs or cores(),
        target_trials=options.target_trials,
        validate=options.validate,
        accept_changes=options.accept_changes,
        moment=datetime.now(),
    )


def _rehearse(order: Order, telegram: Mapping[str, str], log: ConsoleLog) -> ExitCode:
    """Read and check all inputs, and say what would be done with them."""
    found = foretell(order, prepare(order, log))
    out = console(sys.stdout)
    for line in forecast_lines(found, way_of(telegram) if configured(telegram) else ""):
        out.print(line, soft_wrap=True)
    out.print("then       the comparison; the best is staged if it is better")
    return found.exit_code


def _run(options: ReoptimizeOptions, order: Order, journal: Journal) -> ExitCode:
    found = order.request.find_settings()
    settings = load_settings(found.path, overrides=order.request.overrides)
    rotate(order.root, settings.reoptimize.keep_logs)
    with _message(options.telegram, order, settings, journal) as channel:
        session = prepare(order, journal)
        listeners = [ProgressMessages(_Lines(journal), options.progress_interval)]
        if channel is not None:
            listeners.append(ProgressMessages(channel, options.progress_interval))

        def listen(event: "Event") -> None:
            for line in getattr(event, "notes", ()):
                journal.note(line)
            for listener in listeners:
                listener(event)

        outcome = carry_out(order, session, journal, listen, _Searches(journal))
        digest = f"{final_message(outcome.result)}\n{outcome.decision}"
        for line in digest.splitlines():
            journal.note(line)
        if channel is not None:
            channel.send(digest, last=True)
    _print(outcome, quiet=options.quiet)
    return outcome.exit_code


class _Lines:
    """Progress as lines of the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def send(self, text: str) -> None:
        """Write a line."""
        self._journal.note(text)


class _Searches:
    """The verdict's progress as lines of the journal, ten for each of its parts."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._told: dict[str, int] = {}

    def __call__(self, part: str, done: int, total: int) -> None:
        """Write a line at the beginning, at each tenth, and at the end."""
        tenth = LINES * done // max(total, 1)
        if self._told.get(part) != tenth:
            self._told[part] = tenth
            self._journal.note(f"verdict    {PARTS.get(part, part)} {done}/{total}")


@contextmanager
def _message(
    telegram: Mapping[str, str], order: Order, settings: "Settings", journal: Journal
) -> Iterator[Channel | None]:
    """The run's message, if Telegram is set up; a failure of the run is its last text."""
    channel = None
    if configured(telegram):
        channel = open_channel(telegram, settings.notify, say=journal.note, warn=journal.warn)
    if channel is None:
        yield None
        return
    try:
        yield channel
    except (Exception, KeyboardInterrupt) as error:
        channel.send(failure_message(order.study_name, error), last=True)
        raise
    finally:
        failure = channel.close()
        if failure:
            journal.warn(f"Telegram: {failure}. The run is not affected.")


def _print(outcome: "Outcome", *, quiet: bool) -> None:
    out = console(sys.stdout)
    if outcome.proposal is not None and not quiet:
        show_proposal(outcome.proposal, out)
        for line in file_lines(outcome.result):
            out.print(line, soft_wrap=True)
    out.print(outcome.decision, soft_wrap=True)
