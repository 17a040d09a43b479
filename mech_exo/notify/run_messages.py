"""A run's one message: a listener of its events."""

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.notify.channel import Channel, configured, open_channel, way_of
from mech_exo.notify.moments import Moment
from mech_exo.notify.progress_messages import (
    ProgressMessages,
    failure_message,
    final_message,
)
from mech_exo.workflow.log import Log
from mech_exo.workflow.optimised import Optimised
from mech_exo.workflow.run_events import (
    ReplicateFinished,
    ResultFound,
    RunEvent,
    SettingsResolved,
)


class PictureMaker(Protocol):
    """Makes the picture of a result."""

    def check(self) -> None:
        """Raise an ExoError if it cannot."""

    def draw(self, result: Optimised) -> bytes | None:
        """A PNG; None where there is nothing to draw."""


class RunMessages:
    """Tells messengers how a run goes and how it ended; a context manager.

    A failure of the run is its last text; what went wrong with the messages is said once, at the
    end, and never costs the run anything. Only what is set up wrongly ends it, before it begins.

    Parameters
    ----------
    variables
        The variables of messengers.
    name
        What the messages are about: the study.
    interval
        Trials between two messages.
    log
        Where it is said what is not sent.
    wanted
        False: nothing is sent. None: if anybody is to be told.
    pictures
        Makes the picture that goes with the result, where `notify.picture` asks for one.
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        name: str,
        interval: int,
        log: Log,
        *,
        wanted: bool | None = True,
        pictures: PictureMaker | None = None,
    ) -> None:
        self._variables, self._wanted = variables, wanted
        self._name, self._interval, self._log = name, interval, log
        self._pictures = pictures
        self._channel: Channel | None = None
        self._messages: ProgressMessages | None = None
        self._result: Optimised | None = None

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
            channel.send(failure_message(self._name, error), Moment.END)
        elif self._result is not None and self._pictures is not None and channel.takes_pictures:
            self._attach(channel, self._pictures, self._result)
        for failure in channel.close():
            self._log.warn(f"{failure}. The run is not affected.")

    def __call__(self, event: RunEvent) -> None:
        """Send what is due."""
        if isinstance(event, SettingsResolved):
            self._open(event.settings.notify)
        elif self._channel is None or self._messages is None:
            return
        elif isinstance(event, ResultFound):
            self._result = event.result
            self._channel.send(digest(event), Moment.END)
        elif not isinstance(event, ReplicateFinished):
            self._messages(event)

    def _attach(self, channel: Channel, pictures: PictureMaker, result: Optimised) -> None:
        """Draw the result, whose text is on its way already."""
        try:
            picture = pictures.draw(result)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - no reason to lose the run
            words = str(error) or type(error).__name__
            self._log.warn(f"no picture is sent: {words}")
        else:
            if picture is not None:
                channel.attach(picture)

    def _open(self, settings: NotifySettings) -> None:
        wanted = self._wanted
        if wanted is None:
            wanted = configured(self._variables, settings)
        if not wanted:
            return
        self._pictures = _wanted_pictures(settings, self._pictures)
        log = self._log
        self._channel = open_channel(
            self._variables, settings, self._name, say=log.note, warn=log.warn
        )
        if self._channel is not None:
            self._messages = ProgressMessages(self._channel, self._interval)
            if self._pictures is not None and not self._channel.takes_pictures:
                log.warn("notify.picture: none of the messengers takes pictures, none is sent.")


class ForetoldMessages:
    """A listener that finds out what would become of a run's messages.

    Attributes
    ----------
    words
        "" as long as none are wanted.
    """

    def __init__(
        self, variables: Mapping[str, str], *, wanted: bool | None, pictures: PictureMaker
    ) -> None:
        self._variables, self._wanted, self._pictures = variables, wanted, pictures
        self.words = ""

    def __call__(self, event: RunEvent) -> None:
        """Raises an ExoError where the run's messages would."""
        if isinstance(event, SettingsResolved):
            settings, wanted = event.settings.notify, self._wanted
            if wanted or (wanted is None and configured(self._variables, settings)):
                drawn = _wanted_pictures(settings, self._pictures)
                way = way_of(self._variables, settings)
                self.words = way if drawn is None else f"{way}; with a picture at the end"


def _wanted_pictures(
    settings: NotifySettings, pictures: PictureMaker | None
) -> PictureMaker | None:
    """What draws, if the settings ask for pictures; an ExoError if it then cannot."""
    if not settings.picture or pictures is None:
        return None
    pictures.check()
    return pictures


def digest(event: ResultFound) -> str:
    """How a run ended, and what was decided."""
    text = final_message(event.result)
    return f"{text}\n{event.decision}" if event.decision else text
