"""Telegram: one message a run, edited as the run goes on, and a picture after it.

Nothing that leaves this module, failures included, has the token in it.
"""

import logging
import os
from datetime import timedelta
from typing import TYPE_CHECKING

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.notify.dispatch import NotTaken, Refused
from mech_exo.notify.moments import Moment

if TYPE_CHECKING:
    from telegram import Bot
    from telegram.error import TelegramError

LIMIT = 4096  # characters of a message
CAPTION = 1024  # of what stands below a picture


class Telegram:
    """The message of one run in one chat."""

    takes_progress = True
    takes_pictures = True

    def __init__(self, token: str, chat: str, settings: NotifySettings) -> None:
        self._token, self._chat, self._settings = token, chat, settings
        self._bot: Bot | None = None
        self._message: int | None = None  # its id, once it is there

    async def open(self) -> None:
        """Make the bot; nothing is asked yet."""
        from telegram.error import InvalidToken

        try:
            self._bot = make_bot(self._token, self._settings)
        except InvalidToken as error:
            raise Refused(self._failure(error)) from None
        await self._bot.request.initialize()

    async def show(self, text: str, moment: Moment) -> None:  # noqa: ARG002 (one message)
        """Send the message, or edit it once it is there.

        Raises
        ------
        NotTaken
            Another attempt may help.
        Refused
            None will.
        """
        from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

        assert self._bot is not None
        text = text[:LIMIT]
        try:
            if self._message is None:
                self._message = (await self._bot.send_message(self._chat, text)).message_id
            else:
                await self._bot.edit_message_text(text, self._chat, self._message)
        except BadRequest as error:
            words = str(error).lower()
            if "not modified" in words:
                return
            if self._message is None or "edit" not in words:
                raise Refused(self._failure(error)) from None
            self._message = None  # deleted in the chat: a new one
            raise self._not_taken(error) from None
        except (InvalidToken, Forbidden, ChatMigrated) as error:
            raise Refused(self._failure(error)) from None
        except TelegramError as error:
            raise self._not_taken(error) from None

    async def show_picture(self, picture: bytes, text: str) -> None:
        """Send a picture with the first line of the message below it; raises as `show`."""
        from telegram.error import BadRequest, Forbidden, TelegramError

        assert self._bot is not None
        caption = text.partition("\n")[0][:CAPTION]
        try:
            await self._bot.send_photo(self._chat, picture, caption, filename="equity.png")
        except (BadRequest, Forbidden) as error:
            raise Refused(f"the picture: {self._failure(error)}") from None
        except TelegramError as error:
            raise self._not_taken(error, "the picture: ") from None

    async def close(self) -> None:
        """End the connection."""
        if self._bot is not None:
            await self._bot.request.shutdown()

    def cleaned(self, words: str) -> str:
        """Without the token."""
        return without_token(words, self._token)

    def _failure(self, error: "TelegramError") -> str:
        return self.cleaned(str(error) or type(error).__name__)

    def _not_taken(self, error: "TelegramError", before: str = "") -> NotTaken:
        from telegram.error import RetryAfter

        wait = _seconds(error.retry_after) if isinstance(error, RetryAfter) else None
        return NotTaken(f"{before}{self._failure(error)}", wait)


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
        media_write_timeout=wait,
        connect_timeout=wait,
        pool_timeout=wait,
    )
    return Bot(
        token,
        base_url=f"{settings.api_base_url.rstrip('/')}/bot",
        request=request,
        get_updates_request=request,  # never used, but two would be made
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
