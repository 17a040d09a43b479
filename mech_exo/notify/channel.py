"""Where a run's messages go: to messengers, to the terminal, or nowhere."""

from collections.abc import Callable, Mapping
from typing import Protocol

from mech_exo.config.doc_pages import see_page
from mech_exo.config.notify_settings import NotifySettings
from mech_exo.errors import ExoError
from mech_exo.notify.messengers import CHAT, TOKEN, half_set, recipients, variables_of
from mech_exo.notify.moments import Moment
from mech_exo.notify.webhook_address import VARIABLE

DRY_RUN = "TELEGRAM_DRY_RUN"
TEST_MESSAGE = "exo: this is a test. Messages of runs will look like this one."
NOT_SET = f"{TOKEN} and {CHAT}, or {VARIABLE}"


class Channel(Protocol):
    """A run's message."""

    @property
    def takes_pictures(self) -> bool:
        """Whether a picture would be shown anywhere."""

    def send(self, text: str, moment: Moment = Moment.PROGRESS) -> None:
        """Make `text` the run's message; returns at once and never raises.

        The text of the end does not wait for the interval between two requests: messengers take
        two in quick succession, and the end of the run waits for this one.
        """

    def attach(self, picture: bytes) -> None:
        """Put a PNG beside the last text; returns at once and never raises."""

    def close(self) -> list[str]:
        """Wait a bounded time for what is under way; what went wrong, a line each."""


class DryRun:
    """Says what would be sent (TELEGRAM_DRY_RUN)."""

    takes_pictures = True

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def send(self, text: str, moment: Moment = Moment.PROGRESS) -> None:  # noqa: ARG002 (all)
        """Say it."""
        self._say(f"telegram (dry run): {text}")

    def attach(self, picture: bytes) -> None:
        """Say it."""
        self._say(f"telegram (dry run): a picture of {len(picture):,} bytes")

    def close(self) -> list[str]:
        """Nothing can go wrong."""
        return []


def open_channel(
    environment: Mapping[str, str],
    settings: NotifySettings,
    study: str,
    *,
    say: Callable[[str], None],
    warn: Callable[[str], None],
) -> Channel | None:
    """The channel that environment and settings ask for.

    None, after one warning, if they ask for none, or the machine has no process for it.

    Raises
    ------
    ExoError
        If the webhook is set up wrongly.
    """
    told = recipients(environment, settings)
    if _dry(environment):
        return DryRun(say)
    missing = " and ".join(half_set(environment))
    if not told:
        warn(f"{missing or NOT_SET} not set: no messages are sent, the run goes on.")
        return None
    if missing:
        warn(f"{missing} not set: nothing is sent by Telegram.")
    from mech_exo.notify.courier import Courier

    try:
        return Courier(told, study, settings)
    except OSError as error:  # no more processes or memory
        warn(f"Messages: no process for them ({error.strerror}). The run goes on without.")
        return None


def configured(environment: Mapping[str, str], settings: NotifySettings) -> bool:
    """Whether messages are wanted: dry run, or there is somebody to be told."""
    return bool(recipients(environment, settings)) or _dry(environment)


def way_of(environment: Mapping[str, str], settings: NotifySettings) -> str:
    """What would become of messages, in words.

    Raises
    ------
    ExoError
        As `open_channel`.
    """
    told = recipients(environment, settings)
    if _dry(environment):
        return f"would be printed only ({DRY_RUN})"
    if not told:
        return f"{' and '.join(half_set(environment)) or NOT_SET} not set: nothing would be sent"
    return f"would go to {' and '.join(one.where for one in told)}"


def send_test(
    environment: Mapping[str, str], settings: NotifySettings, say: Callable[[str], None]
) -> None:
    """Send a message everywhere and wait for the answers.

    Raises
    ------
    ExoError
        If nobody is to be told, or one of the messages was not delivered.
    """
    told = recipients(environment, settings)
    if _dry(environment):
        DryRun(say).send(TEST_MESSAGE)
        return
    missing = half_set(environment)
    if not told or missing:
        raise ExoError(
            f"{' and '.join(missing) or NOT_SET} not set.",
            hint=f"{see_page('production')} says how.",
        )
    from mech_exo.notify.courier import Courier

    courier = Courier(told, "test", settings)
    courier.send(TEST_MESSAGE, Moment.END)
    failures = courier.close()
    for one in told:
        if not any(failure.startswith((f"{one.title}: ", "Messages: ")) for failure in failures):
            say(f"{one.title}: sent.")
    if failures:
        raise ExoError(
            f"{'; '.join(failures)}.",
            hint=f"Unless a server itself is at fault, check {variables_of(told)} and the settings "
            "of notify.",
        )


def _dry(environment: Mapping[str, str]) -> bool:
    return environment.get(DRY_RUN, "").strip().lower() in ("1", "true", "yes", "on")
