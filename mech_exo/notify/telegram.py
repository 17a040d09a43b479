"""One Telegram message a run, edited as the run goes on, off the path of whoever has news.

A thread of its own holds the newest text only, and the run never waits for one. A slow server sees
fewer edits, so that the end of a run seldom finds one under way that its digest has to wait for.
Nothing that leaves this module, failures included, has the token in it.
"""

import logging
import os
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from mech_exo.config.settings import NotifySettings
from mech_exo.errors import ExoError

if TYPE_CHECKING:
    from telegram import Bot
    from telegram.error import TelegramError

ATTEMPTS = 3  # of one text, while the server fails or does not answer
BACKOFF_S = 1.0  # before the second attempt, twice that before the third
LIMIT = 4096  # characters of a message
PATIENCE = 10.0  # times as long as the last text took, before there is a next one
LONGEST_S = 60.0  # but no longer than this


class Refused(Exception):  # noqa: N818 - said in a sentence
    """The server will never take this: token, chat or rights are wrong."""


class Telegram:
    """The message of one run in one chat."""

    def __init__(self, token: str, chat: str, settings: NotifySettings) -> None:
        self._token = token
        self._chat = chat
        self._settings = settings
        self._changed = threading.Condition()
        self._newest: str | None = None
        self._hurry = False  # the newest text is not to wait for the interval
        self._closing_at: float | None = None  # when to have ended, once `close` was called
        self._failures: list[str] = []
        self._message: int | None = None  # its id, once it is there
        self._next_at = -float("inf")  # time of the next request, unless it is the last
        self._thread = threading.Thread(target=self._work, name="telegram", daemon=True)
        self._thread.start()

    def send(self, text: str, *, last: bool = False) -> None:
        """Make `text` the run's message; replaces one that is still waiting."""
        with self._changed:
            self._newest = text[:LIMIT]
            self._hurry = last
            self._changed.notify()

    def close(self) -> str:
        """Wait at most `notify.timeout_s` for the last text; the first failure, or ""."""
        wait = self._settings.timeout_s
        with self._changed:
            self._hurry = True
            self._closing_at = time.monotonic() + wait
            self._changed.notify()
        self._thread.join(wait)
        if self._thread.is_alive():
            self._failures.append(f"the last message was not delivered within {wait:g} s")
        return self._failures[0].rstrip(".") if self._failures else ""

    def _work(self) -> None:
        import asyncio

        try:
            asyncio.run(self._serve())
        except Refused as error:
            self._failures.append(str(error))
        except Exception as error:  # noqa: BLE001 - the thread's traceback might hold the token
            found = f"the server's answer makes no sense ({type(error).__name__}: {error})"
            self._failures.append(self._without_token(found))

    async def _serve(self) -> None:
        bot = make_bot(self._token, self._settings)
        started = False
        try:
            while (text := self._next()) is not None:
                if not started:
                    await bot.request.initialize()
                    started = True
                begun = time.monotonic()
                await self._deliver(bot, text)
                rest = min(PATIENCE * (time.monotonic() - begun), LONGEST_S)
                self._next_at = begun + max(self._settings.min_interval_s, rest)
        finally:
            if started:
                await bot.request.shutdown()

    def _next(self) -> str | None:
        """The newest text, once there is one and a request is allowed; None at the end."""
        with self._changed:
            while True:
                pause = self._next_at - time.monotonic()
                if self._newest is None:
                    if self._closing_at is not None:
                        return None
                    self._changed.wait()
                elif pause > 0.0 and not self._hurry:
                    self._changed.wait(pause)
                else:
                    text, self._newest = self._newest, None
                    return text

    async def _deliver(self, bot: "Bot", text: str) -> None:
        """Show `text`, trying again while that may help and no newer text waits."""
        from telegram.error import RetryAfter, TelegramError

        attempt = 0
        while True:
            try:
                await self._show(bot, text)
            except RetryAfter as error:
                failure = self._failure(error)
                pause = max(BACKOFF_S, _seconds(error.retry_after))  # its wish: not an attempt
            except TelegramError as error:
                attempt += 1
                failure = self._failure(error)
                pause = BACKOFF_S * 2 ** (attempt - 1)
            else:
                return
            if attempt == ATTEMPTS or not self._pause(pause):
                self._failures.append(failure)
                return
            with self._changed:
                if self._newest is not None:  # it is the better one
                    text, self._newest = self._newest, None

    def _pause(self, seconds: float) -> bool:
        """Wait; False at once if the end of the run does not leave the time."""
        until = time.monotonic() + seconds
        with self._changed:
            while (left := until - time.monotonic()) > 0.0:
                if self._closing_at is not None and until > self._closing_at:
                    return False
                self._changed.wait(left)
        return True

    async def _show(self, bot: "Bot", text: str) -> None:
        """Send the message, or edit it once it is there.

        Raises
        ------
        TelegramError
            Another attempt may help.
        Refused
            None will.
        """
        from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken

        try:
            if self._message is None:
                self._message = (await bot.send_message(self._chat, text)).message_id
            else:
                await bot.edit_message_text(text, self._chat, self._message)
        except BadRequest as error:
            words = str(error).lower()
            if "not modified" in words:
                return
            if self._message is None or "edit" not in words:
                raise Refused(self._failure(error)) from None
            self._message = None  # deleted in the chat: a new one
            raise
        except (InvalidToken, Forbidden, ChatMigrated) as error:
            raise Refused(self._failure(error)) from None

    def _failure(self, error: "TelegramError") -> str:
        return self._without_token(str(error) or type(error).__name__)

    def _without_token(self, text: str) -> str:
        return without_token(text, self._token)


def make_bot(token: str, settings: NotifySettings) -> "Bot":
    """A bot whose every request ends within `notify.timeout_s`.

    The libraries below log each request with its address, which holds the token; they are told
    not to.
    """
    from telegram import Bot
    from telegram.request import HTTPXRequest

    os.environ.setdefault("PTB_TIMEDELTA", "true")  # retry_after without a warning
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    wait = settings.timeout_s
    request = HTTPXRequest(
        connection_pool_size=1,
        read_timeout=wait,
        write_timeout=wait,
        connect_timeout=wait,
        pool_timeout=wait,
    )
    return Bot(
        token,
        base_url=f"{settings.api_base_url.rstrip('/')}/bot",
        request=request,
        get_updates_request=request,  # never used, but two would be made
    )


def send_once(token: str, chat: str, text: str, settings: NotifySettings) -> None:
    """Send one message and wait for the answer.

    Raises
    ------
    ExoError
        With what the server said, or why there is no answer.
    """
    channel = Telegram(token, chat, settings)
    channel.send(text)
    failure = channel.close()
    if failure:
        raise ExoError(
            f"Telegram: {failure}.",
            hint="Unless the server itself is at fault, check TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID "
            "and notify.api_base_url.",
        )


def without_token(text: str, token: str) -> str:
    """`text` with every trace of the token taken out."""
    secret = token.partition(":")[2]
    for part in (token, secret):
        if len(part) > 3:
            text = text.replace(part, "<token>")
    return text


def _seconds(wait: "int | float | timedelta") -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
