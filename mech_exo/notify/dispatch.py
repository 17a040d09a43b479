"""The newest text of a run on its way to one messenger, off the path of whoever has news.

A thread of its own holds the newest text only, and the run never waits for one. A slow server sees
fewer texts, so that the end of a run seldom finds one under way that its digest has to wait for.
What a messenger is asked, and how, is its `Transport`.
"""

import threading
import time
from dataclasses import dataclass, replace
from typing import Protocol

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.notify.moments import Moment

ATTEMPTS = 3  # of one text, while the server fails, does not answer or names a time to wait
BACKOFF_S = 1.0  # before the second attempt, twice that before the third
PATIENCE = 10.0  # times as long as the last text took, before there is a next one
LONGEST_S = 60.0  # but no longer than this


class Refused(Exception):  # noqa: N818 - said in a sentence
    """The server will never take this: address, token or rights are wrong."""


class NotTaken(Exception):  # noqa: N818 - said in a sentence
    """The server did not take it; another attempt may help.

    Attributes
    ----------
    wait
        Seconds after which it wants to be asked again; None: it did not say.
    """

    def __init__(self, words: str, wait: float | None = None) -> None:
        super().__init__(words)
        self.wait = wait


class Transport(Protocol):
    """How one messenger is asked.

    Nothing that it raises has a secret in it. `show` and `show_picture` raise NotTaken where
    another attempt may help, and Refused where none will.

    Attributes
    ----------
    takes_progress
        Whether it takes every text; otherwise milestones and the end.
    takes_pictures
        Whether it takes a picture.
    """

    takes_progress: bool
    takes_pictures: bool

    async def open(self) -> None:
        """Before the first text."""

    async def show(self, text: str, moment: Moment) -> None:
        """Make `text` the run's message, or send it."""

    async def show_picture(self, picture: bytes, text: str) -> None:
        """Put a PNG beside `text`, which has been shown."""

    async def close(self) -> None:
        """After the last one."""

    def cleaned(self, words: str) -> str:
        """`words` without secrets."""


@dataclass(frozen=True)
class Post:
    """What is to be delivered: a text, or a picture beside it."""

    text: str
    moment: Moment
    picture: bytes | None = None


class Dispatch:
    """The message of one run in one place.

    Parameters
    ----------
    transport
        Made here, used by the thread.
    """

    def __init__(self, transport: Transport, settings: NotifySettings) -> None:
        self._transport = transport
        self._settings = settings
        self._changed = threading.Condition()
        self._waiting: Post | None = None
        self._picture: bytes | None = None
        self._told = ""  # the text that came last
        self._closing_at: float | None = None  # when to have ended, once `end` was called
        self._failures: list[str] = []
        self._next_at = -float("inf")  # time of the next request, unless it is the last
        self._thread = threading.Thread(target=self._work, name="messenger", daemon=True)
        self._thread.start()

    def send(self, text: str, moment: Moment = Moment.PROGRESS) -> None:
        """Make `text` the run's message.

        It replaces one that is still waiting, and counts as much as that.
        """
        with self._changed:
            post = Post(text, moment)
            self._waiting, self._told = _instead(self._waiting, post), text
            self._changed.notify()

    def attach(self, picture: bytes) -> None:
        """Put a PNG beside the last text, after it."""
        with self._changed:
            self._picture = picture
            self._changed.notify()

    def end(self) -> None:
        """From now on `notify.timeout_s` are left."""
        with self._changed:
            if self._closing_at is None:
                self._closing_at = time.monotonic() + self._settings.timeout_s
            self._changed.notify()

    def close(self) -> str:
        """Wait at most `notify.timeout_s` for what is under way; the first failure, or ""."""
        self.end()
        assert self._closing_at is not None
        self._thread.join(max(self._closing_at - time.monotonic(), 0.0))
        if self._thread.is_alive():
            wait = self._settings.timeout_s
            self._failures.append(f"the last message was not delivered within {wait:g} s")
        return self._failures[0].rstrip(".") if self._failures else ""

    def _work(self) -> None:
        import asyncio

        try:
            asyncio.run(self._serve())
        except Refused as error:
            self._failures.append(str(error))
        except Exception as error:  # noqa: BLE001 - the thread's traceback might hold a secret
            found = f"the server's answer makes no sense ({type(error).__name__}: {error})"
            self._failures.append(self._transport.cleaned(found))

    async def _serve(self) -> None:
        opened = False
        try:
            while (post := self._next()) is not None:
                if not opened:
                    await self._transport.open()
                    opened = True
                begun = time.monotonic()
                await self._deliver(post)
                rest = min(PATIENCE * (time.monotonic() - begun), LONGEST_S)
                self._next_at = begun + max(self._settings.min_interval_s, rest)
        finally:
            if opened:
                await self._transport.close()

    def _next(self) -> Post | None:
        """What is to be delivered, once there is something and it is allowed; None at the end."""
        with self._changed:
            while True:
                closing = self._closing_at is not None
                post = self._waiting
                if post is not None and (closing or self._wanted(post)):
                    pause = self._next_at - time.monotonic()
                    if pause <= 0.0 or closing or post.moment is Moment.END:
                        self._waiting = None
                        return post
                    self._changed.wait(pause)
                elif self._picture is not None and self._transport.takes_pictures:
                    picture, self._picture = self._picture, None
                    return Post(self._told, Moment.END, picture)
                elif closing:
                    return None
                else:
                    self._changed.wait()

    def _wanted(self, post: Post) -> bool:
        return self._transport.takes_progress or post.moment > Moment.PROGRESS

    async def _deliver(self, post: Post) -> None:
        """Show it, trying again while that may help; the newest text each time."""
        attempt = 0
        while True:
            try:
                await self._show(post)
            except NotTaken as error:
                failure, wait = str(error), error.wait
            else:
                return
            attempt += 1
            if wait is None:
                wait = BACKOFF_S * 2 ** (attempt - 1)
            if attempt == ATTEMPTS or not self._pause(max(BACKOFF_S, wait)):
                self._failures.append(failure)
                return
            with self._changed:
                if self._waiting is not None and post.picture is None:
                    post, self._waiting = _instead(post, self._waiting), None

    async def _show(self, post: Post) -> None:
        if post.picture is None:
            await self._transport.show(post.text, post.moment)
        else:
            await self._transport.show_picture(post.picture, post.text)

    def _pause(self, seconds: float) -> bool:
        """Wait; False at once if the end of the run does not leave the time."""
        until = time.monotonic() + seconds
        with self._changed:
            while (left := until - time.monotonic()) > 0.0:
                if self._closing_at is not None and until > self._closing_at:
                    return False
                self._changed.wait(left)
        return True


def _instead(old: Post | None, new: Post) -> Post:
    """`new` in the place of what has not been delivered, of which it takes over the weight."""
    return new if old is None else replace(new, moment=max(old.moment, new.moment))
