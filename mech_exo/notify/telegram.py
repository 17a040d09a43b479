"""Sending by Telegram, off the path of whoever has something to say.

A thread of its own sends what stands in a short queue; when the queue is full the message is
dropped. Neither a slow server nor a wrong token delays or fails a run, and the token is in no
text that leaves this module.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from mech_exo.config.settings import NotifySettings

QUEUE = 16


class Channel(Protocol):
    """Where messages go."""

    def send(self, text: str) -> None:
        """Pass a message on; returns at once and never raises."""

    def close(self) -> str:
        """Wait a bounded time for what is under way; what went wrong, or ""."""


class DryRun:
    """Says what would be sent (TELEGRAM_DRY_RUN)."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def send(self, text: str) -> None:
        """Say it."""
        self._say(f"telegram (dry run): {text}")

    def close(self) -> str:
        """Nothing can go wrong."""
        return ""


class Telegram:
    """Sends to one chat from a background thread."""

    def __init__(self, token: str, chat: str, settings: NotifySettings) -> None:
        self._token = token
        self._chat = chat
        self._settings = settings
        self._queue: queue.Queue[str | None] = queue.Queue(QUEUE)
        self._failures: list[str] = []
        self._thread = threading.Thread(target=self._work, name="telegram", daemon=True)
        self._thread.start()

    def send(self, text: str) -> None:
        """Queue a message; dropped if the queue is full."""
        try:
            self._queue.put_nowait(text)
        except queue.Full:
            self._failures.append("messages were dropped, the server is slow")

    def close(self) -> str:
        """Wait at most `notify.timeout_s` for the queue to empty; the first failure, or ""."""
        with contextlib.suppress(queue.Full):  # the thread is then alive, which is reported
            self._queue.put(None, timeout=self._settings.timeout_s)
        self._thread.join(self._settings.timeout_s)
        if self._thread.is_alive():
            self._failures.append(f"no answer within {self._settings.timeout_s:g} s")
        return self._failures[0] if self._failures else ""

    def _work(self) -> None:
        import asyncio

        while (text := self._queue.get()) is not None:
            failure = asyncio.run(self._deliver(text))
            if failure:
                self._failures.append(failure)

    async def _deliver(self, text: str) -> str:
        """Send one message; what went wrong, without the token, or ""."""
        from telegram import Bot
        from telegram.error import TelegramError

        wait = self._settings.timeout_s
        try:
            async with Bot(self._token, base_url=f"{self._settings.api_base_url}/bot") as bot:
                await bot.send_message(
                    self._chat, text, read_timeout=wait, write_timeout=wait, connect_timeout=wait
                )
        except TelegramError as error:
            return str(error).replace(self._token, "<token>")
        return ""


def open_channel(
    environment: Mapping[str, str],
    settings: NotifySettings,
    *,
    say: Callable[[str], None],
    warn: Callable[[str], None],
) -> Channel | None:
    """The channel that TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID and TELEGRAM_DRY_RUN ask for.

    None, after one warning, if token or chat are missing.
    """
    if environment.get("TELEGRAM_DRY_RUN", "").strip().lower() in ("1", "true", "yes", "on"):
        return DryRun(say)
    values = {
        name: environment.get(name, "").strip()
        for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID")
    }
    missing = [name for name, value in values.items() if not value]
    if missing:
        warn(f"{' and '.join(missing)} not set: nothing is sent by Telegram, the run goes on.")
        return None
    return Telegram(values["TELEGRAM_BOT_TOKEN"], values["TELEGRAM_CHAT_ID"], settings)
