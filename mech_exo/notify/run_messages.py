"""A run's one Telegram message: a listener of its events."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from mech_exo.notify.channel import Channel, open_channel
from mech_exo.notify.progress_messages import (
    ProgressMessages,
    failure_message,
    final_message,
)
from mech_exo.workflow.log import Log
from mech_exo.workflow.run_events import (
    ReplicateFinished,
    ResultFound,
    RunEvent,
    SettingsResolved,
)


class RunMessages:
    """Tells by Telegram how a run goes and how it ended; a context manager.

    A failure of the run is its last text; what went wrong with the messages is said once, at the
    end, and never costs the run anything.

    Parameters
    ----------
    variables
        The TELEGRAM_ variables.
    name
        What the messages are about: the study.
    interval
        Trials between two messages.
    log
        Where it is said what is not sent.
    wanted
        False: nothing is sent.
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        name: str,
        interval: int,
        log: Log,
        *,
        wanted: bool = True,
    ) -> None:
        self._variables = variables if wanted else None
        self._name, self._interval, self._log = name, interval, log
        self._channel: Channel | None = None
        self._messages: ProgressMessages | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        channel = self._channel
        if channel is None:
            return
        if isinstance(error, Exception | KeyboardInterrupt):
            channel.send(failure_message(self._name, error), last=True)
        failure = channel.close()
        if failure:
            self._log.warn(f"Telegram: {failure}. The run is not affected.")

    def __call__(self, event: RunEvent) -> None:
        """Send what is due."""
        if isinstance(event, SettingsResolved):
            self._open(event)
        elif self._channel is None or self._messages is None:
            return
        elif isinstance(event, ResultFound):
            self._channel.send(digest(event), last=True)
        elif not isinstance(event, ReplicateFinished):
            self._messages(event)

    def _open(self, event: SettingsResolved) -> None:
        if self._variables is None:
            return
        log, settings = self._log, event.settings.notify
        self._channel = open_channel(self._variables, settings, say=log.note, warn=log.warn)
        if self._channel is not None:
            self._messages = ProgressMessages(self._channel, self._interval)


def digest(event: ResultFound) -> str:
    """How a run ended, and what was decided."""
    text = final_message(event.result)
    return f"{text}\n{event.decision}" if event.decision else text
