"""Where a run's messages go: to Telegram, to the terminal, or nowhere."""

from collections.abc import Callable, Mapping
from typing import Protocol

from mech_exo.config.doc_pages import see_page
from mech_exo.config.settings import NotifySettings
from mech_exo.errors import ExoError

TOKEN, CHAT, DRY_RUN = "TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", "TELEGRAM_DRY_RUN"
TEST_MESSAGE = "exo: this is a test. Messages of runs will look like this one."


class Channel(Protocol):
    """A run's message."""

    def send(self, text: str, *, last: bool = False) -> None:
        """Make `text` the run's message; returns at once and never raises.

        The last text does not wait for the interval between two requests: Telegram takes two in
        quick succession, and the end of the run waits for this one.
        """

    def close(self) -> str:
        """Wait a bounded time for what is under way; what went wrong, or ""."""


class DryRun:
    """Says what would be sent (TELEGRAM_DRY_RUN)."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def send(self, text: str, *, last: bool = False) -> None:  # noqa: ARG002 (all are said)
        """Say it."""
        self._say(f"telegram (dry run): {text}")

    def close(self) -> str:
        """Nothing can go wrong."""
        return ""


def open_channel(
    environment: Mapping[str, str],
    settings: NotifySettings,
    *,
    say: Callable[[str], None],
    warn: Callable[[str], None],
) -> Channel | None:
    """The channel that TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID and TELEGRAM_DRY_RUN ask for.

    None, after one warning, if token or chat are missing, or the machine has no process for it.
    """
    if _dry(environment):
        return DryRun(say)
    missing = _missing(environment)
    if missing:
        warn(f"{' and '.join(missing)} not set: nothing is sent by Telegram, the run goes on.")
        return None
    from mech_exo.notify.courier import Courier

    try:
        return Courier(_value(environment, TOKEN), _value(environment, CHAT), settings)
    except OSError as error:  # no more processes or memory
        warn(f"Telegram: no process for it ({error.strerror}). The run goes on without.")
        return None


def configured(environment: Mapping[str, str]) -> bool:
    """Whether messages are wanted: dry run, or token and chat."""
    return _dry(environment) or not _missing(environment)


def way_of(environment: Mapping[str, str]) -> str:
    """What would become of messages, in words."""
    if _dry(environment):
        return f"messages would be printed only ({DRY_RUN})"
    missing = _missing(environment)
    if missing:
        return f"{' and '.join(missing)} not set: nothing would be sent"
    return f"messages would go to the chat {_value(environment, CHAT)}"


def send_test(
    environment: Mapping[str, str], settings: NotifySettings, say: Callable[[str], None]
) -> None:
    """Send a message and wait for the answer.

    Raises
    ------
    ExoError
        If token or chat are missing, or the message was not delivered.
    """
    if _dry(environment):
        DryRun(say).send(TEST_MESSAGE)
        return
    missing = _missing(environment)
    if missing:
        raise ExoError(
            f"{' and '.join(missing)} not set.", hint=f"{see_page('production')} says how."
        )
    from mech_exo.notify.telegram import send_once

    send_once(_value(environment, TOKEN), _value(environment, CHAT), TEST_MESSAGE, settings)
    say("sent.")


def _dry(environment: Mapping[str, str]) -> bool:
    return _value(environment, DRY_RUN).lower() in ("1", "true", "yes", "on")


def _missing(environment: Mapping[str, str]) -> list[str]:
    return [name for name in (TOKEN, CHAT) if not _value(environment, name)]


def _value(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name, "").strip()
